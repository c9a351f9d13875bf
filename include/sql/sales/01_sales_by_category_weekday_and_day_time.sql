-- What was sold of each product category, on which weekday, at which time of the day?
-- Grain: one row per category, weekday and day time with a sale; weekdays from Monday, day times from the morning.
{%- from 'macros/day_times.sql' import day_time, day_time_order %}
with lines as (
    select
        transaction_id,
        product_id,
        date_id,
        quantity,
        saleamount,
        {{ day_time('transactiontime') | indent(8) }} as day_time
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
)

select
    coalesce(product.productcategory, 'NO INFO') as productcategory,
    calendar.dayofweekname,
    lines.day_time,
    count(distinct lines.transaction_id) as transactions,
    sum(lines.quantity) as items,
    sum(lines.saleamount) as income
from lines
inner join product on lines.product_id = product.product_id
inner join date as calendar on lines.date_id = calendar.date_id
group by
    coalesce(product.productcategory, 'NO INFO'),
    calendar.dayofweekno,
    calendar.dayofweekname,
    lines.day_time
order by
    productcategory,
    calendar.dayofweekno,
    {{ day_time_order('lines.day_time') }}
