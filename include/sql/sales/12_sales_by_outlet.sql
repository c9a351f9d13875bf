-- What did each outlet sell in the period, and what did it bring after production cost?
-- Grain: one row per outlet with a sale, highest income first. Lines without a wholesale price count in income, and in
-- neither production cost nor net income.
with sold as (
    select
        salesoutlet_id,
        count(distinct transaction_id) as transactions,
        sum(quantity) as items,
        sum(saleamount) as income,
        sum(quantity * wholesaleprice) as production_cost,
        sum(case when wholesaleprice is not null then saleamount - quantity * wholesaleprice end) as net_income
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
    group by salesoutlet_id
)

select
    concat_ws(' ', sales_outlet.salesoutletno, sales_outlet.neighbourhood) as outlet,
    sold.transactions,
    sold.items,
    sold.income,
    sold.production_cost,
    sold.net_income,
    cast(sold.income as double) / sold.transactions as average_receipt
from sold
inner join sales_outlet on sold.salesoutlet_id = sales_outlet.salesoutlet_id
order by sold.income desc, length(sales_outlet.salesoutletno) asc, sales_outlet.salesoutletno asc
