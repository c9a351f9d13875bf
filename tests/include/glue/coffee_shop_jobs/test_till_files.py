"""Files as real tills make them, each fault by the rows, amounts and words that it must lead to (contract 3.1).

Each is a small file of a kind that people who load till exports report: refunds, stray quotes, numbers that went
through floats, empty dates of programs, files that were put together or saved again.
"""

from datetime import date, timedelta

import pytest
from coffee_shop_jobs.columns import INVENTORY, TARGETS
from coffee_shop_jobs.records import RefusedError

from tests.include.glue.coffee_shop_jobs.reading import SALES_HEADER, inventory, sales, targets


def numbered(count, **changed):
    """So many sales of 6.00, numbered from 1."""
    return [{"TransactionNo": str(number), **changed} for number in range(1, count + 1)]


def totals(read_file):
    """Rows read, clean and in quarantine, items and amount."""
    found = read_file.totals
    names = ("rows_read", "rows_clean", "rows_quarantined", "quantity", "amount")
    return tuple(found[name] for name in names)


# --- refunds and discounts


def test_a_refund_among_eighty_sales_is_a_sale_with_a_minus(read):
    found = read(sales(*numbered(80), {"Quantity": "-1", "SaleAmount": "-3.50"}))

    assert totals(found) == (81, 81, 0, 159, "476.50")
    assert found.totals["refunds"] == {"rows": 1, "amount": "-3.50"}
    assert found.refused is None


def test_a_day_of_nothing_but_refunds_is_a_day(read):
    found = read(sales(*numbered(5, Quantity="-2", SaleAmount="-6.00")))

    assert totals(found) == (5, 5, 0, -10, "-30.00")
    assert found.totals["refunds"] == {"rows": 5, "amount": "-30.00"}


def test_a_discount_has_a_minus_in_its_amount_alone(read):
    found = read(sales({}, {"Quantity": "1", "UnitPrice": "0", "SaleAmount": "-0.50"}))

    assert totals(found) == (2, 2, 0, 3, "5.50")
    assert found.totals["refunds"] == {"rows": 1, "amount": "-0.50"}


def test_another_column_may_come_first(read):
    header = ["CustomerSince", *[name for name in SALES_HEADER if name != "CustomerSince"]]
    refund = {"Quantity": "-1", "SaleAmount": "-3.10", "CustomerSince": "2018-02-19"}

    found = read(sales(refund, {"CustomerSince": "2018-02-19", "Quantity": "x"}, header=header))

    assert found.column("transactiondate") == [date(2019, 4, 24)]
    assert [(row.line, row.day) for row in found.quarantined] == [(3, date(2019, 4, 24))]


# --- the date of a row in quarantine


@pytest.mark.parametrize(
    ("changed", "day"),
    [
        ({"TransactionDate": "2019-04-20", "Quantity": "x"}, date(2019, 4, 20)),
        ({"TransactionDate": "2031-01-01"}, date(2031, 1, 1)),
        ({"TransactionDate": "1999-12-31"}, date(1999, 12, 31)),
        ({"TransactionDate": "4/24/2019", "CustomerSince": "2018-02-19"}, None),
        ({"TransactionDate": "", "DateOfBirth": "1990-01-01"}, None),
    ],
)
def test_a_row_in_quarantine_carries_the_date_that_it_names_or_none(read, changed, day):
    assert [row.day for row in read(sales({}, changed)).quarantined] == [day]


def test_a_row_that_cannot_be_told_apart_carries_no_date(read):
    lines = sales({}, {}).splitlines()

    found = read("\n".join([*lines, lines[1] + ",2019-04-24", '"2019-04-24' + lines[1]]))

    assert [(row.line, row.day) for row in found.quarantined] == [(4, None), (5, None)]


# --- stray quotes


def test_a_stray_quote_and_an_inch_mark_sixty_lines_below_cost_one_line(read):
    lines = sales(*numbered(199, ProductName="Latte")).splitlines()
    lines[60] = lines[60].replace("Latte", '"Grande cup')
    lines[120] = lines[120].replace("Latte", 'Latte 12"')

    found = read("\n".join(lines))

    assert totals(found) == (199, 198, 1, 396, "1188.00")
    assert found.quarantined[0].line == 61
    assert found.column("productname").count('Latte 12"') == 1


