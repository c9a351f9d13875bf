{#- Goals of a month against what was sold.

goals_and_sales(params, by_kind): CTEs, the last of them goals: one row per month of the period and outlet, if asked also
    per kind of product, with a goal or a sale in it: month_id, salesoutlet_id, kind, goal (null without one), sold. And
    months, one row each: first_day, is_over (within the period), days_of_month, days_loaded. Sold counts from the
    month's first day through the period's last, in items or income; a day is loaded when any outlet sold on it.
forecasts(): a CTE over both: the columns of months, salesoutlet_id, kind, goal, sold, forecast.
forecast(sold): what will be sold by the month's end, an expression beside a row of months; null without a day.
status(forecast, goal, is_over): on course, close or behind by the forecast; met, close or missed once a month is over.
    Judged to the cent, as sheets show it.
#}

{% macro goals_and_sales(params, by_kind=false) -%}
{% if by_kind -%}
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

{% endif -%}
sold as (
    select
        lines.date_id,
        lines.salesoutlet_id,
        {{ 'kinds.kind' if by_kind else "'' as kind" }},
        sum(case when '{{ params.target_unit }}' = 'income' then lines.saleamount else lines.quantity end) as sold
    from sales_reciept as lines
    {%- if by_kind %}
    inner join kinds on lines.product_id = kinds.product_id
    {%- endif %}
    where
        lines.business_date >= cast(date_trunc('month', date '{{ params.period_start }}') as varchar)
        and lines.business_date <= '{{ params.period_end }}'
    group by lines.date_id, lines.salesoutlet_id{{ ', kinds.kind' if by_kind }}
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
        and calendar.date < date_trunc('month', date '{{ params.period_end }}') + interval '1' month
    group by calendar.month_id
),

goals_and_sales as (
    select
        sales_target.month_id,
        sales_target.salesoutlet_id,
        {%- if by_kind %}
        kinds_of_goals.kind,
        case kinds_of_goals.kind
            when 'Beans' then sales_target.beans
            when 'Beverage' then sales_target.beverage
            when 'Food' then sales_target.food
            else sales_target.merchendise
        end as goal,
        {%- else %}
        '' as kind,
        coalesce(
            sales_target.totalgoal,
            sales_target.beans + sales_target.beverage + sales_target.food + sales_target.merchendise
        ) as goal,
        {%- endif %}
        0 as sold
    from sales_target
    {%- if by_kind %}
    cross join unnest(array['Beans', 'Beverage', 'Food', 'Merchandise']) as kinds_of_goals (kind)
    {%- endif %}
    union all
    select
        calendar.month_id,
        sold.salesoutlet_id,
        sold.kind,
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

{% macro forecasts() -%}
forecasts as (
    select
        months.*,
        goals.salesoutlet_id,
        goals.kind,
        goals.goal,
        goals.sold,
        {{ forecast('goals.sold') }} as forecast
    from goals
    inner join months on goals.month_id = months.month_id
)
{%- endmacro %}

{% macro forecast(sold) -%}
case
            when months.days_loaded = 0 then null
            when months.is_over then cast({{ sold }} as double)
            else cast({{ sold }} as double) * months.days_of_month / months.days_loaded
        end
{%- endmacro %}

{% macro status(forecast, goal, is_over) -%}
case
        when coalesce({{ goal }}, 0) = 0 or {{ forecast }} is null then 'n/a'
        when round({{ forecast }}, 2) >= {{ goal }} then if({{ is_over }}, 'met', 'on course')
        when round({{ forecast }}, 2) >= 0.9 * {{ goal }} then 'close'
        else if({{ is_over }}, 'missed', 'behind')
    end
{%- endmacro %}
