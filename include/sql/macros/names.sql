{#- What sheets call an employee and an outlet. Each macro gives an expression over the table of that name.

staff_name(): first and last name of a row of staff; NO INFO without both.
outlet_name(): number and neighbourhood of a row of sales_outlet.
#}

{% macro staff_name() -%}
coalesce(nullif(concat_ws(' ', staff.stafffirstname, staff.stafflastname), ''), 'NO INFO')
{%- endmacro %}

{% macro outlet_name() -%}
concat_ws(' ', sales_outlet.salesoutletno, sales_outlet.neighbourhood)
{%- endmacro %}
