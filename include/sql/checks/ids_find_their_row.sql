-- #fail
-- Every id of a fact that is not null finds its row in the dimension.
-- Grain: one row per column and id that finds none, with the number of lines, among the dates touched.
with ids as (
    select
        'sales_reciept' as table_name,
        customer_id,
        product_id,
        staff_id,
        salesoutlet_id,
        date_id
    from sales_reciept
    where business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
    union all
    select
        'pastry_inventory' as table_name,
        null as customer_id,
        product_id,
        null as staff_id,
        salesoutlet_id,
        date_id
    from pastry_inventory
    where business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
    union all
    select
        'sales_target' as table_name,
        null as customer_id,
        null as product_id,
        null as staff_id,
        salesoutlet_id,
        null as date_id
    from sales_target
),

months as (
    select distinct month_id
    from date
),

lost as (
    select
        ids.table_name,
        'customer_id' as column_name,
        ids.customer_id as id
    from ids
    left join customer on ids.customer_id = customer.customer_id
    where ids.customer_id is not null and customer.customer_id is null
    union all
    select
        ids.table_name,
        'product_id' as column_name,
        ids.product_id as id
    from ids
    left join product on ids.product_id = product.product_id
    where ids.product_id is not null and product.product_id is null
    union all
    select
        ids.table_name,
        'staff_id' as column_name,
        ids.staff_id as id
    from ids
    left join staff on ids.staff_id = staff.staff_id
    where ids.staff_id is not null and staff.staff_id is null
    union all
    select
        ids.table_name,
        'salesoutlet_id' as column_name,
        ids.salesoutlet_id as id
    from ids
    left join sales_outlet on ids.salesoutlet_id = sales_outlet.salesoutlet_id
    where ids.salesoutlet_id is not null and sales_outlet.salesoutlet_id is null
    union all
    select
        ids.table_name,
        'date_id' as column_name,
        ids.date_id as id
    from ids
    left join date as calendar on ids.date_id = calendar.date_id
    where ids.date_id is not null and calendar.date_id is null
    union all
    select
        'sales_target' as table_name,
        'month_id' as column_name,
        sales_target.month_id as id
    from sales_target
    left join months on sales_target.month_id = months.month_id
    where months.month_id is null
)

select
    table_name,
    column_name,
    id,
    count(*) as lines
from lost
group by table_name, column_name, id
