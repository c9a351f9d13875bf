-- How far is each outlet's goal of the month reached, and where will it be at the month's end?
-- Grain: one row per month of the period and outlet with a goal or a sale in it. `sold` counts from the month's first
-- day through the period's last, a day as loaded when any outlet sold on it; a month that is over is its own forecast.
with sold as (
    select
        date_id,
        salesoutlet_id,
        sum(
            case when '{{ params.target_unit }}' = 'income' then saleamount else quantity end
        ) as sold
    from sales_reciept
    where
        business_date >= cast(date_trunc('month', date '{{ params.period_start }}') as varchar)
        and business_date <= '{{ params.period_end }}'
    group by date_id, salesoutlet_id
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
        month_id,
        salesoutlet_id,
        coalesce(totalgoal, beans + beverage + food + merchendise) as goal,
        0 as sold
    from sales_target
    union all
    select
        calendar.month_id,
        sold.salesoutlet_id,
        null as goal,
        sold.sold
    from sold
    inner join date as calendar on sold.date_id = calendar.date_id
),

outlets as (
    select
        month_id,
        salesoutlet_id,
        sum(goal) as goal,
        sum(sold) as sold
    from goals_and_sales
    group by month_id, salesoutlet_id
),

forecasts as (
    select
        months.first_day,
        months.is_over,
        months.days_loaded,
        months.days_of_month,
        outlets.salesoutlet_id,
        outlets.goal,
        outlets.sold,
        case
            when months.days_loaded = 0 then null
            when months.is_over then cast(outlets.sold as double)
            else cast(outlets.sold as double) * months.days_of_month / months.days_loaded
        end as forecast
    from outlets
    inner join months on outlets.month_id = months.month_id
)

select
    date_format(forecasts.first_day, '%M %Y') as month,
    concat_ws(' ', sales_outlet.salesoutletno, sales_outlet.neighbourhood) as outlet,
    forecasts.goal,
    forecasts.sold,
    cast(forecasts.sold as double) / nullif(forecasts.goal, 0) as reached,
    forecasts.days_loaded,
    forecasts.days_of_month,
    forecasts.forecast,
    forecasts.forecast / nullif(forecasts.goal, 0) as expected,
    case
        when coalesce(forecasts.goal, 0) = 0 or forecasts.forecast is null then 'n/a'
        when round(forecasts.forecast, 2) >= forecasts.goal then if(forecasts.is_over, 'met', 'on course')
        when round(forecasts.forecast, 2) >= 0.9 * forecasts.goal then 'close'
        else if(forecasts.is_over, 'missed', 'behind')
    end as status
from forecasts
inner join sales_outlet on forecasts.salesoutlet_id = sales_outlet.salesoutlet_id
order by forecasts.first_day, length(sales_outlet.salesoutletno), sales_outlet.salesoutletno
