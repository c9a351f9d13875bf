-- #warn
-- Waste is what was in stock and not sold; a month's goal is the sum of its parts.
-- Grain: one row per row of inventory (of the dates touched) or targets where the file says something else.
select
    'sales_target' as table_name,
    sales_outlet.salesoutletno,
    sales_target.monthyear as business_date,
    'totalgoal' as detail,
    cast(sales_target.beans + sales_target.beverage + sales_target.food + sales_target.merchendise as decimal(14, 2))
        as expected,
    sales_target.totalgoal as found
from sales_target
inner join sales_outlet on sales_target.salesoutlet_id = sales_outlet.salesoutlet_id
where
    sales_target.totalgoal
    <> sales_target.beans + sales_target.beverage + sales_target.food + sales_target.merchendise
{%- if 'pastry_inventory' not in params.absent %}
union all
select
    'pastry_inventory' as table_name,
    sales_outlet.salesoutletno,
    pastry_inventory.business_date,
    product.productno as detail,
    cast(cast(pastry_inventory.stoctquantity as bigint) - pastry_inventory.soldquantity as decimal(14, 2)) as expected,
    cast(pastry_inventory.waste as decimal(14, 2)) as found
from pastry_inventory
inner join sales_outlet on pastry_inventory.salesoutlet_id = sales_outlet.salesoutlet_id
inner join product on pastry_inventory.product_id = product.product_id
where
    pastry_inventory.business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
    and pastry_inventory.waste <> cast(pastry_inventory.stoctquantity as bigint) - pastry_inventory.soldquantity
{%- endif %}
