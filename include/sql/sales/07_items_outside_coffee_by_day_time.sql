-- At which time of the day are items other than Coffee and Coffee beans bought?
-- Grain: one row per day time and category with a sale, from the morning to the night.
with lines as (
    select
        product_id,
        quantity,
        case
            when transactiontime >= '06:00:00' and transactiontime < '12:00:00' then 'morning'
            when transactiontime >= '12:00:00' and transactiontime < '16:00:00' then 'afternoon'
            when transactiontime >= '16:00:00' and transactiontime < '21:00:00' then 'late-afternoon'
            else 'night'
        end as day_time
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
),

outside_coffee as (
    select
        product_id,
        coalesce(productcategory, 'NO INFO') as productcategory
    from product
    where coalesce(productcategory, 'NO INFO') not in ('Coffee', 'Coffee beans')
)

select
    lines.day_time,
    outside_coffee.productcategory,
    sum(lines.quantity) as items
from lines
inner join outside_coffee on lines.product_id = outside_coffee.product_id
group by lines.day_time, outside_coffee.productcategory
order by
    case lines.day_time when 'morning' then 1 when 'afternoon' then 2 when 'late-afternoon' then 3 else 4 end,
    outside_coffee.productcategory
