-- Where does the inventory say something else was sold than the till?
-- Grain: one row per outlet, day and product of the inventory that the two disagree on, the largest difference first;
-- the 500 largest. Without a sale the till has 0 items.
with till as (
    select
        business_date,
        salesoutlet_id,
        product_id,
        sum(quantity) as items
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
    group by business_date, salesoutlet_id, product_id
)

select
    cast(counted.business_date as date) as business_date,
    concat_ws(' ', sales_outlet.salesoutletno, sales_outlet.neighbourhood) as outlet,
    product.productno,
    coalesce(product.productname, 'NO INFO') as productname,
    counted.soldquantity as inventory_sold,
    coalesce(till.items, 0) as till_items,
    counted.soldquantity - coalesce(till.items, 0) as difference
from pastry_inventory as counted
inner join sales_outlet on counted.salesoutlet_id = sales_outlet.salesoutlet_id
inner join product on counted.product_id = product.product_id
left join till
    on
        counted.business_date = till.business_date
        and counted.salesoutlet_id = till.salesoutlet_id
        and counted.product_id = till.product_id
where
    counted.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
    and counted.soldquantity <> coalesce(till.items, 0)
order by
    abs(counted.soldquantity - coalesce(till.items, 0)) desc,
    counted.business_date asc,
    length(sales_outlet.salesoutletno) asc,
    sales_outlet.salesoutletno asc,
    length(product.productno) asc,
    product.productno asc
limit 500
