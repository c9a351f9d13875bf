-- #fail
-- The date table has every day of whole months, with the right names, and every partition of a fact is one of its days.
-- Grain: one row per day that is missing, wrong or outside the table. Needs no row of a fact.
with neighbours as (
    select
        date as calendar_day,
        lag(date) over (order by date) as day_before,
        lead(date) over (order by date) as day_after
    from date
),

partitions as (
    select business_date
    from "sales_reciept$partitions"
    union all
    select business_date
    from "pastry_inventory$partitions"
)

select
    'gap before' as problem,
    cast(calendar_day as varchar) as calendar_day
from neighbours
where
    calendar_day <> day_before + interval '1' day
    or (day_before is null and day(calendar_day) <> 1)
union all
select
    'gap after' as problem,
    cast(calendar_day as varchar) as calendar_day
from neighbours
where day_after is null and day(calendar_day + interval '1' day) <> 1
union all
select
    'wrong in date' as problem,
    cast(date as varchar) as calendar_day
from date
where
    dayofweekno <> day_of_week(date)
    or dayofweekname <> date_format(date, '%W')
    or dayofmonthno <> day(date)
    or weekno <> week(date)
    or monthno <> month(date)
    or monthname <> date_format(date, '%M')
    or quarterno <> quarter(date)
    or year <> year(date)
    or month_id <> lower(to_hex(md5(to_utf8(date_format(date, '%Y-%m')))))
union all
select
    'partition outside date' as problem,
    partitions.business_date as calendar_day
from partitions
left join date as calendar on partitions.business_date = cast(calendar.date as varchar)
where calendar.date is null
