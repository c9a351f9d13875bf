-- #fail
-- The date table has every day of whole months, with the right names, and every partition of a fact is one of its days.
-- Grain: one row per day that is missing or wrong. Needs no row of a fact.
with ends as (
    select
        cast(date_trunc('month', min(date)) as date) as first_month,
        max(date) as last_day
    from date
),

expected as (
    -- month by month: a sequence has at most 10,000 entries
    select cast(days.calendar_day as varchar) as calendar_day
    from ends
    cross join unnest(sequence(ends.first_month, ends.last_day, interval '1' month)) as months (start)
    cross join unnest(sequence(months.start, last_day_of_month(months.start), interval '1' day)) as days (calendar_day)
    {%- for fact in ['sales_reciept', 'pastry_inventory'] if fact not in params.absent %}
    union
    select business_date
    from "{{ fact }}$partitions"
    {%- endfor %}
)

select
    if(calendar.date is null, 'missing in date', 'wrong in date') as problem,
    expected.calendar_day
from expected
left join date as calendar on expected.calendar_day = cast(calendar.date as varchar)
where
    calendar.date is null
    or calendar.dayofweekno <> day_of_week(calendar.date)
    or calendar.dayofweekname <> date_format(calendar.date, '%W')
    or calendar.dayofmonthno <> day(calendar.date)
    or calendar.weekno <> week(calendar.date)
    or calendar.monthno <> month(calendar.date)
    or calendar.monthname <> date_format(calendar.date, '%M')
    or calendar.quarterno <> quarter(calendar.date)
    or calendar.year <> year(calendar.date)
    or calendar.month_id <> lower(to_hex(md5(to_utf8(date_format(calendar.date, '%Y-%m')))))
