-- How far are all outlets' goals for beans, beverage, food and merchandise reached together?
-- Grain: one row per month of the period and kind with a goal or a sale, counted as in question 1 of this report. What
-- outlets without a goal sold stands in a column of its own, so that goal and sales are of the same outlets.
{%- from 'macros/goals.sql' import forecast, goals_and_sales, status %}
with {{ goals_and_sales(params, by_kind=true) }},

kinds_of_months as (
    select
        month_id,
        kind,
        sum(goal) as goal,
        sum(case when goal is null then 0 else sold end) as sold,
        sum(case when goal is null then sold else 0 end) as sold_without_goal
    from goals
    group by month_id, kind
),

forecasts as (
    select
        months.first_day,
        months.is_over,
        sums.*,
        {{ forecast('sums.sold') }} as forecast
    from kinds_of_months as sums
    inner join months on sums.month_id = months.month_id
)

select
    date_format(first_day, '%M %Y') as month,
    kind,
    goal,
    sold,
    cast(sold as double) / nullif(goal, 0) as reached,
    forecast,
    forecast / nullif(goal, 0) as expected,
    {{ status('forecast', 'goal', 'is_over') }} as status,
    sold_without_goal
from forecasts
order by first_day, kind
