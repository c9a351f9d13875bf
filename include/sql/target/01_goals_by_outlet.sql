-- How far is each outlet's goal of the month reached, and where will it be at the month's end?
-- Grain: one row per month of the period and outlet with a goal or a sale in it. `sold` counts from the month's first
-- day through the period's last, a day as loaded when any outlet sold on it; a month that is over is its own forecast.
{%- from 'macros/goals.sql' import forecasts, goals_and_sales, status %}
{%- from 'macros/names.sql' import outlet_name %}
with {{ goals_and_sales(params) }},

{{ forecasts() }}

select
    date_format(forecasts.first_day, '%M %Y') as month,
    {{ outlet_name() }} as outlet,
    forecasts.goal,
    forecasts.sold,
    cast(forecasts.sold as double) / nullif(forecasts.goal, 0) as reached,
    forecasts.days_loaded,
    forecasts.days_of_month,
    forecasts.forecast,
    forecasts.forecast / nullif(forecasts.goal, 0) as expected,
    {{ status('forecasts.forecast', 'forecasts.goal', 'forecasts.is_over') }} as status
from forecasts
inner join sales_outlet on forecasts.salesoutlet_id = sales_outlet.salesoutlet_id
order by forecasts.first_day, length(sales_outlet.salesoutletno), sales_outlet.salesoutletno
