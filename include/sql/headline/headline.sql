-- The figures that matter most, for the contents sheets, the mail and summary.json.
-- Grain: one row for the period, also when nothing was sold.
{%- from 'macros/customers.sql' import registered %}
{%- from 'macros/income.sql' import net_income, production_cost %}
with {{ registered() }}

select
    coalesce(sum(lines.saleamount), 0) as income,
    coalesce({{ net_income('lines') | indent }}, 0) as net_income,
    coalesce({{ production_cost('lines') }}, 0) as production_cost,
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
from sales_reciept as lines
left join registered on lines.customer_id = registered.customer_id
where lines.business_date between '{{ params.period_start }}' and '{{ params.period_end }}'
