-- How many of the period's transactions are by registered customers, and how much of its income?
-- Grain: one row for the period; none when nothing was sold.
with lines as (
    select
        transaction_id,
        customer_id,
        saleamount
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
),

-- registered: somebody with a name, an address or a card
registered as (
    select customer_id
    from customer
    where
        customerno <> '0'
        and coalesce(customerfirstname, customersurname, customeremail, loyaltycardnumber) is not null
),

counted as (
    select
        count(distinct case when registered.customer_id is not null then lines.transaction_id end)
            as registered_transactions,
        count(distinct lines.transaction_id) as transactions,
        coalesce(sum(case when registered.customer_id is not null then lines.saleamount end), 0) as registered_income,
        sum(lines.saleamount) as income
    from lines
    left join registered on lines.customer_id = registered.customer_id
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