def test_a_stray_quote_in_the_last_cell_costs_one_line(read):
    lines = sales(*numbered(50, Year="2019")).splitlines()
    lines[10] = lines[10].removesuffix("2019") + '"2019'
    lines[30] = lines[30].removesuffix("2019") + '2019"'

    found = read("\n".join(lines))

    assert totals(found)[:3] == (50, 49, 1)
    assert found.totals["nulled"] == {"year": {"is not a whole number": 1}}


def test_a_stray_quote_on_every_tenth_line_costs_these_lines(read):
    lines = sales(*numbered(1000, ProductName="Cup")).splitlines()
    for number in range(10, 1001, 10):
        lines[number] = lines[number].replace("Cup", '"Cup')

    found = read("\n".join(lines))

    assert totals(found)[:3] == (1000, 900, 100)
    assert str(found.refused).startswith("100 of 1,000 rows break the contract")


def test_a_description_over_three_lines_is_one_record_still(read):
    found = read(sales({"ProductDescription": 'one,\n"two"\n\nthree'}, {"TransactionNo": "8"}))

    assert found.column("productdescription") == ['one,\n"two"\n\nthree', None]
    assert found.summary.rows_read == 2


# --- what is added to a file


@pytest.mark.parametrize("end", ["\0" * 512, "\x1a", "\r\n\x1a\r\n", "\n\0\0\0\n"])
def test_nul_bytes_and_ctrl_z_at_the_end_are_no_rows(read, end):
    found = read(sales(*numbered(3)).rstrip("\n") + end)

    assert totals(found) == (3, 3, 0, 6, "18.00")
    assert sum(found.totals["skipped"].values()) == 1


def test_files_put_together_have_a_header_in_their_middle(read):
    one, two = sales(*numbered(2)), sales(*numbered(3), end="\r\n")

    found = read(one + two.replace("TransactionNo", "\ufefftransactionno") + "\x1a" + one)

    assert totals(found) == (7, 7, 0, 14, "42.00")
    assert found.totals["skipped"] == {
        "header lines that came again": 2,
        "lines with NUL bytes, Ctrl-Z or a byte order mark at an end, which were taken off": 2,
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            sales(*numbered(8)) * 2,
            "line 10: the header comes again, and 8 of the 8 different rows below it stand above it",
        ),
        # without a line end at the end, the header is glued to the row before it
        (sales(*numbered(8)).rstrip("\n") * 2, "line 9: the header comes again, and 7 of the 8"),
        # appended again and again, each time with the whole day so far
        (sales(*numbered(8)) + sales(*numbered(20)), "line 10: the header comes again, and 8 of the 20"),
        # the last hours once more
        (sales(*numbered(20)) + sales(*numbered(30)[16:]), "line 22: the header comes again, and 4 of the 14"),
    ],
)
def test_a_file_that_holds_an_export_twice_is_refused_since_its_sales_would_count_twice(read, text, words):
    with pytest.raises(RefusedError, match=words):
        read(text)


def test_files_put_together_may_have_rows_that_are_alike_by_chance_and_rows_of_commas(read):
    commas = "," * (len(SALES_HEADER) - 1) + "\n"

    found = read(sales(*numbered(60)) + commas * 9 + sales(*numbered(120)[56:]) + commas * 9)

    assert totals(found) == (124, 124, 0, 248, "744.00")


def test_files_put_together_with_other_columns_are_refused_since_the_rows_would_be_misread(read):
    with pytest.raises(RefusedError, match="line 4: a second header has its columns in another order"):
        read(sales(*numbered(2)) + sales(*numbered(2), header=SALES_HEADER[::-1]))


@pytest.mark.parametrize(
    "other",
    [
        lambda header: header.replace("CustomerSince", "MemberSince"),
        lambda header: header.replace("CustomerSince", "StaffStartDate"),
        lambda header: header.replace("CustomerSince", ""),
        lambda header: header.replace("UnitPrice,SaleAmount", "SaleAmount,UnitPrice").replace("Transact", "# Transact", 1),
        lambda header: header + ",Till",
    ],
)  # fmt: skip
def test_a_second_header_with_other_columns_is_refused_however_it_stands_there(read, other):
    header, *rows = sales(*numbered(3), header=SALES_HEADER).splitlines()
    for end in ("\n", ""):  # also glued to the last line of the file before
        with pytest.raises(RefusedError, match="a second header has"):
            read("\n".join([header, *rows]) + end + "\n".join([other(header), *rows, ""]))


def test_a_header_glued_to_the_last_line_of_the_file_before_costs_that_line(read):
    one = sales(*numbered(3))

    found = read(one.rstrip("\n") + one)

    assert totals(found)[:3] == (6, 5, 1)


