-- How many transactions were made with each loyalty card in the period?
-- Grain: one row per loyalty card that was used, busiest first.
{%- from 'macros/customers.sql' import cards %}
with {{ cards() }}

select
    cards.loyaltycardnumber,
    count(distinct lines.transaction_id) as transactions
from sales_reciept as lines
inner join cards on lines.customer_id = cards.customer_id
where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
group by cards.loyaltycardnumber
order by transactions desc, cards.loyaltycardnumber asc
