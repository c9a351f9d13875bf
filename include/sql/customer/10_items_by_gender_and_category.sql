-- What did customers of each gender buy of each product category in the period?
-- Grain: one row per gender and category that was sold to it.
{%- from 'macros/customers.sql' import genders, group_order %}
with {{ genders() }}

select
    genders.gender,
    coalesce(product.productcategory, 'NO INFO') as productcategory,
    sum(lines.quantity) as items,
    count(distinct lines.transaction_id) as transactions,
    count(*) as lines,
    cast(sum(lines.quantity) as double) / count(*) as items_per_line
from sales_reciept as lines
inner join genders on lines.customer_id = genders.customer_id
inner join product on lines.product_id = product.product_id
where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
group by genders.gender, coalesce(product.productcategory, 'NO INFO')
order by {{ group_order('genders.gender') }}, genders.gender, productcategory