def test_lines_that_end_with_cr_alone_are_counted_and_refuse_the_file(read):
    found = read(sales(*numbered(10)) + sales(*numbered(10), end="\r"))

    assert totals(found)[:3] == (21, 10, 11)
    assert found.refused.startswith("11 of 21 rows")


def test_rows_of_nothing_but_commas_are_no_rows(read):
    found = read(sales(*numbered(2)) + ("," * 55 + "\n") * 20 + "," * 9 + "\n")

    assert totals(found)[:3] == (2, 2, 0)
    assert found.totals["skipped"] == {"rows without any value": 21}


@pytest.mark.parametrize(
    ("text", "dataset"), [(sales(), "sales_reciept"), (inventory(), INVENTORY), (targets() + "\n\n", TARGETS)]
)
def test_a_header_without_rows_is_accepted(read, text, dataset):
    found = read(text, dataset)

    assert totals(found) == (0, 0, 0, 0, "0.00")
    assert found.refused is None


# --- numbers that went through other programs


def test_numbers_that_went_through_floats_are_the_same_numbers(read):
    floats = {"CustomerNo": "2622.0", "StaffNo": "7.0", "ProductNo": "32.0", "SalesOutletNo": "5.0", "Quantity": "2.0"}
    whole = {"CustomerNo": "2622", "StaffNo": "7"}

    before, after = read(sales(whole)), read(sales(floats | {"TransactionNo": "7.0", "SaleAmount": "6.0000"}))

    assert before.totals == after.totals
    assert after.clean == before.clean


def test_a_customer_0_that_went_through_floats_is_customer_0(read):
    assert read(sales({"CustomerNo": "0.0"}, {"CustomerNo": "000"})).column("customerno") == ["0", "0"]


def test_decimals_with_zeros_at_their_end_lose_nothing(read):
    (row,) = read(sales({"UnitPrice": "3.100000", "SaleAmount": "3.1000"})).clean

    assert (str(row["unitprice"]), str(row["saleamount"])) == ("3.1000", "3.10")


def test_numbers_of_things_have_up_to_forty_digits(read):
    long = "3" * 40

    found = read(sales({"StaffNo": "30125550001234567890", "TransactionNo": long}, {"TransactionNo": long + "3"}))

    assert [(row["staffno"], row["transactionno"]) for row in found.clean] == [("30125550001234567890", long)]
    assert found.reasons == {3: [f"TransactionNo has more than 40 digits: {long}3"]}


# --- dates


@pytest.mark.parametrize("text", ["0001-01-01", "1753-01-01", "1899-12-30", "9999-12-31", "2019-05-02"])
@pytest.mark.parametrize("column", ["DateOfBirth", "CustomerSince", "StaffStartDate"])
def test_empty_dates_of_programs_are_null_and_counted(read, column, text):
    found = read(sales({column: text}))

    assert found.column(column.lower()) == [None]
    assert list(found.totals["nulled"][column.lower()].values()) == [1]


def test_a_day_of_a_till_whose_clock_was_reset_goes_to_quarantine(read):
    reset = [{"TransactionNo": "900", "TransactionDate": "2000-01-01"}]

    found = read(sales(*numbered(200), *reset))

    assert totals(found) == (201, 200, 1, 400, "1200.00")
    assert found.reasons == {202: ["TransactionDate is more than 60 days from all other dates of the file: 2000-01-01"]}
    assert found.quarantined[0].day == date(2000, 1, 1)
    assert len(found.clean) == 200  # read twice, handed on once


def test_a_clock_that_was_reset_may_run_over_midnight(read):
    days = ["2010-01-01", "2010-01-02", "2018-01-01"]

    found = read(sales(*numbered(400), *[{"TransactionDate": day} for day in days]))

    assert sorted(found.reasons) == [402, 403, 404]


def test_a_date_far_away_in_a_hundredth_of_the_lines_or_more_is_believed(read):
    assert read(sales(*numbered(99), {"TransactionDate": "2018-01-01"})).reasons == {}
    assert len(read(sales(*numbered(101), {"TransactionDate": "2018-01-01"})).reasons) == 1


def test_a_date_within_sixty_days_is_believed(read):
    near, far = (date(2019, 4, 24) - timedelta(days=days) for days in (60, 61))

    assert read(sales(*numbered(200), {"TransactionDate": near.isoformat()})).reasons == {}
    assert len(read(sales(*numbered(200), {"TransactionDate": far.isoformat()})).reasons) == 1


