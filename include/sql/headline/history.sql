-- What did each outlet and each product category sell a day, in the period and in all that it is compared with?
-- For the period's days it is compared with what the loads published, too.
-- Grain: one row per day and outlet with a sale (productcategory is null), and one per day and category with a sale
-- (salesoutletno is null). Days: eight weeks before the period, or as many as it has, to its end; and a year earlier
-- (364 days for days and weeks, the same dates for a month, so a few days more than either needs).
{%- from 'macros/customers.sql' import registered %}
{%- from 'macros/income.sql' import net_income %}
{%- set first_day, last_day = "date '" ~ params.period_start ~ "'", "date '" ~ params.period_end ~ "'" %}
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
    lines.business_date between cast(
        date_add(
            'day', -greatest(56, date_diff('day', {{ first_day }}, {{ last_day }}) + 1), {{ first_day }}
        ) as varchar
    ) and '{{ params.period_end }}'
    or lines.business_date between cast({{ first_day }} - interval '366' day as varchar)
    and cast({{ last_day }} - interval '364' day as varchar)
group by grouping sets (
    (lines.business_date, sales_outlet.salesoutletno, sales_outlet.neighbourhood), (lines.business_date, goods.productcategory)
)
order by lines.business_date, sales_outlet.salesoutletno, goods.productcategory
