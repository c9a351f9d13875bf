{#- Rows that are wrong. Each macro gives a query; touched is the condition for the rows that a load touched, and without
it all rows of the table are looked at.

unique(table, key, touched): one row per key that stands in more than one row: table_name, id, lines.
refers_to(dimension, table, key, touched): one row per key that is not null and has no row in the dimension: table_name,
    column_name, id, lines.
incomplete(table, ids, touched): one row per day, for targets per month, on which one of the ids is null: table_name,
    business_date, problem, lines.
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

{% macro incomplete(table, ids, touched=none) -%}
select
    '{{ table }}' as table_name,
    {{ 'business_date' if touched else 'monthyear as business_date' }},
    'id' as problem,
    count(*) as lines
from {{ table }}
where
    ({{ ids | join(' is null or ') }} is null)
    {%- if touched %}
    and {{ touched }}
    {%- endif %}
group by {{ 'business_date' if touched else 'monthyear' }}
{%- endmacro %}
