-- Which share of all items of a day has each category other than Coffee and Coffee beans, and what does it bring?
-- Grain: one row per category and day on which it was sold. The share is of all items of the day, coffee
-- included; null when refunds took back as many as were sold.
with sold as (
    select
        sales_reciept.business_date,
        coalesce(product.productcategory, 'NO INFO') as productcategory,
        sum(sales_reciept.quantity) as items,
        sum(sales_reciept.saleamount) as income
    from sales_reciept
    inner join product on sales_reciept.product_id = product.product_id
    where sales_reciept.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
    group by sales_reciept.business_date, coalesce(product.productcategory, 'NO INFO')
),

with_all as (
    select
        business_date,
        productcategory,
        items,
        income,
        sum(items) over (partition by business_date) as all_items
    from sold
)

select
    productcategory,
    cast(business_date as date) as business_date,
    items,
    all_items,
    cast(items as double) / nullif(all_items, 0) as share_of_items,
    income
from with_all
where productcategory not in ('Coffee', 'Coffee beans')
order by productcategory, with_all.business_date
