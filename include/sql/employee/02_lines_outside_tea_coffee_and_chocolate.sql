-- Which part of each employee's lines is neither Tea nor Coffee nor Drinking Chocolate?
-- Grain: one row per day of the period and employee with a line in the seven days that end on that day; lines that
-- name nobody form the row NO INFO. Lines and transactions are those of the seven days, in all outlets together.
{%- from 'macros/days.sql' import with_six_days_before %}
{%- from 'macros/employees.sql' import employee_columns, per_employee %}
with worked as (
    select
        lines.staff_id,
        lines.salesoutlet_id,
        lines.business_date,
        count(distinct lines.transaction_id) as transactions,
        count_if(coalesce(product.productcategory, 'NO INFO') not in ('Tea', 'Coffee', 'Drinking Chocolate'))
            as other_lines,
        count(*) as all_lines
    from sales_reciept as lines
    inner join product on lines.product_id = product.product_id
    where {{ with_six_days_before(params, 'lines.business_date') }}
    group by lines.business_date, lines.staff_id, lines.salesoutlet_id
),

{{ per_employee(params, ['transactions', 'other_lines', 'all_lines']) }}

select
    {{ employee_columns() | indent }},
    transactions,
    other_lines,
    all_lines,
    cast(other_lines as double) / all_lines as other_share,
    days
from per_employee
order by business_date, length(per_employee.staffno) nulls last, per_employee.staffno
