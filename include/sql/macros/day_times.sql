{#- Times of the day: morning, afternoon, late-afternoon, night. Each macro gives an expression.

day_time(column): the day time of a transactiontime.
day_time_order(column): what to sort day times by, from the morning to the night.
#}

{% macro day_time(column) -%}
case
    when {{ column }} >= '06:00:00' and {{ column }} < '12:00:00' then 'morning'
    when {{ column }} >= '12:00:00' and {{ column }} < '16:00:00' then 'afternoon'
    when {{ column }} >= '16:00:00' and {{ column }} < '21:00:00' then 'late-afternoon'
    else 'night'
end
{%- endmacro %}

{% macro day_time_order(column) -%}
case {{ column }} when 'morning' then 1 when 'afternoon' then 2 when 'late-afternoon' then 3 else 4 end
{%- endmacro %}
