-- #fail
-- A dimension has one row for each member: neither an id nor a natural number repeats.
-- Grain: one row per id or number that stands in more than one row.
{%- from 'macros/tables.sql' import numbers_of_members %}
with members as (
    {{ numbers_of_members() | indent }}
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
    natural_key as repeated,
    count(*) as found
from members
group by table_name, natural_key
having count(*) > 1
