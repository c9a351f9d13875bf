-- What did each product bring a day, after its production cost?
-- Grain: one row per day and product with a sale; products are told apart by number. Lines without a wholesale price
-- count in income, and in neither production cost nor net income; a product that has no other lines has nulls there.
with sold as (
    select
        business_date,
        product_id,
        sum(quantity) as items,
        sum(saleamount) as income,
        sum(case when wholesaleprice is null then saleamount else 0 end) as income_without_wholesale_price,
        sum(quantity * wholesaleprice) as production_cost,
        sum(case when wholesaleprice is not null then saleamount - quantity * wholesaleprice end) as net_income
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
    group by business_date, product_id
)

select
    cast(sold.business_date as date) as business_date,
    product.productno,
    coalesce(product.productname, 'NO INFO') as productname,
    coalesce(product.productcategory, 'NO INFO') as productcategory,
    sold.items,
    sold.income,
    sold.income_without_wholesale_price,
    sold.production_cost,
    sold.net_income
from sold
inner join product on sold.product_id = product.product_id
-- digits without leading zeros: the longer number is the greater, however long it is
order by sold.business_date, length(product.productno), product.productno
