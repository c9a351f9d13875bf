-- How many registered customers of each age group bought something in the period?
-- Grain: one row per age group that somebody belongs to, youngest first, NO INFO last.
{%- from 'macros/customers.sql' import age_groups, buyers, group_order %}
with {{ buyers(params) }},

{{ age_groups(params) }}

select
    age_groups.age_group,
    count(*) as customers
from buyers
inner join age_groups on buyers.customer_id = age_groups.customer_id
group by age_groups.age_group
order by {{ group_order('age_groups.age_group') }}, age_groups.age_group
