-- #fail
-- A fact has every value that a figure needs, and none that contract 3.1 keeps out.
-- Grain: one row per table and value that is missing or wrong, with the number of lines, among the dates touched.
{%- from 'macros/checks.sql' import missing %}
with problems as (
    select
        'sales_reciept' as table_name,
        business_date,
        case
            when {{ missing('transaction_id', 'line_no', 'transactionno') }} then 'key'
            when {{ missing('date_id', 'salesoutlet_id', 'product_id', 'customer_id') }} then 'id'
            when transactiontime is null then 'transactiontime'
            when not regexp_like(transactiontime, '^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$') then 'transactiontime'
            when quantity is null or quantity = 0 then 'quantity'
            when unitprice is null or unitprice < 0 then 'unitprice'
            when saleamount is null then 'saleamount'
            when wholesaleprice < 0 or retailprice < 0 then 'price'
            when ispromoitem not in ('Y', 'N') then 'ispromoitem'
            when isinstoretransaction not in ('Y', 'N') then 'isinstoretransaction'
        end as problem
    from sales_reciept
    where business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
    union all
    select
        'pastry_inventory' as table_name,
        business_date,
        case
            when {{ missing('inventory_id') }} then 'key'
            when {{ missing('date_id', 'salesoutlet_id', 'product_id') }} then 'id'
        end as problem
    from pastry_inventory
    where business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
    union all
    select
        'sales_target' as table_name,
        monthyear as business_date,
        case when {{ missing('sales_target_id', 'salesoutlet_id', 'month_id') }} then 'id' end as problem
    from sales_target
)

select
    table_name,
    business_date,
    problem,
    count(*) as lines
from problems
where problem is not null
group by table_name, business_date, problem
