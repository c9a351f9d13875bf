{#- Rows that ids_are_right finds wrong. Each macro gives a query with table_name, problem, id, detail, lines; touched is
the condition for the rows that a load touched, and without it all rows of the table are looked at.

repeated_members(): one row per number, the detail, that stands in several rows of a dimension in the WITH query members.
repeated(table, key, touched): one row per key of a fact that stands in several rows.
not_numbered(touched): one row per transaction whose lines are not numbered from 1 without a gap.
refers_to(table, dimensions, touched): one row per key, the detail, and id that is not null and has no row in its
    dimension. dimensions are given by their keys, which name one row each. The table is read once for all.
#}

{% macro repeated_members() -%}
select
    table_name,
    'in several rows' as problem,
    cast(null as varchar) as id,
    natural_key as detail,
    count(*) as lines
from members
group by table_name, natural_key
having count(*) > 1
{%- endmacro %}

{% macro repeated(table, key, touched=none) -%}
select
    '{{ table }}' as table_name,
    'in several rows' as problem,
    {{ key }} as id,
    cast(null as varchar) as detail,
    count(*) as lines
from {{ table }}
{%- if touched %}
where {{ touched }}
{%- endif %}
group by {{ key }}
having count(*) > 1
{%- endmacro %}

{% macro not_numbered(touched) -%}
select
    'sales_reciept' as table_name,
    'lines not numbered' as problem,
    transaction_id as id,
    cast(null as varchar) as detail,
    count(*) as lines
from sales_reciept
where {{ touched }}
group by transaction_id
having count(distinct line_no) <> count(*) or min(line_no) <> 1 or max(line_no) <> count(*)
{%- endmacro %}

{% macro refers_to(table, dimensions, touched=none) -%}
select
    '{{ table }}' as table_name,
    'not in the dimension' as problem,
    substr(lost.mention, strpos(lost.mention, ' ') + 1) as id,
    split_part(lost.mention, ' ', 1) as detail,
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
