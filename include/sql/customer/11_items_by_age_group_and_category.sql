-- What did customers of each age group buy of each product category in the period?
-- Grain: one row per age group and category that was sold to it.
{%- from 'macros/customers.sql' import age_groups, group_order %}
with {{ age_groups(params) }}

select
    age_groups.age_group,
    coalesce(product.productcategory, 'NO INFO') as productcategory,
    sum(lines.quantity) as items,
    count(distinct lines.transaction_id) as transactions
from sales_reciept as lines
inner join age_groups on lines.customer_id = age_groups.customer_id
inner join product on lines.product_id = product.product_id
where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
group by age_groups.age_group, coalesce(product.productcategory, 'NO INFO')
order by {{ group_order('age_groups.age_group') }}, age_groups.age_group, productcategory
