-- At which time of the day are items other than Coffee and Coffee beans bought?
-- Grain: one row per day time and category with a sale, from the morning to the night.
{%- from 'macros/day_times.sql' import day_time, day_time_order %}
with sold as (
    select
        {{ day_time('lines.transactiontime') | indent(8) }} as day_time,
        coalesce(product.productcategory, 'NO INFO') as productcategory,
        lines.quantity
    from sales_reciept as lines
    inner join product on lines.product_id = product.product_id
    where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
)

select
    day_time,
    productcategory,
    sum(quantity) as items
from sold
where productcategory not in ('Coffee', 'Coffee beans')
group by day_time, productcategory
order by {{ day_time_order('day_time') }}, productcategory
