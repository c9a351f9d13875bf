-- Which rows of the period are in quarantine, and how many of them are refunds?
-- Grain: one row per raw file version with a quarantined row; a row's day is the first date in its text.
with quarantined as (
    select
        dataset,
        source_key,
        version_id,
        refund_amount,
        regexp_extract("row", '20[0-9]{2}-[0-9]{2}-[0-9]{2}') as row_date
    from {{ params.clean_database }}.quarantine
)

select
    dataset,
    source_key,
    version_id,
    count(*) as quarantined,
    count(refund_amount) as refunds,
    coalesce(sum(refund_amount), 0) as refund_amount
from quarantined
where row_date between '{{ params.period_start }}' and '{{ params.period_end }}'
group by dataset, source_key, version_id
order by dataset, source_key, version_id
