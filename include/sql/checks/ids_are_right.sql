-- #fail
-- An id is the md5 of its natural number as text, so that it never changes, and each stands for one row. The lines of a
-- transaction are numbered from 1 without a gap. Every id of a fact that is not null finds its row in the dimension.
-- Grain: one row per table, problem and id, number or column, of all members and of facts of the dates touched.
{%- from 'macros/checks.sql' import not_numbered, refers_to, repeated, repeated_members %}
{%- from 'macros/ids.sql' import not_of_number, numbers_of_facts, numbers_of_members %}
{%- set touched = "business_date between '" ~ params.first_date ~ "' and '" ~ params.last_date ~ "'" %}
{%- set dimensions = {'product_id': 'product', 'salesoutlet_id': 'sales_outlet', 'date_id': 'date'} %}
with members as (
    {{ numbers_of_members() | indent }}
),

numbers as (
    select * from members
    union all
    {{ numbers_of_facts(params) | indent }}
)

{{ not_of_number() }}
union all
{{ repeated_members() }}
union all
{{ repeated('sales_target', 'sales_target_id') }}
union all
{{ refers_to('sales_target', {'salesoutlet_id': 'sales_outlet'}) }}
union all
{{ refers_to('sales_target', {'month_id': 'date'}) }}
{%- if 'pastry_inventory' not in params.absent %}
union all
{{ repeated('pastry_inventory', 'inventory_id', touched) }}
union all
{{ refers_to('pastry_inventory', dimensions, touched) }}
{%- endif %}
{%- if 'sales_reciept' not in params.absent %}
union all
{{ not_numbered(touched) }}
union all
{{ refers_to('sales_reciept', dict(dimensions, customer_id='customer', staff_id='staff'), touched) }}
{%- endif %}
