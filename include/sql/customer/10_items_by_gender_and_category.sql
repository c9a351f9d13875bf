-- What did customers of each gender buy of each product category in the period?
-- Grain: one row per gender and category that was sold to it.
with lines as (
    select
        transaction_id,
        customer_id,
        product_id,
        quantity
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
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
    coalesce(product.productcategory, 'NO INFO') as productcategory,
    sum(lines.quantity) as items,
    count(distinct lines.transaction_id) as transactions,
    count(*) as lines,
    cast(sum(lines.quantity) as double) / count(*) as items_per_line
from lines
inner join genders on lines.customer_id = genders.customer_id
inner join product on lines.product_id = product.product_id
group by genders.gender, coalesce(product.productcategory, 'NO INFO')
order by
    case genders.gender when 'NO INFO' then 2 when 'NOT REGISTERED' then 3 else 1 end,
    genders.gender,
    productcategory
