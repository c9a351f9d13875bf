-- How much of its pastry did each outlet sell and throw away, and does its inventory agree with the till?
-- Grain: one row per outlet with an inventory in the period. A row of the inventory agrees when it says as many sold as
-- the till has items of that outlet, day and product. Waste of a product without a wholesale price costs nothing known.
{%- from 'macros/names.sql' import outlet_name %}
{%- from 'macros/till.sql' import counted %}
with {{ counted(params) }}

select
    {{ outlet_name() }} as outlet,
    sum(counted.stoctquantity) as stock,
    sum(counted.soldquantity) as sold,
    sum(counted.waste) as waste,
    cast(sum(counted.waste) as double) / nullif(sum(counted.stoctquantity), 0) as waste_share,
    sum(counted.waste * product.currentwholesaleprice) as waste_cost,
    sum(case when product.currentwholesaleprice is null then counted.waste else 0 end) as waste_without_price,
    count(counted.soldquantity) as compared,
    count_if(counted.agrees) as agreeing,
    cast(count_if(counted.agrees) as double) / nullif(count(counted.soldquantity), 0) as agreement
from counted
inner join sales_outlet on counted.salesoutlet_id = sales_outlet.salesoutlet_id
inner join product on counted.product_id = product.product_id
group by sales_outlet.salesoutletno, sales_outlet.neighbourhood
order by length(sales_outlet.salesoutletno), sales_outlet.salesoutletno
