-- How many registered customers bought something each day, and how many registered on it?
-- Grain: one row per day of the period; on a day without sales the figures are null, unless somebody registered. New: a
-- registered customer who bought something in the period and whose customer-since date is that day.
with calendar as (
    select days.business_day
    from
        unnest(sequence(date '{{ params.period_start }}', date '{{ params.period_end }}', interval '1' day))
            as days (business_day)
),

lines as (
    select
        customer_id,
        cast(business_date as date) as business_day
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
),

-- registered: somebody with a name, an address or a card
registered as (
    select
        customer_id,
        customersince
    from customer
    where
        customerno <> '0'
        and coalesce(customerfirstname, customersurname, customeremail, loyaltycardnumber) is not null
),

bought as (
    select
        lines.business_day,
        count(distinct registered.customer_id) as customers
    from lines
    left join registered on lines.customer_id = registered.customer_id
    group by lines.business_day
),

joined as (
    select
        registered.customersince as business_day,
        count(distinct registered.customer_id) as new_customers
    from registered
    inner join lines on registered.customer_id = lines.customer_id
    group by registered.customersince
)

select
    calendar.business_day as business_date,
    bought.customers,
    case when bought.customers is null then joined.new_customers else coalesce(joined.new_customers, 0) end
        as new_customers
from calendar
left join bought on calendar.business_day = bought.business_day
left join joined on calendar.business_day = joined.business_day
order by calendar.business_day
