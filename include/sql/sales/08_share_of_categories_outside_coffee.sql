-- Which share of all items of a day has each category other than Coffee and Coffee beans, and what does it bring?
-- Grain: one row per category and day on which it was sold. The share is of all items of the day, coffee
-- included; null when refunds took back as many as were sold.
with sold as (
    select
        lines.business_date,
        coalesce(product.productcategory, 'NO INFO') as productcategory,
        sum(lines.quantity) as items,
        sum(sum(lines.quantity)) over (partition by lines.business_date) as all_items,
        sum(lines.saleamount) as income
    from sales_reciept as lines
    inner join product on lines.product_id = product.product_id
    where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
    group by lines.business_date, coalesce(product.productcategory, 'NO INFO')
)

select
    productcategory,
    cast(business_date as date) as business_date,
    items,
    all_items,
    cast(items as double) / nullif(all_items, 0) as share_of_items,
    income
from sold
where productcategory not in ('Coffee', 'Coffee beans')
order by productcategory, sold.business_date
