{#- The inventory beside what the till says of its products.

counted(params): CTEs, the last of them counted: the rows of pastry_inventory of the period, each with till_items, what
    the till sold of that product at that outlet on that day, and whether it agrees, which is null without soldquantity.
#}

{% macro counted(params) -%}
till as (
    select
        business_date,
        salesoutlet_id,
        product_id,
        sum(quantity) as items
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
    group by business_date, salesoutlet_id, product_id
),

counted as (
    select
        inventory.*,
        coalesce(till.items, 0) as till_items,
        inventory.soldquantity = coalesce(till.items, 0) as agrees
    from pastry_inventory as inventory
    left join till
        on
            inventory.business_date = till.business_date
            and inventory.salesoutlet_id = till.salesoutlet_id
            and inventory.product_id = till.product_id
    where inventory.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
)
{%- endmacro %}
