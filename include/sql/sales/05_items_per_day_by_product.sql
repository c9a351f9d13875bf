-- How many items of each product were sold a day, and in the seven days that end on it?
-- Grain: one row per product sold in the period or the six days before it, and day of the period; 0 where nothing
-- was sold. Products are told apart by number, not by name.
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
        cast(business_date as date) as business_day,
        product_id,
        sum(quantity) as items
    from sales_reciept
    where
        business_date >= cast(date '{{ params.period_start }}' - interval '6' day as varchar)
        and business_date <= '{{ params.period_end }}'
    group by business_date, product_id
),

members as (
    select distinct product_id
    from sold
),

per_day as (
    select
        calendar.business_day,
        members.product_id,
        coalesce(sold.items, 0) as items
    from calendar
    cross join members
    left join sold
        on calendar.business_day = sold.business_day and members.product_id = sold.product_id
),

summed as (
    select
        business_day,
        product_id,
        items,
        sum(items) over (
            partition by product_id
            order by business_day
            rows between 6 preceding and current row
        ) as items_7_days
    from per_day
)

select
    product.productno,
    coalesce(product.productname, 'NO INFO') as productname,
    summed.business_day as business_date,
    summed.items,
    summed.items_7_days,
    greatest(least(date_diff('day', history.first_day, summed.business_day) + 1, 7), 0) as days
from summed
cross join history
inner join product on summed.product_id = product.product_id
where summed.business_day >= date '{{ params.period_start }}'
-- digits without leading zeros: the longer number is the greater, however long it is
order by length(product.productno), product.productno, summed.business_day
