-- How much does a transaction of each employee bring?
-- Grain: one row per day of the period and employee with a line in the seven days that end on that day; lines that
-- name nobody form the row NO INFO. All figures are of those seven days, all outlets together.
with calendar as (
    select days.business_day
    from
        unnest(sequence(date '{{ params.period_start }}', date '{{ params.period_end }}', interval '1' day))
            as days (business_day)
),

-- the first day that has sales at all, from the catalog: no older data are scanned
history as (
    select min(cast(business_date as date)) as first_day
    from "sales_reciept$partitions"
),

worked as (
    select
        staff_id,
        salesoutlet_id,
        cast(business_date as date) as business_day,
        count(distinct transaction_id) as transactions,
        sum(saleamount) as income
    from sales_reciept
    where
        business_date >= cast(date '{{ params.period_start }}' - interval '6' day as varchar)
        and business_date <= '{{ params.period_end }}'
    group by business_date, staff_id, salesoutlet_id
),

-- a transaction has one outlet and one date, so those of seven days and several outlets add up
per_outlet as (
    select
        calendar.business_day,
        worked.staff_id,
        worked.salesoutlet_id,
        sum(worked.transactions) as transactions,
        sum(worked.income) as income
    from calendar
    inner join worked
        on worked.business_day between calendar.business_day - interval '6' day and calendar.business_day
    group by calendar.business_day, worked.staff_id, worked.salesoutlet_id
)

select
    per_outlet.business_day as business_date,
    coalesce(staff.staffno, 'NO INFO') as staffno,
    coalesce(nullif(concat_ws(' ', staff.stafffirstname, staff.stafflastname), ''), 'NO INFO') as staffname,
    array_join(
        array_agg(
            concat_ws(' ', sales_outlet.salesoutletno, sales_outlet.neighbourhood)
            order by length(sales_outlet.salesoutletno), sales_outlet.salesoutletno
        ), ', '
    ) as outlets,
    sum(per_outlet.transactions) as transactions,
    sum(per_outlet.income) as income,
    cast(sum(per_outlet.income) as double) / sum(per_outlet.transactions) as income_per_transaction,
    greatest(least(date_diff('day', history.first_day, per_outlet.business_day) + 1, 7), 0) as days
from per_outlet
cross join history
inner join sales_outlet on per_outlet.salesoutlet_id = sales_outlet.salesoutlet_id
left join staff on per_outlet.staff_id = staff.staff_id
group by
    per_outlet.business_day,
    staff.staffno,
    staff.stafffirstname,
    staff.stafflastname,
    history.first_day
-- digits without leading zeros: the longer number is the greater, however long it is
order by per_outlet.business_day, length(staff.staffno) nulls last, staff.staffno
