{#- Days: those of a period, and how far back the sales reach. Each macro gives a CTE of its own name, or an expression.

calendar(params, days_before): one row per day of the period, and of so many days before it: business_day, a date.
history(): one row: first_day, the first day that has sales at all.
days_of_seven(day): how many of the seven days that end on a day are since history's first day; 0 to 7.
with_six_days_before(params, column): the condition for lines of the period and of the six days before it.
with_days_compared(params, column): the condition for lines of the period, of the eight weeks before it, or as many as
it has, and of a year earlier: 364 days for days and weeks, the same dates for a month, so a few days more than either.
#}

{% macro calendar(params, days_before=0) -%}
{% set before = " - interval '" ~ days_before ~ "' day" if days_before else "" -%}
calendar as (
    select days.business_day
    from
        unnest(sequence(date '{{ params.period_start }}'{{ before }}, date '{{ params.period_end }}', interval '1' day))
            as days (business_day)
)
{%- endmacro %}

{% macro history() -%}
history as (
    -- from the catalog: no older data are scanned
    select min(cast(business_date as date)) as first_day
    from "sales_reciept$partitions"
)
{%- endmacro %}

{% macro days_of_seven(day) -%}
greatest(least(date_diff('day', history.first_day, {{ day }}) + 1, 7), 0)
{%- endmacro %}

{% macro with_six_days_before(params, column) -%}
{{ column }} between cast(date '{{ params.period_start }}' - interval '6' day as varchar) and '{{ params.period_end }}'
{%- endmacro %}

{% macro with_days_compared(params, column) -%}
{% set first_day, last_day = "date '" ~ params.period_start ~ "'", "date '" ~ params.period_end ~ "'" -%}
(
    {{ column }} between cast(
        date_add(
            'day', -greatest(56, date_diff('day', {{ first_day }}, {{ last_day }}) + 1), {{ first_day }}
        ) as varchar
    ) and '{{ params.period_end }}'
    or {{ column }} between cast({{ first_day }} - interval '366' day as varchar)
    and cast({{ last_day }} - interval '364' day as varchar)
)
{%- endmacro %}
