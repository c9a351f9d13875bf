-- What did each employee sell at each outlet in the period?
-- Grain: one row per employee and outlet with a line in the period; lines that name nobody form the row NO INFO.
{%- from 'macros/names.sql' import outlet_name, staff_name %}
with worked as (
    select
        staff_id,
        salesoutlet_id,
        count(distinct transaction_id) as transactions,
        sum(quantity) as items,
        sum(saleamount) as income
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
    group by staff_id, salesoutlet_id
)

select
    coalesce(staff.staffno, 'NO INFO') as staffno,
    {{ staff_name() }} as staffname,
    {{ outlet_name() }} as outlet,
    worked.transactions,
    worked.items,
    worked.income
from worked
inner join sales_outlet on worked.salesoutlet_id = sales_outlet.salesoutlet_id
left join staff on worked.staff_id = staff.staff_id
order by
    length(staff.staffno) nulls last, staff.staffno,
    length(sales_outlet.salesoutletno), sales_outlet.salesoutletno
