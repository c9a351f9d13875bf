{#- What all dimensions and all facts hold. Each macro gives a query.

numbers_of_members(): one row per row of each dimension: table_name, id, and natural_key, its number as text.
totals_of_facts(params, database, outlet, day): one row per fact, outlet and day (month for targets): table_name,
    outlet, business_date, lines, quantity, amount. database, with its dot, may be empty; outlet and day are columns.
#}

{% macro numbers_of_members() -%}
{% for table, id, number in [
    ('customer', 'customer_id', 'customerno'),
    ('product', 'product_id', 'productno'),
    ('staff', 'staff_id', 'staffno'),
    ('sales_outlet', 'salesoutlet_id', 'salesoutletno'),
    ('date', 'date_id', 'cast(date as varchar)'),
] -%}
select
    '{{ table }}' as table_name,
    {{ id }} as id,
    {{ number }} as natural_key
from {{ table }}
{%- if not loop.last %}
union all
{% endif %}
{%- endfor %}
{%- endmacro %}

{% macro totals_of_facts(params, database, outlet, day) -%}
{% for table, date_column, quantity, amount in [
    ('sales_reciept', day, 'sum(quantity)', 'saleamount'),
    ('pastry_inventory', day, 'sum(soldquantity)', 'cast(waste as decimal(12, 2))'),
    ('sales_target', 'monthyear', 'null', 'totalgoal'),
] -%}
select
    '{{ table }}' as table_name,
    {{ outlet }},
    {{ date_column }}{{ " as business_date" if date_column != "business_date" }},
    count(*) as lines,
    {{ quantity }} as quantity,
    sum({{ amount }}) as amount
from {{ database }}{{ table }}
{%- if date_column == day %}
where {{ day }} between '{{ params.first_date }}' and '{{ params.last_date }}'
{%- endif %}
group by {{ outlet }}, {{ date_column }}
{%- if not loop.last %}
union all
{% endif %}
{%- endfor %}
{%- endmacro %}
