-- Who are the registered customers who bought something in the period, by gender and age group, and who holds a card?
-- Grain: one row per gender and age group that somebody belongs to, youngest first, NO INFO last.
with period as (
    select date '{{ params.period_end }}' as last_day
),

buyers as (
    select distinct customer_id
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
),

-- whole years on the period's last day, from the date of birth, else from the year of birth
ages as (
    select
        customer.customer_id,
        customer.loyaltycardnumber,
        coalesce(customer.gender, 'NO INFO') as gender,
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
    -- registered: somebody with a name, an address or a card
    where
        customer.customerno <> '0'
        and coalesce(
            customer.customerfirstname, customer.customersurname, customer.customeremail, customer.loyaltycardnumber
        ) is not null
),

age_groups as (
    select
        customer_id,
        loyaltycardnumber,
        gender,
        case
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
    age_groups.gender,
    age_groups.age_group,
    count(*) as customers,
    count(age_groups.loyaltycardnumber) as card_holders
from age_groups
inner join buyers on age_groups.customer_id = buyers.customer_id
group by age_groups.gender, age_groups.age_group
order by
    case age_groups.age_group
        when 'UNDER 20' then 1
        when 'NO INFO' then 3
        else 2
    end,
    age_groups.age_group,
    case age_groups.gender when 'NO INFO' then 2 else 1 end,
    age_groups.gender
