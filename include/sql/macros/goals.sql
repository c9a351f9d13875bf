{#- Goals of a month, and what was sold of them.

goals(params, by_kind): CTEs, the last of them goals: one row per month of the period and outlet, if asked also per kind
    of product, with a goal or a sale in it: month_id, salesoutlet_id, kind, goal (null without one), sold. And months,
    one row each: first_day, is_over (within the period), days_of_month, days_loaded. Sold counts from the month's first
    day through the period's last, in items or income; a day is loaded when any outlet sold on it.
#}

{% set in_all = [('', 'coalesce(totalgoal, beans + beverage + food + merchendise)')] %}
{% set of_kinds = [('Beans', 'beans'), ('Beverage', 'beverage'), ('Food', 'food'), ('Merchandise', 'merchendise')] %}

{% macro goals(params, by_kind=false) -%}
kinds as (
    select
        product_id,
        case
            when productgroup = 'Whole Bean/Teas' then 'Beans'
            when productgroup in ('Beverages', 'Add-ons') then 'Beverage'
            when productgroup = 'Food' then 'Food'
            else 'Merchandise'
        end as kind
    from product
),

sold as (
    select
        lines.date_id,
        lines.salesoutlet_id,
        kinds.kind,
        sum(case when '{{ params.target_unit }}' = 'income' then lines.saleamount else lines.quantity end) as sold
    from sales_reciept as lines
    inner join kinds on lines.product_id = kinds.product_id
    where
        lines.business_date >= cast(date_trunc('month', date '{{ params.period_start }}') as varchar)
        and lines.business_date <= '{{ params.period_end }}'
    group by lines.date_id, lines.salesoutlet_id, kinds.kind
),

months as (
    select
        calendar.month_id,
        min(calendar.date) as first_day,
        max(calendar.date) <= date '{{ params.period_end }}' as is_over,
        count(distinct calendar.date_id) as days_of_month,
        count(distinct sold.date_id) as days_loaded
    from date as calendar
    left join sold on calendar.date_id = sold.date_id
    where
        calendar.date >= date_trunc('month', date '{{ params.period_start }}')
        and calendar.date <= last_day_of_month(date '{{ params.period_end }}')
    group by calendar.month_id
),

goals_and_sales as (
    {%- for kind, goal in (of_kinds if by_kind else in_all) %}
    select
        month_id,
        salesoutlet_id,
        '{{ kind }}' as kind,
        {{ goal }} as goal,
        0 as sold
    from sales_target
    union all
    {%- endfor %}
    select
        calendar.month_id,
        sold.salesoutlet_id,
        {{ 'sold.kind' if by_kind else "'' as kind" }},
        null as goal,
        sold.sold
    from sold
    inner join date as calendar on sold.date_id = calendar.date_id
),

goals as (
    select
        month_id,
        salesoutlet_id,
        kind,
        sum(goal) as goal,
        sum(sold) as sold
    from goals_and_sales
    group by month_id, salesoutlet_id, kind
)
{%- endmacro %}
