-- #warn
-- A receipt has one time. A number that comes twice within five minutes may be of a till that stamps each line.
-- Numbers that come further apart are those of several registers, or of a till that begins again.
-- Grain: one row per receipt that follows another of its number and outlet within five minutes, on the dates touched.
with with_time_before as (
    select
        business_date,
        salesoutlet_id,
        transactionno,
        lag(transactiontime) over (
            partition by business_date, salesoutlet_id, transactionno
            order by transactiontime
        ) as time_before,
        transactiontime
    from sales_reciept
    where business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
    group by business_date, salesoutlet_id, transactionno, transactiontime
)

select
    with_time_before.business_date,
    sales_outlet.salesoutletno,
    with_time_before.transactionno,
    with_time_before.time_before,
    with_time_before.transactiontime
from with_time_before
inner join sales_outlet on with_time_before.salesoutlet_id = sales_outlet.salesoutlet_id
where
    date_parse(with_time_before.transactiontime, '%H:%i:%s')
    < date_add('minute', 5, date_parse(with_time_before.time_before, '%H:%i:%s'))
