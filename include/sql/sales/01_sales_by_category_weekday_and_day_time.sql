-- What was sold of each product category, on which weekday, at which time of the day?
-- Grain: one row per category, weekday and day time with a sale; weekdays from Monday, day times from the morning.
{%- from 'macros/day_times.sql' import day_time, day_time_order %}
with sold as (
    select
        coalesce(product.productcategory, 'NO INFO') as productcategory,
        calendar.dayofweekno,
        calendar.dayofweekname,
        {{ day_time('lines.transactiontime') | indent(8) }} as day_time,
        lines.transaction_id,
        lines.quantity,
        lines.saleamount
    from sales_reciept as lines
    inner join product on lines.product_id = product.product_id
    inner join date as calendar on lines.date_id = calendar.date_id
    where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
)

select
    productcategory,
    dayofweekname,
    day_time,
    count(distinct transaction_id) as transactions,
    sum(quantity) as items,
    sum(saleamount) as income
from sold
group by productcategory, dayofweekno, dayofweekname, day_time
order by productcategory, dayofweekno, {{ day_time_order('day_time') }}
