-- How many transactions were made with each loyalty card in the period?
-- Grain: one row per loyalty card that was used, busiest first.
{%- from 'macros/customers.sql' import registered %}
with {{ registered() }}

select
    registered.loyaltycardnumber,
    count(distinct lines.transaction_id) as transactions
from sales_reciept as lines
inner join registered on lines.customer_id = registered.customer_id and registered.loyaltycardnumber is not null
where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
group by registered.loyaltycardnumber
order by transactions desc, registered.loyaltycardnumber asc
