-- How many of the registered customers who bought something in the period hold a loyalty card?
-- Grain: one row for the period; none when no registered customer bought anything.
{%- from 'macros/customers.sql' import buyers %}
with {{ buyers(params) }}

select
    count(loyaltycardnumber) as card_holders,
    count(*) as customers,
    cast(count(loyaltycardnumber) as double) / count(*) as card_holder_share
from buyers
having count(*) > 0
