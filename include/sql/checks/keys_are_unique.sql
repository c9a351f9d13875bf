-- #fail
-- A key stands for one row: that of a fact, and a dimension's id and natural number. The lines of a transaction are
-- numbered from 1 without a gap.
-- Grain: one row per key, number or transaction for which that does not hold; of facts by day among the dates touched.
{%- from 'macros/checks.sql' import unique %}
{%- from 'macros/tables.sql' import numbers_of_members %}
{%- set touched = "business_date between '" ~ params.first_date ~ "' and '" ~ params.last_date ~ "'" %}
with members as (
    {{ numbers_of_members() | indent }}
)

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
union all
select
    table_name,
    id,
    count(*) as lines
from members
group by table_name, id
having count(*) > 1
union all
select
    table_name,
    natural_key as id,
    count(*) as lines
from members
group by table_name, natural_key
having count(*) > 1
