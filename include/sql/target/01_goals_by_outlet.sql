-- How far is each outlet's goal of the month reached, and where will it be at the month's end?
-- Grain: one row per month of the period and outlet with a goal or a sale in it. `sold` counts from the month's first
-- day through the period's last, a day as loaded when any outlet sold on it; a month that is over is its own forecast.
{%- from 'macros/goals.sql' import goals %}
{%- from 'macros/judged.sql' import judged %}
{%- from 'macros/names.sql' import outlet_name %}
with {{ goals(params) }},

{{ judged('goals') }}

select
    judged.month,
    {{ outlet_name() }} as outlet,
    judged.goal,
    judged.sold,
    judged.reached,
    judged.days_loaded,
    judged.days_of_month,
    judged.forecast,
    judged.expected,
    judged.status
from judged
inner join sales_outlet on judged.salesoutlet_id = sales_outlet.salesoutlet_id
order by judged.first_day, length(sales_outlet.salesoutletno), sales_outlet.salesoutletno
