-- How many items of each product group were sold a day, and in the seven days that end on it?
-- Grain: one row per group sold in the period or the six days before it, and day of the period; 0 where nothing
-- was sold.
{%- from 'macros/items_per_day.sql' import items_per_day %}
{{ items_per_day(params, 'productgroup') }}
