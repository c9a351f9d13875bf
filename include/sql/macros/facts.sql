{#- Facts as a whole. Each macro gives a query.

incomplete(table, ids, touched): one row per day, for targets per month, on which one of the ids is null: table_name,
    business_date, problem, lines. touched is the condition for the rows that a load touched; targets have none.
totals_of_facts(params, database, outlet, day): one row per fact, outlet and day (month for targets): table_name,
    outlet, business_date, lines, quantity, amount. database, with its dot, may be empty; outlet and day are columns.
    Facts in params.absent, of which no file has delivered a row, have no table yet and are left out.
#}

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

{% macro totals_of_facts(params, database, outlet, day) -%}
{% for table, date_column, quantity, amount in [
    ('sales_reciept', day, 'sum(quantity)', 'saleamount'),
    ('pastry_inventory', day, 'sum(soldquantity)', 'cast(waste as decimal(12, 2))'),
    ('sales_target', 'monthyear', 'cast(null as bigint)', 'totalgoal'),
] if table not in params.absent -%}
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
