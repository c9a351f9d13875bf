-- What did each outlet and each product category sell a day, in the period and in all that it is compared with?
-- For the period's days it is compared with what the loads published, too.
-- Grain: one row per day and outlet with a sale (productcategory is null), and one per day and category with a sale
-- (salesoutletno is null).
{%- from 'macros/customers.sql' import registered %}
{%- from 'macros/income.sql' import net_income %}
{%- from 'macros/days.sql' import with_days_compared %}
with {{ registered() }},

goods as (
    select
        product_id,
        coalesce(productcategory, 'NO INFO') as productcategory
    from product
)

select
    cast(lines.business_date as date) as business_date,
    sales_outlet.salesoutletno,
    sales_outlet.neighbourhood,
    goods.productcategory,
    count(*) as lines,
    sum(lines.saleamount) as income,
    coalesce({{ net_income('lines') | indent }}, 0) as net_income,
    count(distinct lines.transaction_id) as transactions,
    sum(lines.quantity) as items,
    count(distinct case when registered.customer_id is not null then lines.transaction_id end)
        as registered_transactions
from sales_reciept as lines
inner join sales_outlet on lines.salesoutlet_id = sales_outlet.salesoutlet_id
inner join goods on lines.product_id = goods.product_id
left join registered on lines.customer_id = registered.customer_id
where
    {{ with_days_compared(params, 'lines.business_date') | indent }}
group by
    grouping sets (
        (lines.business_date, sales_outlet.salesoutletno, sales_outlet.neighbourhood),
        (lines.business_date, goods.productcategory)
    )
order by lines.business_date, sales_outlet.salesoutletno, goods.productcategory
