-- What did customers of each gender buy of each product in the period?
-- Grain: one row per gender and product that was sold to it, most bought first; products are told apart by number.
with lines as (
    select
        customer_id,
        product_id,
        quantity,
        saleamount
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
    product.productno,
    coalesce(product.productname, 'NO INFO') as productname,
    coalesce(product.productcategory, 'NO INFO') as productcategory,
    sum(lines.quantity) as items,
    sum(lines.saleamount) as income
from lines
inner join genders on lines.customer_id = genders.customer_id
inner join product on lines.product_id = product.product_id
group by genders.gender, product.productno, product.productname, product.productcategory
order by
    case genders.gender when 'NO INFO' then 2 when 'NOT REGISTERED' then 3 else 1 end asc,
    genders.gender asc,
    items desc,
    length(product.productno) asc,
    product.productno asc
