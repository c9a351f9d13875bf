-- What did each outlet sell in the period, and what did it bring after production cost?
-- Grain: one row per outlet with a sale, highest income first. Lines without a wholesale price count in income, and in
-- neither production cost nor net income.
{%- from 'macros/income.sql' import net_income, production_cost %}
{%- from 'macros/names.sql' import outlet_name %}
with sold as (
    select
        lines.salesoutlet_id,
        count(distinct lines.transaction_id) as transactions,
        sum(lines.quantity) as items,
        sum(lines.saleamount) as income,
        {{ production_cost('lines') }} as production_cost,
        {{ net_income('lines') | indent(8) }} as net_income
    from sales_reciept as lines
    where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
    group by lines.salesoutlet_id
)

select
    {{ outlet_name() }} as outlet,
    sold.transactions,
    sold.items,
    sold.income,
    sold.production_cost,
    sold.net_income,
    cast(sold.income as double) / sold.transactions as average_receipt
from sold
inner join sales_outlet on sold.salesoutlet_id = sales_outlet.salesoutlet_id
order by sold.income desc, length(sales_outlet.salesoutletno) asc, sales_outlet.salesoutletno asc
