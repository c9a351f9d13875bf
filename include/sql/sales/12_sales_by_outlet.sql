-- What did each outlet sell in the period, and what did it bring after production cost?
-- Grain: one row per outlet with a sale, highest income first. Lines without a wholesale price count in income, and in
-- neither production cost nor net income.
{%- from 'macros/income.sql' import net_income, production_cost %}
{%- from 'macros/names.sql' import outlet_name %}
select
    {{ outlet_name() }} as outlet,
    count(distinct lines.transaction_id) as transactions,
    sum(lines.quantity) as items,
    sum(lines.saleamount) as income,
    {{ production_cost('lines') }} as production_cost,
    {{ net_income('lines') | indent }} as net_income,
    cast(sum(lines.saleamount) as double) / count(distinct lines.transaction_id) as average_receipt
from sales_reciept as lines
inner join sales_outlet on lines.salesoutlet_id = sales_outlet.salesoutlet_id
where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
group by sales_outlet.salesoutletno, sales_outlet.neighbourhood
order by income desc, length(sales_outlet.salesoutletno) asc, sales_outlet.salesoutletno asc
