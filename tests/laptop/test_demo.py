"""The demo's own check can tell right figures from wrong ones."""

import io
from decimal import Decimal
from email.message import EmailMessage

import openpyxl

from laptop.demo import WEEK, compare_figures, headline_cells
from laptop.raw_figures import RawFigures, count_raw_figures

SALES = """\ufeffTransactionNo,TransactionDate,SalesOutletNo,SaleAmount,ProductName
7,2019-04-21,3,99.00,the day before
7,2019-04-22,3,2.50,"Latte, large"
7,2019-04-22,3,2.50,"Latte, large"
7,2019-04-22,5,0,"a free
pastry"
8,2019-04-28,3,10.05,the last day
"""


def test_raw_figures_count_receipts_of_one_outlet_and_day_once(tmp_path):
    file = tmp_path / "SalesReciept.csv"
    file.write_text(SALES, encoding="utf-8")
    assert count_raw_figures([file], [], *WEEK) == RawFigures(Decimal("15.05"), 3)


def test_a_correction_counts_alone_for_the_outlets_and_days_that_it_names(tmp_path):
    month, first, second = (tmp_path / name for name in ("month.csv", "first.csv", "second.csv"))
    month.write_text(SALES, encoding="utf-8")
    header = SALES.splitlines()[0]
    first.write_text(f"{header}\n1,2019-04-22,3,7.00,replaced below\n", encoding="utf-8")
    second.write_text(f"{header}\n1,2019-04-22,3,4.00,a\n2,2019-04-22,3,1.00,b\n", encoding="utf-8")
    assert count_raw_figures([month], [first, second], *WEEK) == RawFigures(Decimal("15.05"), 4)


def mail(plain, html):
    message = EmailMessage()
    message.set_content(plain)
    message.add_alternative(html, subtype="html")
    return message


RIGHT = mail("Income $1,015.05, 3 transactions", "<b>$1,015.05</b> <b>3</b>")
RAW = RawFigures(Decimal("1015.05"), 3)


def test_equal_figures_give_no_complaint():
    assert compare_figures(RAW, {"Income": 1015.05, "Transactions": 3}, RIGHT) == []


def test_a_cent_or_a_transaction_too_many_is_found():
    assert len(compare_figures(RAW, {"Income": 1015.06, "Transactions": 3}, RIGHT)) == 1
    assert len(compare_figures(RAW, {"Income": 1015.05, "Transactions": 4}, RIGHT)) == 1
    assert len(compare_figures(RAW, {}, RIGHT)) == 2


def test_a_mail_without_the_figures_is_found():
    wrong = compare_figures(RAW, {"Income": 1015.05, "Transactions": 3}, mail("Income $1,015.05", "<b>3</b>"))
    assert wrong == [
        "The mail's plain part does not say 3",
        "The mail's html part does not say $1,015.05",
    ]


def test_headline_cells_are_found_beside_their_labels():
    book = openpyxl.Workbook()
    book.active.append(["Income", 99])  # the dashboard, which rounds
    sheet = book.create_sheet("Contents")
    sheet.append(["Sales"])
    sheet.append(["Income", 12.5, "Transactions", 4])
    file = io.BytesIO()
    book.save(file)
    assert headline_cells(file.getvalue()) == {"Income": 12.5, "Transactions": 4}
