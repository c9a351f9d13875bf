-- #fail
-- A dimension has one row for each member: neither an id nor a natural number repeats.
-- Grain: one row per id or number that stands in more than one row.
with members as (
    select
        'customer' as table_name,
        customer_id as id,
        customerno as number
    from customer
    union all
    select
        'product' as table_name,
        product_id as id,
        productno as number
    from product
    union all
    select
        'staff' as table_name,
        staff_id as id,
        staffno as number
    from staff
    union all
    select
        'sales_outlet' as table_name,
        salesoutlet_id as id,
        salesoutletno as number
    from sales_outlet
    union all
    select
        'date' as table_name,
        date_id as id,
        cast(date as varchar) as number
    from date
)

select
    table_name,
    id as repeated,
    count(*) as found
from members
group by table_name, id
having count(*) > 1
union all
select
    table_name,
    number as repeated,
    count(*) as found
from members
group by table_name, number
having count(*) > 1
