-- #warn
-- A receipt has one time. A number that comes twice within five minutes may be a till that stamps lines, not receipts.
-- Grain: one row per receipt that follows another of its number and outlet within five minutes, among the dates touched.
with receipts as (
    select distinct
        business_date,
        salesoutlet_id,
        transactionno,
        date_parse(concat(business_date, ' ', transactiontime), '%Y-%m-%d %H:%i:%s') as moment
    from sales_reciept
    where business_date between '{{ params.first_date }}' and '{{ params.last_date }}'
),

with_moment_before as (
    select
        business_date,
        salesoutlet_id,
        transactionno,
        moment,
        lag(moment) over (partition by business_date, salesoutlet_id, transactionno order by moment) as moment_before
    from receipts
)

select
    with_moment_before.business_date,
    sales_outlet.salesoutletno,
    with_moment_before.transactionno,
    with_moment_before.moment_before,
    with_moment_before.moment
from with_moment_before
inner join sales_outlet on with_moment_before.salesoutlet_id = sales_outlet.salesoutlet_id
where date_diff('minute', with_moment_before.moment_before, with_moment_before.moment) < 5
