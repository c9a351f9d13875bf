-- What did each outlet sell in the period?
-- Grain: one row per outlet with a sale, highest income first.
with sold as (
    select
        salesoutlet_id,
        sum(saleamount) as income,
        count(distinct transaction_id) as transactions,
        sum(quantity) as items
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
    group by salesoutlet_id
)

select
    sales_outlet.salesoutletno,
    sales_outlet.neighbourhood,
    sold.income,
    sold.transactions,
    sold.items
from sold
inner join sales_outlet on sold.salesoutlet_id = sales_outlet.salesoutlet_id
order by sold.income desc, length(sales_outlet.salesoutletno) asc, sales_outlet.salesoutletno asc
