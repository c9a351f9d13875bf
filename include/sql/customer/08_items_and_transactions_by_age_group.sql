-- What did customers of each age group buy in the period, and how many were they?
-- Grain: one row per age group, youngest first, NO INFO and NOT REGISTERED last. Nobody knows how many people are
-- behind NOT REGISTERED: its customers are null.
with period as (
    select date '{{ params.period_end }}' as last_day
),

lines as (
    select
        transaction_id,
        customer_id,
        quantity
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
),

-- whole years on the period's last day, from the date of birth, else from the year of birth
ages as (
    select
        customer.customer_id,
        customer.customerno,
        coalesce(
            customer.customerfirstname, customer.customersurname, customer.customeremail, customer.loyaltycardnumber
        ) is not null as is_known,
        case
            when customer.dateofbirth is null then year(period.last_day) - customer.birthyear
            when
                month(period.last_day) * 100 + day(period.last_day)
                < month(customer.dateofbirth) * 100 + day(customer.dateofbirth)
                then year(period.last_day) - year(customer.dateofbirth) - 1
            else year(period.last_day) - year(customer.dateofbirth)
        end as age
    from customer
    cross join period
),

age_groups as (
    select
        customer_id,
        customerno,
        case
            when customerno = '0' then 'NOT REGISTERED'
            -- a number that nobody knows: no name, no address, no card
            when not is_known then 'NO INFO'
            when age between 0 and 19 then 'UNDER 20'
            when age between 20 and 29 then '20-29'
            when age between 30 and 39 then '30-39'
            when age between 40 and 49 then '40-49'
            when age between 50 and 59 then '50-59'
            when age between 60 and 120 then '60 AND OVER'
            else 'NO INFO'
        end as age_group
    from ages
)

select
    age_groups.age_group,
    sum(lines.quantity) as items,
    count(distinct lines.transaction_id) as transactions,
    nullif(count(distinct case when age_groups.customerno <> '0' then lines.customer_id end), 0) as customers
from lines
inner join age_groups on lines.customer_id = age_groups.customer_id
group by age_groups.age_group
order by
    case age_groups.age_group
        when 'UNDER 20' then 1
        when 'NO INFO' then 3
        when 'NOT REGISTERED' then 4
        else 2
    end,
    age_groups.age_group
