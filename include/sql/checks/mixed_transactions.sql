-- #warn
-- A transaction has one customer. Those that name several count once in each group that one of them belongs to.
-- Grain: one row per transaction with several customers, among the dates touched.
select
    business_date,
    transactionno,
    transaction_id,
    count(distinct customer_id) as customers
from sales_reciept
where business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
group by business_date, transactionno, transaction_id
having count(distinct customer_id) > 1
