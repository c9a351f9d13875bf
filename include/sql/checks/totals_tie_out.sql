-- #fail
-- Conform holds what clean holds: rows, quantity and amount, to the cent.
-- Grain: one row per table, outlet and date (a month's first day for targets) where they differ, among those touched.
{%- from 'macros/facts.sql' import totals_of_facts %}
with clean as (
    {{ totals_of_facts(params, params.clean_database ~ '.', 'salesoutletno', 'date') | indent }}
),

facts as (
    {{ totals_of_facts(params, '', 'salesoutlet_id', 'business_date') | indent }}
),

conform as (
    select
        facts.*,
        sales_outlet.salesoutletno
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
