-- What did customers of each age group buy in the period, and how many were they?
-- Grain: one row per age group, youngest first, NO INFO and NOT REGISTERED last. Nobody knows how many people are
-- behind NOT REGISTERED: its customers are null.
{%- from 'macros/customers.sql' import age_groups, group_order %}
with {{ age_groups(params) }}

select
    age_groups.age_group,
    sum(lines.quantity) as items,
    count(distinct lines.transaction_id) as transactions,
    case when age_groups.age_group <> 'NOT REGISTERED' then count(distinct lines.customer_id) end as customers
from sales_reciept as lines
inner join age_groups on lines.customer_id = age_groups.customer_id
where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
group by age_groups.age_group
order by {{ group_order('age_groups.age_group') }}, age_groups.age_group
