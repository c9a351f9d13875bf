-- Which part of each employee's lines is neither Tea nor Coffee nor Drinking Chocolate?
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
        sales_reciept.staff_id,
        sales_reciept.salesoutlet_id,
        cast(sales_reciept.business_date as date) as business_day,
        count(distinct sales_reciept.transaction_id) as transactions,
        count_if(coalesce(product.productcategory, 'NO INFO') not in ('Tea', 'Coffee', 'Drinking Chocolate'))
            as other_lines,
        count(*) as all_lines
    from sales_reciept
    inner join product on sales_reciept.product_id = product.product_id
    where
        sales_reciept.business_date >= cast(date '{{ params.period_start }}' - interval '6' day as varchar)
        and sales_reciept.business_date <= '{{ params.period_end }}'
    group by sales_reciept.business_date, sales_reciept.staff_id, sales_reciept.salesoutlet_id
),

-- a transaction has one outlet and one date, so those of seven days and several outlets add up
per_outlet as (
    select
        calendar.business_day,
        worked.staff_id,
        worked.salesoutlet_id,
        sum(worked.transactions) as transactions,
        sum(worked.other_lines) as other_lines,
        sum(worked.all_lines) as all_lines
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
    sum(per_outlet.other_lines) as other_lines,
    sum(per_outlet.all_lines) as all_lines,
    cast(sum(per_outlet.other_lines) as double) / sum(per_outlet.all_lines) as other_share,
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
