-- #fail
-- A key of a fact stands for one row; the lines of a transaction are numbered from 1 without a gap.
-- Grain: one row per key, or transaction, for which that does not hold, among the dates touched.
{%- from 'macros/checks.sql' import unique %}
{%- set touched = "business_date between '" ~ params.first_date ~ "' and '" ~ params.last_date ~ "'" %}
select
    'sales_reciept' as table_name,
    transaction_id as id,
    count(*) as lines
from sales_reciept
where {{ touched }}
group by transaction_id
having count(distinct line_no) <> count(*) or min(line_no) <> 1 or max(line_no) <> count(*)
union all
{{ unique('pastry_inventory', 'inventory_id', touched) }}
union all
{{ unique('sales_target', 'sales_target_id') }}
