{#- What the till says of the inventory's products.

till(params): a CTE with one row per outlet, day and product that the till sold in the period, and its items.
counted_and_till(): the tables of a query over the inventory: pastry_inventory as counted, with its row of
    sales_outlet and of product, and till.items, null where the till sold nothing.
agrees(): whether a row of that says as many sold as the till, an expression.
#}

{% macro till(params) -%}
till as (
    select
        business_date,
        salesoutlet_id,
        product_id,
        sum(quantity) as items
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
    group by business_date, salesoutlet_id, product_id
)
{%- endmacro %}

{% macro counted_and_till() -%}
from pastry_inventory as counted
inner join sales_outlet on counted.salesoutlet_id = sales_outlet.salesoutlet_id
inner join product on counted.product_id = product.product_id
left join till
    on
        counted.business_date = till.business_date
        and counted.salesoutlet_id = till.salesoutlet_id
        and counted.product_id = till.product_id
{%- endmacro %}

{% macro agrees() -%}
counted.soldquantity = coalesce(till.items, 0)
{%- endmacro %}
