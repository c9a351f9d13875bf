-- Where does the inventory say something else was sold than the till?
-- Grain: one row per outlet, day and product of the inventory that the two disagree on, the largest difference first;
-- the 500 largest. Without a sale the till has 0 items.
{%- from 'macros/names.sql' import outlet_name %}
{%- from 'macros/till.sql' import counted %}
with {{ counted(params) }}

select
    cast(counted.business_date as date) as business_date,
    {{ outlet_name() }} as outlet,
    product.productno,
    coalesce(product.productname, 'NO INFO') as productname,
    counted.soldquantity as inventory_sold,
    counted.till_items,
    counted.soldquantity - counted.till_items as difference
from counted
inner join sales_outlet on counted.salesoutlet_id = sales_outlet.salesoutlet_id
inner join product on counted.product_id = product.product_id
where not counted.agrees
order by
    abs(counted.soldquantity - counted.till_items) desc, counted.business_date asc,
    length(sales_outlet.salesoutletno) asc, sales_outlet.salesoutletno asc,
    length(product.productno) asc, product.productno asc
limit 500
