-- The figures that matter most, for the contents sheets, the mail and summary.json.
-- Grain: one row for the period, also when nothing was sold.
with lines as (
    select
        transaction_id,
        customer_id,
        quantity,
        saleamount,
        wholesaleprice
    from sales_reciept
    where business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
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
    coalesce(sum(lines.saleamount), 0) as income,
    coalesce(
        sum(
            case when lines.wholesaleprice is not null then lines.saleamount - lines.quantity * lines.wholesaleprice end
        ), 0
    ) as net_income,
    coalesce(sum(lines.quantity * lines.wholesaleprice), 0) as production_cost,
    count(distinct lines.transaction_id) as transactions,
    coalesce(sum(lines.quantity), 0) as items,
    count(distinct case when registered.customer_id is not null then lines.transaction_id end)
        as registered_transactions,
    cast(sum(lines.saleamount) as double) / nullif(count(distinct lines.transaction_id), 0) as average_receipt,
    count(*) as lines,
    count_if(lines.wholesaleprice is null) as lines_without_wholesale_price,
    coalesce(sum(case when lines.wholesaleprice is null then lines.saleamount end), 0)
        as income_without_wholesale_price,
    count_if(lines.quantity < 0 or lines.saleamount < 0) as refund_lines,
    coalesce(sum(case when lines.quantity < 0 or lines.saleamount < 0 then lines.saleamount end), 0) as refund_amount
from lines
left join registered on lines.customer_id = registered.customer_id
