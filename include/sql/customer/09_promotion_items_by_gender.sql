-- What did customers of each gender buy of promotion items in the period?
-- Grain: one row per gender as the till has it, NO INFO and NOT REGISTERED last.
with lines as (
    select
        transaction_id,
        customer_id,
        quantity
    from sales_reciept
    where
        business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
        -- the flag of the line itself, not the product's of today
        and ispromoitem = 'Y'
),

genders as (
    select
        customer_id,
        case
            when customerno = '0' then 'NOT REGISTERED'
            -- a number that nobody knows: no name, no address, no card
            when coalesce(customerfirstname, customersurname, customeremail, loyaltycardnumber) is null then 'NO INFO'
            else coalesce(gender, 'NO INFO')
        end as gender
    from customer
)

select
    genders.gender,
    sum(lines.quantity) as items,
    count(distinct lines.transaction_id) as transactions
from lines
inner join genders on lines.customer_id = genders.customer_id
group by genders.gender
order by
    case genders.gender when 'NO INFO' then 2 when 'NOT REGISTERED' then 3 else 1 end,
    genders.gender
