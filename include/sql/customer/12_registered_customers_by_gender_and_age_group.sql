-- Who are the registered customers who bought something in the period, by gender and age group, and who holds a card?
-- Grain: one row per gender and age group that somebody belongs to, youngest first, NO INFO last.
{%- from 'macros/customers.sql' import age_groups, buyers, genders, group_order %}
with {{ buyers(params) }},

{{ genders() }},

{{ age_groups(params) }}

select
    genders.gender,
    age_groups.age_group,
    count(*) as customers,
    count(buyers.loyaltycardnumber) as card_holders
from buyers
inner join genders on buyers.customer_id = genders.customer_id
inner join age_groups on buyers.customer_id = age_groups.customer_id
group by genders.gender, age_groups.age_group
order by
    {{ group_order('age_groups.age_group') }}, age_groups.age_group,
    {{ group_order('genders.gender') }}, genders.gender
