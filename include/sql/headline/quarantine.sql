-- Which rows that name a day of the period are in quarantine?
-- Grain: one row per raw file version with such a row.
select
    dataset,
    source_key,
    version_id,
    count(*) as quarantined
from {{ params.clean_database }}.quarantine
where row_date between date '{{ params.period_start }}' and date '{{ params.period_end }}'
group by dataset, source_key, version_id
order by dataset, source_key, version_id
