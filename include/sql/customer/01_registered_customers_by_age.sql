-- How old are the registered customers who bought something in the period?
-- Grain: one row per age in whole years; customers whose age nobody knows share a row without one.
{%- from 'macros/customers.sql' import age_groups, buyers %}
with {{ buyers(params) }},

{{ age_groups(params) }}

select
    age_groups.age,
    age_groups.age_group,
    count(*) as customers
from buyers
inner join age_groups on buyers.customer_id = age_groups.customer_id
group by age_groups.age, age_groups.age_group
order by age_groups.age nulls last
