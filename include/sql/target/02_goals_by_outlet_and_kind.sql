-- How far is each outlet's goal reached for beans, for beverage, for food and for merchandise?
-- Grain: one row per month of the period, outlet and kind with a goal or a sale, counted as in the question before.
-- merchandise is what is neither beans, beverage nor food
{%- from 'macros/goals.sql' import goals %}
{%- from 'macros/judged.sql' import judged %}
{%- from 'macros/names.sql' import outlet_name %}
with {{ goals(params, by_kind=true) }},

{{ judged('goals') }}

select
    judged.month,
    {{ outlet_name() }} as outlet,
    judged.kind,
    judged.goal,
    judged.sold,
    judged.reached,
    judged.forecast,
    judged.expected,
    judged.status
from judged
inner join sales_outlet on judged.salesoutlet_id = sales_outlet.salesoutlet_id
order by judged.first_day, length(sales_outlet.salesoutletno), sales_outlet.salesoutletno, judged.kind
