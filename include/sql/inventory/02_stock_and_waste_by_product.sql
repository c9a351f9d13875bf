-- How much of each product was in stock, sold and thrown away, and what did the waste cost?
-- Grain: one row per product of the inventory in the period, the most costly waste first. Waste of a product without a
-- wholesale price has no cost.
select
    product.productno,
    coalesce(product.productname, 'NO INFO') as productname,
    sum(counted.stoctquantity) as stock,
    sum(counted.soldquantity) as sold,
    sum(counted.waste) as waste,
    cast(sum(counted.waste) as double) / nullif(sum(counted.stoctquantity), 0) as waste_share,
    product.currentwholesaleprice as wholesale_price,
    sum(counted.waste * product.currentwholesaleprice) as waste_cost,
    sum(case when product.currentwholesaleprice is null then counted.waste else 0 end) as waste_without_price
from pastry_inventory as counted
inner join product on counted.product_id = product.product_id
where counted.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
group by product.productno, product.productname, product.currentwholesaleprice
order by waste_cost desc nulls last, waste desc, length(product.productno) asc, product.productno asc
