{#- What checks look for. Each macro gives a query, of rows that are wrong or to compare, or a condition. touched is the
condition for the rows that a load touched; without it all rows of the table are looked at.

unique(table, key, touched): a query: one row per key that stands in more than one row: table_name, id, lines.
refers_to(dimension, table, key, touched): a query: one row per key that is not null and has no row in the dimension:
    table_name, column_name, id, lines.
missing(column, ...): a condition, true where one of the columns is null.
numbers_of_members(): a query: one row per row of each dimension: table_name, id, and natural_key, its number as text.
totals_of_facts(params, database, outlet, day): a query: one row per fact, outlet and day (month for targets):
    table_name, outlet, business_date, lines, quantity, amount. database, with its dot, may be empty; outlet and day
    are columns.
#}

{% macro unique(table, key, touched=none) -%}
select
    '{{ table }}' as table_name,
    {{ key }} as id,
    count(*) as lines
from {{ table }}
{%- if touched %}
where {{ touched }}
{%- endif %}
group by {{ key }}
having count(*) > 1
{%- endmacro %}

{% macro refers_to(dimension, table, key, touched=none) -%}
select
    '{{ table }}' as table_name,
    '{{ key }}' as column_name,
    {{ table }}.{{ key }} as id,
    count(*) as lines
from {{ table }}
left join {{ dimension }} as dimension on {{ table }}.{{ key }} = dimension.{{ key }}
where
    {{ table }}.{{ key }} is not null
    and dimension.{{ key }} is null
    {%- if touched %}
    and {{ table }}.{{ touched }}
    {%- endif %}
group by {{ table }}.{{ key }}
{%- endmacro %}

{% macro missing() -%}
{{ varargs | join(' is null or ') }} is null
{%- endmacro %}

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
