-- How many registered customers bought something each day, and how many registered on it?
-- Grain: one row per day of the period; on a day without sales the figures are null, unless somebody registered. New: a
-- registered customer who bought something in the period and whose customer-since date is that day.
{%- from 'macros/customers.sql' import buyers %}
{%- from 'macros/days.sql' import calendar %}
with {{ calendar(params) }},

{{ buyers(params) }},

bought as (
    select
        cast(lines.business_date as date) as business_day,
        count(distinct buyers.customer_id) as customers
    from sales_reciept as lines
    left join buyers on lines.customer_id = buyers.customer_id
    where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
    group by lines.business_date
),

joined as (
    select
        customersince as business_day,
        count(*) as new_customers
    from buyers
    group by customersince
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
