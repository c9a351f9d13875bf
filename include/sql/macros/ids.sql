{#- What ids are made of. Each macro gives a query; facts in params.absent, of which no file has delivered a row, have no
table yet and are left out.

numbers_of_members(): one row per row of each dimension: table_name, id, and natural_key, its number as text.
numbers_of_facts(params): the same of what facts are known by, each once: their keys, and the days of sales.
not_of_number(): one row per id of the WITH query numbers that is not the md5 of its number: table_name, problem, id,
    detail, which is the number, lines.
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
select distinct
    'sales_target' as table_name,
    sales_target.sales_target_id as id,
    concat(
        sales_outlet.salesoutletno, '|', date_format(try(date_parse(sales_target.monthyear, '%M %Y')), '%Y-%m')
    ) as natural_key
from sales_target
inner join sales_outlet on sales_target.salesoutlet_id = sales_outlet.salesoutlet_id
{%- if 'sales_reciept' not in params.absent %}
union all
select distinct
    'sales_reciept' as table_name,
    lines.transaction_id as id,
    concat(
        sales_outlet.salesoutletno, '|', lines.business_date, '|', lines.transactionno, '|', lines.transactiontime
    ) as natural_key
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
select distinct
    'pastry_inventory' as table_name,
    stock.inventory_id as id,
    concat(sales_outlet.salesoutletno, '|', stock.business_date, '|', product.productno) as natural_key
from pastry_inventory as stock
inner join sales_outlet on stock.salesoutlet_id = sales_outlet.salesoutlet_id
inner join product on stock.product_id = product.product_id
where stock.business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
{%- endif %}
{%- endmacro %}

{% macro not_of_number() -%}
select
    table_name,
    'not the md5 of its number' as problem,
    id,
    natural_key as detail,
    1 as lines
from numbers
where natural_key is null or id is distinct from lower(to_hex(md5(to_utf8(natural_key))))
{%- endmacro %}
