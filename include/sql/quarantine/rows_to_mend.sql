-- Which rows are in quarantine, and no other file holds their receipt by now? For operators: `make quarantine`.
-- Grain: one row per row of a raw file version, also of versions that count no more.
with held_receipts as (
    select distinct
        source_key,
        concat_ws(' ', salesoutletno, "date", transactionno, transactiontime) as receipt
    from {{ params.clean_database }}.sales_reciept
)

select
    q.dataset,
    q.source_key,
    q.version_id,
    q.row_number,
    q.row_date,
    q.receipt,
    q.reasons
from {{ params.clean_database }}.quarantine as q
left join held_receipts as mended on q.receipt = mended.receipt and q.source_key <> mended.source_key
where mended.receipt is null
order by q.dataset, q.source_key, q.row_number, q.version_id
