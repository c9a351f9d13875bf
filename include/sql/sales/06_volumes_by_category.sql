-- Which volumes of each product category were bought most in the period?
-- Grain: one row per category and volume, most bought first within the category.
with volumes as (
    select
        product_id,
        coalesce(productcategory, 'NO INFO') as productcategory,
        unitofmeasure,
        -- without trailing zeros
        regexp_replace(cast(try_cast(volume as decimal(18, 6)) as varchar), '\.?0+$', '') as volume_number
    from product
)

select
    volumes.productcategory,
    -- the number, a blank, the unit; without a number the unit alone
    coalesce(nullif(concat_ws(' ', volumes.volume_number, volumes.unitofmeasure), ''), 'NO INFO') as volume_label,
    sum(lines.quantity) as items,
    sum(lines.saleamount) as income
from sales_reciept as lines
inner join volumes on lines.product_id = volumes.product_id
where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
group by
    volumes.productcategory,
    coalesce(nullif(concat_ws(' ', volumes.volume_number, volumes.unitofmeasure), ''), 'NO INFO')
order by volumes.productcategory asc, items desc, volume_label asc
