-- How many of the period's transactions are by registered customers, and how much of its income?
-- Grain: one row for the period; none when nothing was sold.
{%- from 'macros/customers.sql' import registered %}
with {{ registered() }},

counted as (
    select
        count(distinct case when registered.customer_id is not null then lines.transaction_id end)
            as registered_transactions,
        count(distinct lines.transaction_id) as transactions,
        coalesce(sum(case when registered.customer_id is not null then lines.saleamount end), 0) as registered_income,
        sum(lines.saleamount) as income
    from sales_reciept as lines
    left join registered on lines.customer_id = registered.customer_id
    where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
)

select
    registered_transactions,
    transactions,
    cast(registered_transactions as double) / transactions as registered_share,
    registered_income,
    income,
    cast(registered_income as double) / nullif(income, 0) as registered_income_share
from counted
where transactions > 0
