-- How far are all outlets' goals for beans, beverage, food and merchandise reached together?
-- Grain: one row per month of the period and kind with a goal or a sale, counted as in question 1 of this report. What
-- outlets without a goal sold stands in a column of its own, so that goal and sales are of the same outlets.
{%- from 'macros/goals.sql' import goals %}
{%- from 'macros/judged.sql' import judged %}
with {{ goals(params, by_kind=true) }},

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

{{ judged('kinds_of_months') }}

select
    month,
    kind,
    goal,
    sold,
    reached,
    forecast,
    expected,
    status,
    sold_without_goal
from judged
order by first_day, kind
