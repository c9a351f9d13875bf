-- What did customers of each gender buy of each product in the period?
-- Grain: one row per gender and product that was sold to it, most bought first; products are told apart by number.
{%- from 'macros/customers.sql' import genders, group_order %}
with {{ genders() }}

select
    genders.gender,
    product.productno,
    coalesce(product.productname, 'NO INFO') as productname,
    coalesce(product.productcategory, 'NO INFO') as productcategory,
    sum(lines.quantity) as items,
    sum(lines.saleamount) as income
from sales_reciept as lines
inner join genders on lines.customer_id = genders.customer_id
inner join product on lines.product_id = product.product_id
where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
group by genders.gender, product.productno, product.productname, product.productcategory
order by
    {{ group_order('genders.gender') }} asc, genders.gender asc,
    items desc, length(product.productno) asc, product.productno asc
