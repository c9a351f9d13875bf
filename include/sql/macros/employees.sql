{#- What employees did in seven days.

per_employee(params, figures): CTEs, the last of this name: one row per employee and day of the period with a line in the
    seven days that end on it: business_date, staffno (null for lines that name nobody), staffname, outlets, the
    figures, and days: how many days of data they have. Wants the CTE worked: one row per employee, outlet and day of
    the period or the six days before, with staff_id, salesoutlet_id, business_date and the figures, which add up.
employee_columns(): the first columns of per_employee, as a sheet shows them.
#}
{% from 'macros/days.sql' import calendar, days_of_seven, history %}
{% from 'macros/names.sql' import outlet_name, staff_name %}

{% macro per_employee(params, figures) -%}
{{ calendar(params) }},

{{ history() }},

-- a transaction has one outlet and one date, so those of seven days and several outlets add up
per_outlet as (
    select
        calendar.business_day,
        worked.staff_id,
        worked.salesoutlet_id,
        {%- for figure in figures %}
        sum(worked.{{ figure }}) as {{ figure }}{{ "," if not loop.last }}
        {%- endfor %}
    from calendar
    inner join worked
        on cast(worked.business_date as date) between calendar.business_day - interval '6' day and calendar.business_day
    group by calendar.business_day, worked.staff_id, worked.salesoutlet_id
),

per_employee as (
    select
        per_outlet.business_day as business_date,
        staff.staffno,
        {{ staff_name() }} as staffname,
        array_join(
            array_agg(
                {{ outlet_name() }}
                order by length(sales_outlet.salesoutletno), sales_outlet.salesoutletno
            ), ', '
        ) as outlets,
        {%- for figure in figures %}
        sum(per_outlet.{{ figure }}) as {{ figure }},
        {%- endfor %}
        {{ days_of_seven('per_outlet.business_day') }} as days
    from per_outlet
    cross join history
    inner join sales_outlet on per_outlet.salesoutlet_id = sales_outlet.salesoutlet_id
    left join staff on per_outlet.staff_id = staff.staff_id
    group by per_outlet.business_day, staff.staffno, staff.stafffirstname, staff.stafflastname, history.first_day
)
{%- endmacro %}

{% macro employee_columns() -%}
business_date,
coalesce(staffno, 'NO INFO') as staffno,
staffname,
outlets
{%- endmacro %}
