-- How far is each outlet's goal reached for beans, for beverage, for food and for merchandise?
-- Grain: one row per month of the period, outlet and kind with a goal or a sale, counted as in the question before.
-- merchandise is what is neither beans, beverage nor food
with products as (
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
        products.kind,
        sum(
            case
                when '{{ params.target_unit }}' = 'income' then lines.saleamount else
                    lines.quantity
            end
        ) as sold
    from sales_reciept as lines
    inner join products on lines.product_id = products.product_id
    where
        lines.business_date >= cast(date_trunc('month', date '{{ params.period_start }}') as varchar)
        and lines.business_date <= '{{ params.period_end }}'
    group by lines.date_id, lines.salesoutlet_id, products.kind
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
        kinds.kind,
        case kinds.kind
            when 'Beans' then sales_target.beans
            when 'Beverage' then sales_target.beverage
            when 'Food' then sales_target.food
            else sales_target.merchendise
        end as goal,
        0 as sold
    from sales_target
    cross join unnest(array['Beans', 'Beverage', 'Food', 'Merchandise']) as kinds (kind)
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

kinds as (
    select
        month_id,
        salesoutlet_id,
        kind,
        sum(goal) as goal,
        sum(sold) as sold
    from goals_and_sales
    group by month_id, salesoutlet_id, kind
),

forecasts as (
    select
        months.first_day,
        months.is_over,
        kinds.salesoutlet_id,
        kinds.kind,
        kinds.goal,
        kinds.sold,
        case
            when months.days_loaded = 0 then null
            when months.is_over then cast(kinds.sold as double)
            else cast(kinds.sold as double) * months.days_of_month / months.days_loaded
        end as forecast
    from kinds
    inner join months on kinds.month_id = months.month_id
)

select
    date_format(forecasts.first_day, '%M %Y') as month,
    concat_ws(' ', sales_outlet.salesoutletno, sales_outlet.neighbourhood) as outlet,
    forecasts.kind,
    forecasts.goal,
    forecasts.sold,
    cast(forecasts.sold as double) / nullif(forecasts.goal, 0) as reached,
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
order by forecasts.first_day, length(sales_outlet.salesoutletno), sales_outlet.salesoutletno, forecasts.kind
