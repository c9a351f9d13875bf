-- How far are all outlets' goals for beans, beverage, food and merchandise reached together?
-- Grain: one row per month of the period and kind with a goal or a sale, counted as in question 1 of this report. What
-- outlets without a goal sold stands in a column of its own, so that goal and sales are of the same outlets.
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

outlets as (
    select
        month_id,
        salesoutlet_id,
        kind,
        sum(goal) as goal,
        sum(sold) as sold
    from goals_and_sales
    group by month_id, salesoutlet_id, kind
),

kinds as (
    select
        month_id,
        kind,
        sum(goal) as goal,
        sum(case when goal is null then 0 else sold end) as sold,
        sum(case when goal is null then sold else 0 end) as sold_without_goal
    from outlets
    group by month_id, kind
),

forecasts as (
    select
        months.first_day,
        months.is_over,
        kinds.kind,
        kinds.goal,
        kinds.sold,
        kinds.sold_without_goal,
        case
            when months.days_loaded = 0 then null
            when months.is_over then cast(kinds.sold as double)
            else cast(kinds.sold as double) * months.days_of_month / months.days_loaded
        end as forecast
    from kinds
    inner join months on kinds.month_id = months.month_id
)

select
    date_format(first_day, '%M %Y') as month,
    kind,
    goal,
    sold,
    cast(sold as double) / nullif(goal, 0) as reached,
    forecast,
    forecast / nullif(goal, 0) as expected,
    case
        when coalesce(goal, 0) = 0 or forecast is null then 'n/a'
        when round(forecast, 2) >= goal then if(is_over, 'met', 'on course')
        when round(forecast, 2) >= 0.9 * goal then 'close'
        else if(is_over, 'missed', 'behind')
    end as status,
    sold_without_goal
from forecasts
order by first_day, kind
