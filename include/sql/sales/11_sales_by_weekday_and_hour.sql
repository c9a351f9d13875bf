-- When do people buy: on which weekday, at which hour?
-- Grain: one row per weekday and hour with a sale, from Monday, from midnight. `days` counts the period's days of that
-- weekday with a sale at any hour, so that five Mondays compare with four Tuesdays.
with lines as (
    select
        transaction_id,
        date_id,
        business_date,
        quantity,
        saleamount,
        cast(substr(transactiontime, 1, 2) as integer) as hour_of_day
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
),

weekdays as (
    select
        calendar.dayofweekno,
        count(distinct lines.business_date) as days
    from lines
    inner join date as calendar on lines.date_id = calendar.date_id
    group by calendar.dayofweekno
)

select
    calendar.dayofweekname,
    lines.hour_of_day,
    weekdays.days,
    count(distinct lines.transaction_id) as transactions,
    sum(lines.quantity) as items,
    sum(lines.saleamount) as income,
    cast(sum(lines.saleamount) as double) / weekdays.days as income_per_day
from lines
inner join date as calendar on lines.date_id = calendar.date_id
inner join weekdays on calendar.dayofweekno = weekdays.dayofweekno
group by calendar.dayofweekno, calendar.dayofweekname, lines.hour_of_day, weekdays.days
order by calendar.dayofweekno, lines.hour_of_day
