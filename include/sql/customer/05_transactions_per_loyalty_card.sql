-- How many transactions were made with each loyalty card in the period?
-- Grain: one row per loyalty card that was used, busiest first.
with lines as (
    select
        customer_id,
        transaction_id
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
),

cards as (
    select
        customer_id,
        loyaltycardnumber
    from customer
    where customerno <> '0' and loyaltycardnumber is not null
)

select
    cards.loyaltycardnumber,
    count(distinct lines.transaction_id) as transactions
from lines
inner join cards on lines.customer_id = cards.customer_id
group by cards.loyaltycardnumber
order by transactions desc, cards.loyaltycardnumber asc
