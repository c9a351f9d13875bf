-- #warn
-- A receipt has one customer: one that names several counts once in each group that one of them belongs to. And it has
-- one time: a number that comes twice within five minutes may be of a till that stamps each line. Numbers that come
-- further apart are those of several registers, or of a till that begins again.
-- Grain: one row per receipt with several customers, or after another of its number and outlet, on the dates touched.
with receipts as (
    select
        business_date,
        salesoutlet_id,
        transactionno,
        transactiontime,
        count(distinct customer_id) as customers
    from sales_reciept
    where business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
    group by business_date, salesoutlet_id, transactionno, transactiontime
),

with_time_before as (
    select
        receipts.*,
        lag(transactiontime) over (
            partition by business_date, salesoutlet_id, transactionno
            order by transactiontime
        ) as time_before
    from receipts
)

select
    with_time_before.business_date,
    sales_outlet.salesoutletno,
    with_time_before.transactionno,
    with_time_before.transactiontime,
    with_time_before.customers,
    with_time_before.time_before
from with_time_before
left join sales_outlet on with_time_before.salesoutlet_id = sales_outlet.salesoutlet_id
where
    with_time_before.customers > 1
    or date_parse(with_time_before.transactiontime, '%H:%i:%s')
    < date_add('minute', 5, date_parse(with_time_before.time_before, '%H:%i:%s'))
