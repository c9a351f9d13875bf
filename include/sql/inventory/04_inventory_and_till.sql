-- Where does the inventory say something else was sold than the till?
-- Grain: one row per outlet, day and product of the inventory that the two disagree on, the largest difference first;
-- the 500 largest. Without a sale the till has 0 items.
{%- from 'macros/names.sql' import outlet_name %}
{%- from 'macros/till.sql' import agrees, counted_and_till, till %}
with {{ till(params) }}

select
    cast(counted.business_date as date) as business_date,
    {{ outlet_name() }} as outlet,
    product.productno,
    coalesce(product.productname, 'NO INFO') as productname,
    counted.soldquantity as inventory_sold,
    coalesce(till.items, 0) as till_items,
    counted.soldquantity - coalesce(till.items, 0) as difference
{{ counted_and_till() }}
where
    counted.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
    and not {{ agrees() }}
order by
    abs(counted.soldquantity - coalesce(till.items, 0)) desc, counted.business_date asc,
    length(sales_outlet.salesoutletno) asc, sales_outlet.salesoutletno asc,
    length(product.productno) asc, product.productno asc
limit 500
