-- How far is each outlet's goal reached for beans, for beverage, for food and for merchandise?
-- Grain: one row per month of the period, outlet and kind with a goal or a sale, counted as in the question before.
-- merchandise is what is neither beans, beverage nor food
{%- from 'macros/goals.sql' import forecasts, goals_and_sales, status %}
{%- from 'macros/names.sql' import outlet_name %}
with {{ goals_and_sales(params, by_kind=true) }},

{{ forecasts() }}

select
    date_format(forecasts.first_day, '%M %Y') as month,
    {{ outlet_name() }} as outlet,
    forecasts.kind,
    forecasts.goal,
    forecasts.sold,
    cast(forecasts.sold as double) / nullif(forecasts.goal, 0) as reached,
    forecasts.forecast,
    forecasts.forecast / nullif(forecasts.goal, 0) as expected,
    {{ status('forecasts.forecast', 'forecasts.goal', 'forecasts.is_over') }} as status
from forecasts
inner join sales_outlet on forecasts.salesoutlet_id = sales_outlet.salesoutlet_id
order by forecasts.first_day, length(sales_outlet.salesoutletno), sales_outlet.salesoutletno, forecasts.kind
