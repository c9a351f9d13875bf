-- How many items were bought with each loyalty card in the period?
-- Grain: one row per loyalty card that was used, most items first.
{%- from 'macros/customers.sql' import cards %}
with {{ cards() }}

select
    cards.loyaltycardnumber,
    sum(lines.quantity) as items
from sales_reciept as lines
inner join cards on lines.customer_id = cards.customer_id
where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
group by cards.loyaltycardnumber
order by items desc, cards.loyaltycardnumber asc
