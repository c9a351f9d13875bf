-- #fail
-- An id is the md5 of the natural number as text, so that it never changes.
-- Grain: one row per member, and per key of a fact of the dates touched, whose id is another one.
{%- from 'macros/tables.sql' import numbers_of_members %}
with expected as (
    {{ numbers_of_members() | indent }}
    union all
    select distinct
        'sales_reciept' as table_name,
        lines.transaction_id as id,
        concat(
            sales_outlet.salesoutletno, '|', lines.business_date, '|', lines.transactionno, '|', lines.transactiontime
        ) as natural_key
    from sales_reciept as lines
    inner join sales_outlet on lines.salesoutlet_id = sales_outlet.salesoutlet_id
    where lines.business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
    union all
    select distinct
        'sales_reciept, date_id' as table_name,
        date_id as id,
        business_date as natural_key
    from sales_reciept
    where business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
    union all
    select
        'pastry_inventory' as table_name,
        pastry_inventory.inventory_id as id,
        concat(sales_outlet.salesoutletno, '|', pastry_inventory.business_date, '|', product.productno) as natural_key
    from pastry_inventory
    inner join sales_outlet on pastry_inventory.salesoutlet_id = sales_outlet.salesoutlet_id
    inner join product on pastry_inventory.product_id = product.product_id
    where pastry_inventory.business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
)

select
    table_name,
    natural_key,
    id
from expected
where id <> lower(to_hex(md5(to_utf8(natural_key))))
