-- What did customers of each gender buy in the period?
-- Grain: one row per gender as the till has it, NO INFO and NOT REGISTERED last.
{%- from 'macros/items_by_gender.sql' import items_by_gender %}
{{ items_by_gender(params) }}
