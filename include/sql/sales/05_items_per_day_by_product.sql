-- How many items of each product were sold a day, and in the seven days that end on it?
-- Grain: one row per product sold in the period or the six days before it, and day of the period; 0 where nothing
-- was sold. Products are told apart by number, not by name.
{%- from 'macros/items_per_day.sql' import days_of_members %}
with {{ days_of_members(params, 'lines.product_id') }}

select
    product.productno,
    coalesce(product.productname, 'NO INFO') as productname,
    summed.business_day as business_date,
    summed.items,
    summed.items_7_days,
    summed.days
from summed
inner join product on summed.member = product.product_id
where summed.business_day >= date '{{ params.period_start }}'
order by length(product.productno), product.productno, summed.business_day
