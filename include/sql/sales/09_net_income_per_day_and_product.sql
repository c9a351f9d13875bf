-- What did each product bring a day, after its production cost?
-- Grain: one row per day and product with a sale; products are told apart by number. Lines without a wholesale price
-- count in income, and in neither production cost nor net income; a product that has no other lines has nulls there.
{%- from 'macros/income.sql' import net_income, production_cost %}
select
    cast(lines.business_date as date) as business_date,
    product.productno,
    coalesce(product.productname, 'NO INFO') as productname,
    coalesce(product.productcategory, 'NO INFO') as productcategory,
    sum(lines.quantity) as items,
    sum(lines.saleamount) as income,
    sum(case when lines.wholesaleprice is null then lines.saleamount else 0 end) as income_without_wholesale_price,
    {{ production_cost('lines') }} as production_cost,
    {{ net_income('lines') | indent }} as net_income
from sales_reciept as lines
inner join product on lines.product_id = product.product_id
where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
group by lines.business_date, product.productno, product.productname, product.productcategory
order by lines.business_date, length(product.productno), product.productno
