-- What was sold on each day of the period, and by how many outlets?
-- Grain: one row per day of the period, 0 where nothing was sold.
{%- from 'macros/days.sql' import calendar %}
with {{ calendar(params) }},

sold as (
    select
        cast(business_date as date) as business_day,
        sum(saleamount) as income,
        count(distinct transaction_id) as transactions,
        sum(quantity) as items,
        count(distinct salesoutlet_id) as outlets
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
    group by business_date
)

select
    calendar.business_day as business_date,
    coalesce(sold.income, 0) as income,
    coalesce(sold.transactions, 0) as transactions,
    coalesce(sold.items, 0) as items,
    coalesce(sold.outlets, 0) as outlets
from calendar
left join sold on calendar.business_day = sold.business_day
order by calendar.business_day
