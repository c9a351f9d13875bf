-- What did each outlet sell in the period?
-- Grain: one row per outlet with a sale, highest income first.
select
    sales_outlet.salesoutletno,
    sales_outlet.neighbourhood,
    sum(lines.saleamount) as income,
    count(distinct lines.transaction_id) as transactions,
    sum(lines.quantity) as items
from sales_reciept as lines
inner join sales_outlet on lines.salesoutlet_id = sales_outlet.salesoutlet_id
where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
group by sales_outlet.salesoutletno, sales_outlet.neighbourhood
order by income desc, length(sales_outlet.salesoutletno) asc, sales_outlet.salesoutletno asc
