-- How much of its pastry did each outlet sell and throw away, and does its inventory agree with the till?
-- Grain: one row per outlet with an inventory in the period. A row of the inventory agrees when it says as many sold as
-- the till has items of that outlet, day and product. Waste of a product without a wholesale price costs nothing known.
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
    concat_ws(' ', sales_outlet.salesoutletno, sales_outlet.neighbourhood) as outlet,
    sum(counted.stoctquantity) as stock,
    sum(counted.soldquantity) as sold,
    sum(counted.waste) as waste,
    cast(sum(counted.waste) as double) / nullif(sum(counted.stoctquantity), 0) as waste_share,
    sum(counted.waste * product.currentwholesaleprice) as waste_cost,
    sum(case when product.currentwholesaleprice is null then counted.waste else 0 end) as waste_without_price,
    count(counted.soldquantity) as compared,
    count_if(counted.soldquantity = coalesce(till.items, 0)) as agreeing,
    cast(count_if(counted.soldquantity = coalesce(till.items, 0)) as double)
    / nullif(count(counted.soldquantity), 0) as agreement
from pastry_inventory as counted
inner join sales_outlet on counted.salesoutlet_id = sales_outlet.salesoutlet_id
inner join product on counted.product_id = product.product_id
left join till
    on
        counted.business_date = till.business_date
        and counted.salesoutlet_id = till.salesoutlet_id
        and counted.product_id = till.product_id
where counted.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
group by sales_outlet.salesoutletno, sales_outlet.neighbourhood
order by length(sales_outlet.salesoutletno), sales_outlet.salesoutletno
