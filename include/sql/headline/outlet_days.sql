-- What does the lake hold of each outlet and day, to compare with what the loads published?
-- Grain: one row per outlet with a sale and day of the period.
select
    sales_reciept.business_date,
    sales_outlet.salesoutletno,
    count(*) as lines,
    sum(sales_reciept.quantity) as items,
    sum(sales_reciept.saleamount) as income
from sales_reciept
inner join sales_outlet on sales_reciept.salesoutlet_id = sales_outlet.salesoutlet_id
where sales_reciept.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
group by sales_reciept.business_date, sales_outlet.salesoutletno
order by sales_reciept.business_date, length(sales_outlet.salesoutletno), sales_outlet.salesoutletno
