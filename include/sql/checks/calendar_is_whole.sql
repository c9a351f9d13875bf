-- #fail
-- The date table has every day of whole months, with the right names, and every partition of a fact is one of its days.
-- Grain: one row per day that is missing, wrong or outside the table. Needs no row of a fact.
with span as (
    select
        min(date_trunc('month', date)) as first_day,
        date_add('day', -1, date_add('month', 1, date_trunc('month', max(date)))) as last_day
    from date
),

expected as (
    select days.calendar_day
    from span
    cross join unnest(sequence(span.first_day, span.last_day, interval '1' day)) as days (calendar_day)
),

partitions as (
    select business_date
    from "sales_reciept$partitions"
    union all
    select business_date
    from "pastry_inventory$partitions"
)

select
    'missing in date' as problem,
    cast(expected.calendar_day as varchar) as calendar_day
from expected
left join date as calendar on expected.calendar_day = calendar.date
where calendar.date is null
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
