-- #fail
-- A fact has every value that a figure needs, and none that contract 3.1 keeps out.
-- Grain: one row per table, date and value that is missing or wrong, with the number of lines, among the dates touched.
{%- from 'macros/facts.sql' import incomplete %}
{%- set touched = "business_date between '" ~ params.first_date ~ "' and '" ~ params.last_date ~ "'" %}
{{ incomplete('sales_target', ['sales_target_id', 'salesoutlet_id', 'month_id']) }}
{%- if 'pastry_inventory' not in params.absent %}
union all
{{ incomplete('pastry_inventory', ['inventory_id', 'date_id', 'salesoutlet_id', 'product_id'], touched) }}
{%- endif %}
{%- if 'sales_reciept' not in params.absent %}
union all
select
    'sales_reciept' as table_name,
    business_date,
    problem,
    count(*) as lines
from (
    select
        business_date,
        case
            when transaction_id is null or line_no is null or transactionno is null then 'key'
            when date_id is null or salesoutlet_id is null or product_id is null or customer_id is null then 'id'
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
    where {{ touched }}
) as judged
where problem is not null
group by business_date, problem
{%- endif %}
