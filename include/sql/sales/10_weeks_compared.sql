-- How do the eight weeks compare that end with the period?
-- Grain: one row per seven days, oldest first; the last ends on the period's last day. Figures of a week without sales
-- are null, and `days` says on how many of its days something was sold.
{%- set last_day = "date '" ~ params.period_end ~ "'" %}
with weeks as (
    select
        ends.last_day,
        ends.last_day - interval '6' day as first_day
    from unnest(sequence({{ last_day }} - interval '49' day, {{ last_day }}, interval '7' day)) as ends (last_day)
),

sold as (
    select
        cast(business_date as date) as business_day,
        sum(quantity) as items,
        sum(saleamount) as income,
        count(distinct transaction_id) as transactions
    from sales_reciept
    where business_date between cast({{ last_day }} - interval '55' day as varchar) and '{{ params.period_end }}'
    group by business_date
)

select
    weeks.first_day,
    weeks.last_day,
    count(sold.business_day) as days,
    sum(sold.transactions) as transactions,
    sum(sold.items) as items,
    sum(sold.income) as income
from weeks
left join sold on sold.business_day between weeks.first_day and weeks.last_day
group by weeks.first_day, weeks.last_day
order by weeks.first_day
