{#- Rows that are wrong. Each macro gives a query; touched is the condition for the rows that a load touched, and without
it all rows of the table are looked at.

unique(table, key, touched): one row per key that stands in more than one row: table_name, id, lines.
refers_to(table, dimensions, touched): one row per key that is not null and has no row in its dimension: table_name,
    column_name, id, lines. dimensions are given by their keys, which name one row each. The table is read once for all.
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

{% macro refers_to(table, dimensions, touched=none) -%}
select
    '{{ table }}' as table_name,
    split_part(lost.mention, ' ', 1) as column_name,
    substr(lost.mention, strpos(lost.mention, ' ') + 1) as id,
    count(*) as lines
from {{ table }}
{%- for key, dimension in dimensions.items() %}
left join {{ dimension }} on {{ table }}.{{ key }} = {{ dimension }}.{{ key }}
{%- endfor %}
cross join unnest(array[
    {%- for key, dimension in dimensions.items() %}
    if({{ dimension }}.{{ key }} is null, '{{ key }} ' || {{ table }}.{{ key }}){{ "," if not loop.last }}
    {%- endfor %}
]) as lost (mention)
where
    (
        {%- for key, dimension in dimensions.items() %}
        {{ "or " if not loop.first }}{{ dimension }}.{{ key }} is null
        {%- endfor %}
    )
    and lost.mention is not null
    {%- if touched %}
    and {{ table }}.{{ touched }}
    {%- endif %}
group by lost.mention
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
