{#- What customers of each gender bought in the period, as a whole query.

items_by_gender(params, only): one row per gender, NO INFO and NOT REGISTERED last: gender, items, transactions. only is
    a condition on the lines that count, which are those of sales_reciept.
#}
{% from 'macros/customers.sql' import genders, group_order %}

{% macro items_by_gender(params, only=none) -%}
with {{ genders() }}

select
    genders.gender,
    sum(lines.quantity) as items,
    count(distinct lines.transaction_id) as transactions
from sales_reciept as lines
inner join genders on lines.customer_id = genders.customer_id
where
    lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
    {%- if only %}
    and {{ only }}
    {%- endif %}
group by genders.gender
order by {{ group_order('genders.gender') }}, genders.gender
{%- endmacro %}
