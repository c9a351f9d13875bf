{#- Who a customer is. Each macro gives CTEs, the last of them of its own name, or an expression.

registered(): one row per registered customer: customer_id, loyaltycardnumber, customersince.
buyers(params): those rows of registered that bought something in the period.
genders(): one row per customer: customer_id and gender as the till has it, NO INFO or NOT REGISTERED.
age_groups(params): one row per customer: customer_id, age in whole years on the period's last day (null when nobody
    knows it) and age_group, NO INFO or NOT REGISTERED.
group_order(column): what to sort genders or age groups by: UNDER 20 comes first, NO INFO and NOT REGISTERED last.
#}

{% set name_address_or_card = "coalesce(customerfirstname, customersurname, customeremail, loyaltycardnumber)" %}
{% set nobody_known -%}
when customerno = '0' then 'NOT REGISTERED'
-- a number that nobody knows: no name, no address, no card
when {{ name_address_or_card }} is null then 'NO INFO'
{%- endset %}

{% macro registered() -%}
registered as (
    select
        customer_id,
        loyaltycardnumber,
        customersince
    from customer
    -- somebody with a name, an address or a card
    where customerno <> '0' and {{ name_address_or_card }} is not null
)
{%- endmacro %}

{% macro buyers(params) -%}
{{ registered() }},

buyers as (
    select *
    from registered
    where customer_id in (
        select sales_reciept.customer_id
        from sales_reciept
        where sales_reciept.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
    )
)
{%- endmacro %}

{% macro genders() -%}
genders as (
    select
        customer_id,
        case
            {{ nobody_known | indent(12) }}
            else coalesce(gender, 'NO INFO')
        end as gender
    from customer
)
{%- endmacro %}

{% macro age_groups(params) -%}
birthdays as (
    select
        customer_id,
        case
            {{ nobody_known | indent(12) }}
        end as nobody,
        -- whole years on the period's last day: one less before the birthday, which nobody knows of a year alone
        year(date '{{ params.period_end }}') - coalesce(year(dateofbirth), birthyear)
        - if(date_format(date '{{ params.period_end }}', '%m%d') < date_format(dateofbirth, '%m%d'), 1, 0) as years
    from customer
),

age_groups as (
    select
        customer_id,
        case when years between 0 and 120 then years end as age,
        case
            when nobody is not null then nobody
            when years between 0 and 19 then 'UNDER 20'
            when years between 20 and 29 then '20-29'
            when years between 30 and 39 then '30-39'
            when years between 40 and 49 then '40-49'
            when years between 50 and 59 then '50-59'
            when years between 60 and 120 then '60 AND OVER'
            else 'NO INFO'
        end as age_group
    from birthdays
)
{%- endmacro %}

{% macro group_order(column) -%}
case {{ column }} when 'UNDER 20' then 1 when 'NO INFO' then 3 when 'NOT REGISTERED' then 4 else 2 end
{%- endmacro %}
