-- What did each outlet and each product category sell a day, in the period and in all that it is compared with?
-- Grain: one row per day and outlet with a sale (productcategory is null), and one per day and category with a sale
-- (salesoutletno is null). Days: eight weeks before the period, or as many as it has, to its end; and a year earlier
-- (364 days for days and weeks, the same dates for a month, so a few days more than either needs).
with sold as (
    select
        sales_reciept.business_date,
        sales_outlet.salesoutletno,
        coalesce(product.productcategory, 'NO INFO') as productcategory,
        sales_reciept.transaction_id,
        sales_reciept.customer_id,
        sales_reciept.quantity,
        sales_reciept.saleamount,
        sales_reciept.wholesaleprice
    from sales_reciept
    inner join sales_outlet on sales_reciept.salesoutlet_id = sales_outlet.salesoutlet_id
    inner join product on sales_reciept.product_id = product.product_id
    where
        (
            sales_reciept.business_date >= cast(
                date_add(
                    'day',
                    -greatest(
                        56, date_diff('day', date '{{ params.period_start }}', date '{{ params.period_end }}') + 1
                    ),
                    date '{{ params.period_start }}'
                ) as varchar
            )
            and sales_reciept.business_date <= '{{ params.period_end }}'
        )
        or (
            sales_reciept.business_date >= cast(date '{{ params.period_start }}' - interval '366' day as varchar)
            and sales_reciept.business_date <= cast(date '{{ params.period_end }}' - interval '364' day as varchar)
        )
),

-- registered: somebody with a name, an address or a card
registered as (
    select customer_id
    from customer
    where
        customerno <> '0'
        and coalesce(customerfirstname, customersurname, customeremail, loyaltycardnumber) is not null
)

select
    cast(sold.business_date as date) as business_date,
    sold.salesoutletno,
    sold.productcategory,
    sum(sold.saleamount) as income,
    coalesce(
        sum(case when sold.wholesaleprice is not null then sold.saleamount - sold.quantity * sold.wholesaleprice end), 0
    ) as net_income,
    count(distinct sold.transaction_id) as transactions,
    sum(sold.quantity) as items,
    count(distinct case when registered.customer_id is not null then sold.transaction_id end)
        as registered_transactions
from sold
left join registered on sold.customer_id = registered.customer_id
group by grouping sets ((sold.business_date, sold.salesoutletno), (sold.business_date, sold.productcategory))
order by sold.business_date, sold.salesoutletno, sold.productcategory
