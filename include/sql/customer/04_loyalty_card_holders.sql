-- How many of the registered customers who bought something in the period hold a loyalty card?
-- Grain: one row for the period; none when no registered customer bought anything.
with buyers as (
    select distinct customer_id
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
),

-- registered: somebody with a name, an address or a card
registered as (
    select
        customer_id,
        loyaltycardnumber
    from customer
    where
        customerno <> '0'
        and coalesce(customerfirstname, customersurname, customeremail, loyaltycardnumber) is not null
),

counted as (
    select
        count(registered.loyaltycardnumber) as card_holders,
        count(*) as customers
    from registered
    inner join buyers on registered.customer_id = buyers.customer_id
)

select
    card_holders,
    customers,
    cast(card_holders as double) / customers as card_holder_share
from counted
where customers > 0
