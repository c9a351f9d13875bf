-- How many items were bought with each loyalty card in the period?
-- Grain: one row per loyalty card that was used, most items first.
{%- from 'macros/customers.sql' import registered %}
with {{ registered() }}

select
    registered.loyaltycardnumber,
    sum(lines.quantity) as items
from sales_reciept as lines
inner join registered on lines.customer_id = registered.customer_id and registered.loyaltycardnumber is not null
where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
group by registered.loyaltycardnumber
order by items desc, registered.loyaltycardnumber asc
