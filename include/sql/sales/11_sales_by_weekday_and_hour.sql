-- When do people buy: on which weekday, at which hour?
-- Grain: one row per weekday and hour with a sale, from Monday, from midnight. `days` counts the period's days of that
-- weekday with a sale at any hour, so that five Mondays compare with four Tuesdays.
with weekdays as (
    select
        calendar.dayofweekno,
        calendar.dayofweekname,
        count(distinct lines.business_date) as days
    from sales_reciept as lines
    inner join date as calendar on lines.date_id = calendar.date_id
    where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
    group by calendar.dayofweekno, calendar.dayofweekname
)

select
    weekdays.dayofweekname,
    cast(substr(lines.transactiontime, 1, 2) as integer) as hour_of_day,
    weekdays.days,
    count(distinct lines.transaction_id) as transactions,
    sum(lines.quantity) as items,
    sum(lines.saleamount) as income,
    cast(sum(lines.saleamount) as double) / weekdays.days as income_per_day
from sales_reciept as lines
inner join date as calendar on lines.date_id = calendar.date_id
inner join weekdays on calendar.dayofweekno = weekdays.dayofweekno
where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
group by weekdays.dayofweekno, weekdays.dayofweekname, weekdays.days, substr(lines.transactiontime, 1, 2)
order by weekdays.dayofweekno, hour_of_day
