-- Which rows that name a day of the period are in quarantine? Those whose receipt another file holds by now are mended.
-- Grain: one row per raw file version with such a row.
with held_receipts as (
    select distinct
        source_key,
        concat_ws(' ', salesoutletno, "date", transactionno, transactiontime) as receipt
    from {{ params.clean_database }}.sales_reciept
    where "date" between '{{ params.period_start }}' and '{{ params.period_end }}'
)

select
    q.dataset,
    q.source_key,
    q.version_id,
    count(*) as quarantined
from {{ params.clean_database }}.quarantine as q
left join held_receipts as mended on q.receipt = mended.receipt and q.source_key <> mended.source_key
where
    q.row_date between date '{{ params.period_start }}' and date '{{ params.period_end }}'
    and mended.receipt is null
group by q.dataset, q.source_key, q.version_id
order by q.dataset, q.source_key, q.version_id
