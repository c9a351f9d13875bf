-- #fail
-- A key of a fact stands for one row; the lines of a transaction are numbered from 1 without a gap.
-- Grain: one row per key, or transaction, for which that does not hold, among the dates touched.
with sales as (
    select
        transaction_id,
        count(*) as lines,
        count(distinct line_no) as numbers,
        min(line_no) as first_number,
        max(line_no) as last_number
    from sales_reciept
    where business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
    group by transaction_id
),

inventory as (
    select
        inventory_id,
        count(*) as lines
    from pastry_inventory
    where business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
    group by inventory_id
),

targets as (
    select
        sales_target_id,
        count(*) as lines
    from sales_target
    group by sales_target_id
)

select
    'sales_reciept' as table_name,
    transaction_id as id,
    lines
from sales
where numbers <> lines or first_number <> 1 or last_number <> lines
union all
select
    'pastry_inventory' as table_name,
    inventory_id as id,
    lines
from inventory
where lines > 1
union all
select
    'sales_target' as table_name,
    sales_target_id as id,
    lines
from targets
where lines > 1
