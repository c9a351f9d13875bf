-- #fail
-- Every id of a fact that is not null finds its row in the dimension.
-- Grain: one row per column and id that finds none, with the number of lines, among the dates touched.
{%- from 'macros/checks.sql' import refers_to %}
{%- set touched = "business_date between '" ~ params.first_date ~ "' and '" ~ params.last_date ~ "'" %}
{{ refers_to(
    'sales_reciept',
    {
        'customer_id': 'customer',
        'product_id': 'product',
        'staff_id': 'staff',
        'salesoutlet_id': 'sales_outlet',
        'date_id': 'date',
    },
    touched,
) }}
union all
{{ refers_to(
    'pastry_inventory', {'product_id': 'product', 'salesoutlet_id': 'sales_outlet', 'date_id': 'date'}, touched
) }}
union all
{{ refers_to('sales_target', {'salesoutlet_id': 'sales_outlet'}) }}
union all
{{ refers_to('sales_target', {'month_id': 'date'}) }}
