-- Which volumes of each product category were bought most in the period?
-- Grain: one row per category and volume, most bought first within the category.
with lines as (
    select
        product_id,
        quantity,
        saleamount
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
),

-- the volume's number without trailing zeros
numbers as (
    select
        product_id,
        productcategory,
        unitofmeasure,
        regexp_replace(cast(try_cast(volume as decimal(18, 6)) as varchar), '\.?0+$', '') as volume_number
    from product
),

-- the number, a blank, the unit; without a number the unit alone
volumes as (
    select
        product_id,
        coalesce(productcategory, 'NO INFO') as productcategory,
        coalesce(nullif(concat_ws(' ', volume_number, unitofmeasure), ''), 'NO INFO') as volume_label
    from numbers
)

select
    volumes.productcategory,
    volumes.volume_label,
    sum(lines.quantity) as items,
    sum(lines.saleamount) as income
from lines
inner join volumes on lines.product_id = volumes.product_id
group by volumes.productcategory, volumes.volume_label
order by volumes.productcategory asc, items desc, volumes.volume_label asc
