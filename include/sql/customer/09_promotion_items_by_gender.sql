-- What did customers of each gender buy of promotion items in the period?
-- Grain: one row per gender as the till has it, NO INFO and NOT REGISTERED last. Promotion items are those whose line
-- says so: the line's own flag, not the product's of today.
{%- from 'macros/items_by_gender.sql' import items_by_gender %}
{{ items_by_gender(params, only="lines.ispromoitem = 'Y'") }}
