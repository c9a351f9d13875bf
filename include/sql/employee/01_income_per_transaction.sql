-- How much does a transaction of each employee bring?
-- Grain: one row per day of the period and employee with a line in the seven days that end on that day; lines that
-- name nobody form the row NO INFO. All figures are of those seven days, all outlets together.
{%- from 'macros/days.sql' import with_six_days_before %}
{%- from 'macros/employees.sql' import employee_columns, per_employee %}
with worked as (
    select
        staff_id,
        salesoutlet_id,
        business_date,
        count(distinct transaction_id) as transactions,
        sum(saleamount) as income
    from sales_reciept
    where {{ with_six_days_before(params, 'business_date') }}
    group by business_date, staff_id, salesoutlet_id
),

{{ per_employee(params, ['transactions', 'income']) }}

select
    {{ employee_columns() | indent }},
    transactions,
    income,
    cast(income as double) / transactions as income_per_transaction,
    days
from per_employee
order by business_date, length(per_employee.staffno) nulls last, per_employee.staffno
