-- On which weekdays is how much thrown away?
-- Grain: one row per weekday with an inventory in the period, from Monday; `days` are its days with an inventory.
select
    calendar.dayofweekname,
    count(distinct counted.business_date) as days,
    sum(counted.stoctquantity) as stock,
    sum(counted.soldquantity) as sold,
    sum(counted.waste) as waste,
    cast(sum(counted.waste) as double) / nullif(sum(counted.stoctquantity), 0) as waste_share,
    sum(counted.waste * product.currentwholesaleprice) as waste_cost,
    sum(case when product.currentwholesaleprice is null then counted.waste else 0 end) as waste_without_price
from pastry_inventory as counted
inner join product on counted.product_id = product.product_id
inner join date as calendar on counted.date_id = calendar.date_id
where counted.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
group by calendar.dayofweekno, calendar.dayofweekname
order by calendar.dayofweekno
