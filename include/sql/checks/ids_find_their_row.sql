-- #fail
-- Every id of a fact that is not null finds its row in the dimension.
-- Grain: one row per column and id that finds none, with the number of lines, among the dates touched.
{%- from 'macros/checks.sql' import refers_to %}
{%- set touched = "business_date between '" ~ params.first_date ~ "' and '" ~ params.last_date ~ "'" %}
{{ refers_to('customer', 'sales_reciept', 'customer_id', touched) }}
union all
{{ refers_to('product', 'sales_reciept', 'product_id', touched) }}
union all
{{ refers_to('staff', 'sales_reciept', 'staff_id', touched) }}
union all
{{ refers_to('sales_outlet', 'sales_reciept', 'salesoutlet_id', touched) }}
union all
{{ refers_to('date', 'sales_reciept', 'date_id', touched) }}
union all
{{ refers_to('product', 'pastry_inventory', 'product_id', touched) }}
union all
{{ refers_to('sales_outlet', 'pastry_inventory', 'salesoutlet_id', touched) }}
union all
{{ refers_to('date', 'pastry_inventory', 'date_id', touched) }}
union all
{{ refers_to('sales_outlet', 'sales_target', 'salesoutlet_id') }}
union all
{{ refers_to('date', 'sales_target', 'month_id') }}
