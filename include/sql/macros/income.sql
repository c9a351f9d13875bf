{#- What lines bring. Each macro gives a sum over lines, by the name that they have in the query. Lines without a
wholesale price count in neither: null when no line has one.

production_cost(lines), net_income(lines): dollars.
#}

{% macro production_cost(lines) -%}
sum({{ lines }}.quantity * {{ lines }}.wholesaleprice)
{%- endmacro %}

{% macro net_income(lines) -%}
{% set net = lines ~ ".saleamount - " ~ lines ~ ".quantity * " ~ lines ~ ".wholesaleprice" -%}
sum(
    case when {{ lines }}.wholesaleprice is not null then {{ net }} end
)
{%- endmacro %}
