{#- What is to be expected of goals, and how far they are reached.

judged(figures): CTEs, the last of them judged: the rows of a CTE with month_id, goal and sold, beside months, with the
    month in words, its first_day, days_of_month and days_loaded, reached, forecast (what will be sold by the month's
    end; null without a day), expected, and status: on course, close or behind by the forecast; met, close or missed
    once the month is over; to the cent, as sheets show it.
#}

{% macro judged(figures) -%}
forecasts as (
    select
        {{ figures }}.*,
        months.first_day,
        months.is_over,
        months.days_of_month,
        months.days_loaded,
        case
            when months.days_loaded = 0 then null
            when months.is_over then cast({{ figures }}.sold as double)
            else cast({{ figures }}.sold as double) * months.days_of_month / months.days_loaded
        end as forecast
    from {{ figures }}
    inner join months on {{ figures }}.month_id = months.month_id
),

judged as (
    select
        *,
        date_format(first_day, '%M %Y') as month,
        cast(sold as double) / nullif(goal, 0) as reached,
        forecast / nullif(goal, 0) as expected,
        case
            when coalesce(goal, 0) = 0 or forecast is null then 'n/a'
            when round(forecast, 2) >= goal then if(is_over, 'met', 'on course')
            when round(forecast, 2) >= 0.9 * goal then 'close'
            else if(is_over, 'missed', 'behind')
        end as status
    from forecasts
)
{%- endmacro %}
