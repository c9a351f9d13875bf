-- #fail
-- An id is the md5 of its natural number as text, so that it never changes, and both stand for one row. The lines of a
-- transaction are numbered from 1 without a gap. Every id of a fact that is not null finds its row in the dimension.
-- Grain: one row per problem, table and id, with its number or its column, of all members and of the dates touched.
{%- from 'macros/checks.sql' import not_numbered, refers_to, repeated %}
{%- from 'macros/tables.sql' import numbers_of_facts, numbers_of_members %}
{%- set touched = "business_date between '" ~ params.first_date ~ "' and '" ~ params.last_date ~ "'" %}
{%- set dimensions = {'product_id': 'product', 'salesoutlet_id': 'sales_outlet', 'date_id': 'date'} %}
with numbers as (
    {{ numbers_of_members() | indent }}
    union all
    {{ numbers_of_facts(params) | indent }}
)

select
    table_name,
    'not the md5 of its number' as problem,
    id,
    natural_key as detail,
    1 as lines
from numbers
where id <> lower(to_hex(md5(to_utf8(natural_key))))
union all
{{ repeated('numbers', 'id') }}
union all
{{ repeated('numbers', 'natural_key') }}
union all
{{ refers_to('sales_target', {'salesoutlet_id': 'sales_outlet'}) }}
union all
{{ refers_to('sales_target', {'month_id': 'date'}) }}
{%- if 'pastry_inventory' not in params.absent %}
union all
{{ refers_to('pastry_inventory', dimensions, touched) }}
{%- endif %}
{%- if 'sales_reciept' not in params.absent %}
union all
{{ refers_to('sales_reciept', dict(dimensions, customer_id='customer', staff_id='staff'), touched) }}
union all
{{ not_numbered(touched) }}
{%- endif %}
