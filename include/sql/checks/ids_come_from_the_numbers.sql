-- #fail
-- An id is the md5 of the natural number as text, so that it never changes.
-- Grain: one row per member, and per key of a fact of the dates touched, whose id is another one.
with expected as (
    select
        'customer' as table_name,
        customer_id as id,
        customerno as natural_key
    from customer
    union all
    select
        'product' as table_name,
        product_id as id,
        productno as natural_key
    from product
    union all
    select
        'staff' as table_name,
        staff_id as id,
        staffno as natural_key
    from staff
    union all
    select
        'sales_outlet' as table_name,
        salesoutlet_id as id,
        salesoutletno as natural_key
    from sales_outlet
    union all
    select
        'date' as table_name,
        date_id as id,
        cast(date as varchar) as natural_key
    from date
    union all
    select distinct
        'sales_reciept' as table_name,
        sales_reciept.transaction_id as id,
        concat(
            sales_outlet.salesoutletno,
            '|',
            sales_reciept.business_date,
            '|',
            sales_reciept.transactionno,
            '|',
            sales_reciept.transactiontime
        ) as natural_key
    from sales_reciept
    inner join sales_outlet on sales_reciept.salesoutlet_id = sales_outlet.salesoutlet_id
    where sales_reciept.business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
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
