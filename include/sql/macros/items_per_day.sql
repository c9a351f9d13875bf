{#- How many items were sold a day, and in the seven days that end on it.

days_of_members(params, member): CTEs, the last of them summed: one row per member sold in the period or the six days
    before it, and day of those: member, business_day, items (0 where nothing was sold), items_7_days, and days: how
    many days of data these have. member is an expression of sales_reciept, here lines, and product. The sums of the
    six days before the period lack their own first days: leave those rows out.
items_per_day(params, column): a whole query for a column of product: one row per member and day of the period.
#}
{% from 'macros/days.sql' import calendar, days_of_seven, history, with_six_days_before %}

{% macro days_of_members(params, member) -%}
{{ calendar(params, days_before=6) }},

{{ history() }},

sold as (
    select
        {{ member }} as member,
        cast(lines.business_date as date) as business_day,
        sum(lines.quantity) as items
    from sales_reciept as lines
    inner join product on lines.product_id = product.product_id
    where {{ with_six_days_before(params, 'lines.business_date') }}
    group by {{ member }}, lines.business_date
),

members as (
    select distinct member
    from sold
),

summed as (
    select
        members.member,
        calendar.business_day,
        coalesce(sold.items, 0) as items,
        sum(coalesce(sold.items, 0)) over (
            partition by members.member
            order by calendar.business_day
            rows between 6 preceding and current row
        ) as items_7_days,
        {{ days_of_seven('calendar.business_day') }} as days
    from calendar
    cross join members
    cross join history
    left join sold on calendar.business_day = sold.business_day and members.member = sold.member
)
{%- endmacro %}

{% macro items_per_day(params, column) -%}
with {{ days_of_members(params, "coalesce(product." ~ column ~ ", 'NO INFO')") }}

select
    member as {{ column }},
    business_day as business_date,
    items,
    items_7_days,
    days
from summed
where business_day >= date '{{ params.period_start }}'
order by {{ column }}, business_date
{%- endmacro %}
