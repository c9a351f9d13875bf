-- How many items of each product group were sold a day, and in the seven days that end on it?
-- Grain: one row per group sold in the period or the six days before it, and day of the period; 0 where nothing
-- was sold.
with calendar as (
    select days.business_day
    from
        unnest(
            sequence(
                date '{{ params.period_start }}' - interval '6' day, date '{{ params.period_end }}', interval '1' day
            )
        ) as days (business_day)
),

-- the first day that has sales at all, from the catalog: no older data are scanned
history as (
    select min(cast(business_date as date)) as first_day
    from "sales_reciept$partitions"
),

sold as (
    select
        cast(sales_reciept.business_date as date) as business_day,
        coalesce(product.productgroup, 'NO INFO') as productgroup,
        sum(sales_reciept.quantity) as items
    from sales_reciept
    inner join product on sales_reciept.product_id = product.product_id
    where
        sales_reciept.business_date >= cast(date '{{ params.period_start }}' - interval '6' day as varchar)
        and sales_reciept.business_date <= '{{ params.period_end }}'
    group by sales_reciept.business_date, coalesce(product.productgroup, 'NO INFO')
),

members as (
    select distinct productgroup
    from sold
),

per_day as (
    select
        calendar.business_day,
        members.productgroup,
        coalesce(sold.items, 0) as items
    from calendar
    cross join members
    left join sold
        on calendar.business_day = sold.business_day and members.productgroup = sold.productgroup
),

summed as (
    select
        business_day,
        productgroup,
        items,
        sum(items) over (
            partition by productgroup
            order by business_day
            rows between 6 preceding and current row
        ) as items_7_days
    from per_day
)

select
    summed.productgroup,
    summed.business_day as business_date,
    summed.items,
    summed.items_7_days,
    greatest(least(date_diff('day', history.first_day, summed.business_day) + 1, 7), 0) as days
from summed
cross join history
where summed.business_day >= date '{{ params.period_start }}'
order by summed.productgroup, summed.business_day
