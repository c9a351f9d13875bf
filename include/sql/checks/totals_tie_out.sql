-- #fail
-- Conform holds what clean holds: rows, quantity and amount, to the cent.
-- Grain: one row per table, outlet and date (a month's first day for targets) where they differ, among those touched.
with clean as (
    select
        'sales_reciept' as table_name,
        salesoutletno,
        date as business_date,
        count(*) as lines,
        sum(quantity) as quantity,
        sum(saleamount) as amount
    from {{ params.clean_database }}.sales_reciept
    where date between '{{ params.first_date }}' and '{{ params.last_date }}'
    group by salesoutletno, date
    union all
    select
        'pastry_inventory' as table_name,
        salesoutletno,
        date as business_date,
        count(*) as lines,
        sum(soldquantity) as quantity,
        sum(cast(waste as decimal(12, 2))) as amount
    from {{ params.clean_database }}.pastry_inventory
    where date between '{{ params.first_date }}' and '{{ params.last_date }}'
    group by salesoutletno, date
    union all
    select
        'sales_target' as table_name,
        salesoutletno,
        monthyear as business_date,
        count(*) as lines,
        null as quantity,
        sum(totalgoal) as amount
    from {{ params.clean_database }}.sales_target
    group by salesoutletno, monthyear
),

facts as (
    select
        'sales_reciept' as table_name,
        salesoutlet_id,
        business_date,
        count(*) as lines,
        sum(quantity) as quantity,
        sum(saleamount) as amount
    from sales_reciept
    where business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
    group by salesoutlet_id, business_date
    union all
    select
        'pastry_inventory' as table_name,
        salesoutlet_id,
        business_date,
        count(*) as lines,
        sum(soldquantity) as quantity,
        sum(cast(waste as decimal(12, 2))) as amount
    from pastry_inventory
    where business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
    group by salesoutlet_id, business_date
    union all
    select
        'sales_target' as table_name,
        salesoutlet_id,
        monthyear as business_date,
        count(*) as lines,
        null as quantity,
        sum(totalgoal) as amount
    from sales_target
    group by salesoutlet_id, monthyear
),

conform as (
    select
        facts.table_name,
        sales_outlet.salesoutletno,
        facts.business_date,
        facts.lines,
        facts.quantity,
        facts.amount
    from facts
    left join sales_outlet on facts.salesoutlet_id = sales_outlet.salesoutlet_id
)

select
    coalesce(clean.table_name, conform.table_name) as table_name,
    coalesce(clean.salesoutletno, conform.salesoutletno) as salesoutletno,
    coalesce(clean.business_date, conform.business_date) as business_date,
    clean.lines as clean_lines,
    conform.lines as conform_lines,
    clean.quantity as clean_quantity,
    conform.quantity as conform_quantity,
    clean.amount as clean_amount,
    conform.amount as conform_amount
from clean
full outer join conform
    on
        clean.table_name = conform.table_name
        and clean.salesoutletno = conform.salesoutletno
        and clean.business_date = conform.business_date
where
    clean.lines is distinct from conform.lines
    or clean.quantity is distinct from conform.quantity
    or clean.amount is distinct from conform.amount
