{#- What all dimensions and all facts hold. Each macro gives a query; facts in params.absent, of which no file has
delivered a row, have no table yet and are left out.

numbers_of_members(): one row per row of each dimension: table_name, id, and natural_key, its number as text.
numbers_of_facts(params): the same of what facts are known by: transactions and days once, other keys row by row.
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

{% macro numbers_of_facts(params) -%}
select
    'sales_target' as table_name,
    sales_target.sales_target_id as id,
    concat_ws('|', sales_outlet.salesoutletno, date_format(date_parse(sales_target.monthyear, '%M %Y'), '%Y-%m'))
        as natural_key
from sales_target
inner join sales_outlet on sales_target.salesoutlet_id = sales_outlet.salesoutlet_id
{%- if 'sales_reciept' not in params.absent %}
union all
select distinct
    'sales_reciept' as table_name,
    lines.transaction_id as id,
    concat_ws('|', sales_outlet.salesoutletno, lines.business_date, lines.transactionno, lines.transactiontime)
        as natural_key
from sales_reciept as lines
inner join sales_outlet on lines.salesoutlet_id = sales_outlet.salesoutlet_id
where lines.business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
union all
select distinct
    'sales_reciept, date_id' as table_name,
    date_id as id,
    business_date as natural_key
from sales_reciept
where business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
{%- endif %}
{%- if 'pastry_inventory' not in params.absent %}
union all
select
    'pastry_inventory' as table_name,
    pastry_inventory.inventory_id as id,
    concat(sales_outlet.salesoutletno, '|', pastry_inventory.business_date, '|', product.productno) as natural_key
from pastry_inventory
inner join sales_outlet on pastry_inventory.salesoutlet_id = sales_outlet.salesoutlet_id
inner join product on pastry_inventory.product_id = product.product_id
where pastry_inventory.business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
{%- endif %}
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