def test_a_stray_date_of_inventory_goes_to_quarantine_too(read):
    rows = [f"5,2019-04-24,{number},18,8,10,56" for number in range(1, 151)]

    assert list(read(inventory(*rows, "5,2005-01-01,7,18,8,10,56"), INVENTORY).reasons) == [152]


def test_targets_are_at_most_two_years_ahead(read):
    found = read(targets("5,April 2021,1,1,1,1,4", "5,June 2021,1,1,1,1,4", "5,May 2109,1,1,1,1,4"), TARGETS)

    reason = "is more than 2 years after the upload"
    assert found.reasons == {3: [f"MonthYear {reason}: June 2021"], 4: [f"MonthYear {reason}: May 2109"]}
    assert [row.day for row in found.quarantined] == [None, None]


# --- words for nothing


@pytest.mark.parametrize(
    "word",
    ["#SPILL!", "#calc!", "#NV", "#WERT!", "#N/D", "#¡VALOR!", "#NOM?", "Err:502", "\u2012", "\u2212\u2212", "---"],
)
def test_every_spreadsheets_errors_and_every_dash_are_words_for_nothing(read, word):
    assert read(sales({"CustomerFirstName": word, "ProductName": "#1!"})).clean[0]["customerfirstname"] is None
    assert read(sales({"CustomerFirstName": "Err", "ProductName": "#1!"})).clean[0]["productname"] == "#1!"


def test_words_for_nothing_are_null_and_counted(read):
    found = read(
        sales(
            {"CustomerFirstName": "null", "CustomerSurname": "nan", "CustomerEmail": "None", "Gender": "\\N"},
            {"LoyaltyCardNumber": "N/A", "ProductCategory": "-", "DateOfBirth": "#N/A", "Volume": "NaN"},
            {"LoyaltyCardNumber": "NULL", "ProductCategory": ""},
        )
    )

    assert all(value is None for name in ("customeremail", "gender", "productcategory") for value in found.column(name))
    assert {column: sum(reasons.values()) for column, reasons in found.totals["nulled"].items()} == {
        "customerfirstname": 1,
        "customersurname": 1,
        "customeremail": 1,
        "gender": 1,
        "loyaltycardnumber": 1,
        "productcategory": 1,
        "dateofbirth": 1,
        "volume": 1,
    }
    assert found.totals["unreadable"] == {}


def test_cards_in_scientific_notation_or_of_zeros_are_null_and_the_column_is_named(read):
    cards = ["9.01E+11", "0", "000-000", "522-761-02622", "N/A"]

    found = read(sales(*[{"LoyaltyCardNumber": card} for card in cards]))

    assert found.column("loyaltycardnumber") == [None, None, None, "522-761-02622", None]
    assert found.totals["unreadable"] == {"loyaltycardnumber": 3}


@pytest.mark.parametrize(("bad", "named"), [(2, {}), (3, {"dateofbirth": 3})])
def test_an_optional_column_is_named_when_more_than_a_hundredth_of_it_cannot_be_read(read, bad, named):
    good = numbered(200 - bad, DateOfBirth="1990-01-01")

    assert read(sales(*good, *numbered(bad, DateOfBirth="1/1/1990"))).totals["unreadable"] == named


# --- files saved again


def test_a_file_that_excel_saved_again_is_refused_with_each_kind_of_fault(read):
    saved = {"TransactionDate": "4/24/2019", "TransactionTime": "7:06:11", "SaleAmount": "6"}

    assert str(read(sales(*numbered(100, **saved))).refused) == (
        "100 of 100 rows break the contract, more than 1 % and more than 3."
        ' line 2: TransactionDate "4/24/2019" is not a date such as 2019-04-24'
        ' (100 rows: also line 3 "4/24/2019", line 4 "4/24/2019");'
        ' line 2: TransactionTime "7:06:11" is not a time from 00:00:00 to 23:59:59'
        ' (100 rows: also line 3 "7:06:11", line 4 "7:06:11").'
        " The quarantine table has every row with its reasons"
    )


def test_three_bad_rows_cost_no_day(read):
    found = read(sales(*numbered(20), *numbered(3, SaleAmount="6,00")))

    assert totals(found) == (23, 20, 3, 40, "120.00")
    assert found.refused is None


def test_a_resource_fork_of_a_mac_is_refused_by_its_content_too(read):
    with pytest.raises(RefusedError):
        read(b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        \x00\x02\x00\x00\x00\x09")
