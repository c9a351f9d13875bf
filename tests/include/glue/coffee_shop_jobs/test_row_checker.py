"""Raw files row by row (contract 3.1): what is clean, what goes to quarantine and why."""

from datetime import date
from decimal import Decimal

import pytest
from coffee_shop_jobs.cells import Limits
from coffee_shop_jobs.columns import INVENTORY, TARGETS

from tests.include.glue.coffee_shop_jobs.reading import LINE, SALES_HEADER, inventory, sales, targets, totals

# --- clean rows


def test_a_line_of_sales_is_typed(read):
    found = read(
        sales(
            {
                "CustomerNo": "0012",
                "DateOfBirth": "1990-05-01",
                "BirthYear": "1990",
                "Volume": "12",
                "CurrentWholesalePrice": "1.25",
                "IsPromoItem": "N",
                "StoreLatitude": "40.76",
                "StorePostalCode": "01102",
                "CustomerFirstName": "Zoë ",
            }
        )
    )

    (row,) = found.clean
    assert row["transactionno"] == "7"
    assert row["transactiondate"] == date(2019, 4, 24)
    assert row["transactiontime"] == "08:15:30"
    assert (row["quantity"], row["unitprice"], row["saleamount"]) == (2, Decimal("3.0000"), Decimal("6.00"))
    assert (row["customerno"], row["dateofbirth"], row["birthyear"]) == ("12", date(1990, 5, 1), 1990)
    assert (row["volume"], row["currentwholesaleprice"], row["ispromoitem"]) == (12.0, Decimal("1.2500"), "N")
    assert (row["storelatitude"], row["storepostalcode"]) == (40.76, "01102")
    assert row["customerfirstname"] == "Zoë"
    assert row["staffno"] is None
    assert found.quarantined == []


def test_columns_are_found_by_name_whatever_their_order_and_case_and_others_are_ignored_with_a_note(read):
    header = [name.upper() for name in reversed(SALES_HEADER)]
    header.insert(3, "Till Version")
    upper = {name.upper(): value for name, value in LINE.items()}
    text = ",".join(header) + "\n" + ",".join(upper.get(name, "9") for name in header) + "\n"

    found = read(text.replace("9,", ",").replace(",9\n", ",\n"))

    assert found.summary.ignored_columns == ["Till Version"]
    assert found.clean[0]["saleamount"] == Decimal("6.00")


def test_the_corrected_spellings_are_columns_too(read):
    corrected = [name.replace("Neighorhood", "Neighborhood") for name in SALES_HEADER]

    (line,) = read(sales({"Neighborhood": "Astoria"}, header=corrected)).clean
    (stock,) = read(
        inventory(
            "5,2019-04-24,69,18,8,10,56%",
            header="SalesOutletNo,TransactionDate,ProductNo,StockQuantity,SoldQuantity,Waste,WastePercentage",
        ),
        INVENTORY,
    ).clean
    (target,) = read(
        targets("5,April 2019,1,2,3,4,10", header="SalesOutletNo,MonthYear,Beans,Beverage,Food,Merchandise,TotalGoal"),
        TARGETS,
    ).clean

    assert line["neighorhood"] == "Astoria"
    assert (stock["stoctquantity"], stock["wastepercentage"]) == (18, 56.0)
    assert target["merchendise"] == Decimal("4.00")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_a_bom_make_no_difference(read, end, bom):
    found = read(bom + sales({}, {"TransactionNo": "8"}, end=end).encode())

    assert [row["transactionno"] for row in found.clean] == ["7", "8"]
    assert found.clean[0]["year"] is None
    assert found.summary.skipped == {}


def test_quoted_commas_quotes_and_newlines_belong_to_the_cell(read):
    found = read(sales({"ProductDescription": 'A "big" cup,\nvery hot'}, {"TransactionNo": "8"}))

    assert found.clean[0]["productdescription"] == 'A "big" cup,\nvery hot'
    assert found.summary.rows_read == 2


def test_empty_lines_are_no_rows_and_the_last_line_needs_no_end(read):
    found = read(sales({}).replace("\n", "\n\n  \n").rstrip())

    assert (found.summary.rows_read, found.summary.rows_clean) == (1, 1)


def test_a_row_can_be_repeated_in_sales_and_counts_each_time(read):
    found = read(sales({}, {}, {}))

    assert found.totals["claims"]["2019-04-24"]["5"].items() >= totals(1, 3, 6, "18.00")


def test_a_promotion_can_make_an_amount_zero_and_an_amount_need_not_be_quantity_times_price(read):
    found = read(sales({"SaleAmount": "0", "UnitPrice": "0"}, {"SaleAmount": "5.99"}))

    assert [row["saleamount"] for row in found.clean] == [Decimal("0.00"), Decimal("5.99")]


def test_a_value_that_cannot_be_read_elsewhere_becomes_null_and_is_counted_with_its_reason(read):
    found = read(
        sales(
            {"CurrentWholesalePrice": "1,25", "CustomerNo": "A7", "IsPromoItem": "yes"},
            {"CurrentWholesalePrice": "-1", "DateOfBirth": "31 Feb"},
            {"CurrentWholesalePrice": "1,30", "StaffStartDate": "99-01-01"},
        )
    )

    assert [row["currentwholesaleprice"] for row in found.clean] == [None, None, None]
    assert found.totals["nulled"] == {
        "currentwholesaleprice": {"is negative": 1, "is not a number such as 1234.50": 2},
        "customerno": {"is not made of digits only": 1},
        "dateofbirth": {"is not a date such as 2019-04-24": 1},
        "ispromoitem": {"is not Y or N": 1},
        "staffstartdate": {"is not a date such as 2019-04-24": 1},
    }
    assert found.summary.rows_clean == 3


# --- quarantine


def test_a_row_in_quarantine_has_its_line_its_text_and_every_reason(read):
    text = sales({}, {"TransactionTime": "24:00:00", "Quantity": "1001", "TransactionNo": ""}, {})

    found = read(text)

    (row,) = found.quarantined
    assert row.line == 3
    assert row.text == text.splitlines()[2]
    assert row.reasons == [
        "TransactionNo is missing",
        "TransactionTime is not a time from 00:00:00 to 23:59:59: 24:00:00",
        "Quantity is not from -1,000 to 1,000: 1001",
    ]
    assert row.day == date(2019, 4, 24)
    totals = found.totals
    assert (totals["rows_read"], totals["rows_clean"], totals["rows_quarantined"]) == (3, 2, 1)


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("TransactionDate", "31 Feb", "is not a date such as 2019-04-24: 31 Feb"),
        ("TransactionDate", "19-04-24", "is not a date such as 2019-04-24: 19-04-24"),
        ("TransactionDate", "2019-05-02", "is later than the day after the upload, 2019-05-01: 2019-05-02"),
        ("SaleAmount", "1,234.50", "is not a number such as 1234.50: 1,234.50"),
        ("SaleAmount", "6.001", "has more than 2 decimals: 6.001"),
        ("UnitPrice", "3.00001", "has more than 4 decimals: 3.00001"),
        ("UnitPrice", "NULL", "is missing"),
        ("SalesOutletNo", "Astoria", "is not made of digits only: Astoria"),
        ("ProductNo", "  ", "is missing"),
    ],
)
def test_a_needed_value_that_cannot_be_read_sends_the_row_to_quarantine(read, column, text, reason):
    found = read(sales({}, {column: text}))

    assert found.reasons == {3: [f"{column} {reason}"]}


def test_refunds_are_sales_with_a_minus_and_are_counted(read):
    found = read(
        sales(
            {},
            {"Quantity": "-1", "SaleAmount": "-3.50"},
            {"SaleAmount": "-2"},  # a discount
            {"Quantity": "-2"},  # a till that writes the minus once
            {"UnitPrice": "-1"},
        )
    )

    assert [(row["quantity"], row["saleamount"]) for row in found.clean] == [
        (2, Decimal("6.00")),
        (-1, Decimal("-3.50")),
        (2, Decimal("-2.00")),
        (-2, Decimal("6.00")),
    ]
    assert found.reasons == {6: ["UnitPrice is negative: -1"]}
    assert found.totals["refunds"] == {"rows": 3, "amount": "0.50"}
    assert found.totals["claims"]["2019-04-24"]["5"].items() >= totals(1, 4, 1, "6.50")


def test_the_largest_quantity_is_a_setting(read):
    text = sales({"Quantity": "51"})

    assert read(text, limits=Limits.of_upload(date(2019, 4, 30), 51)).quarantined == []
    assert read(text, limits=Limits.of_upload(date(2019, 4, 30), 50)).reasons == {
        2: ["Quantity is not from -50 to 50: 51"]
    }


def test_a_row_with_too_many_or_too_few_cells_goes_to_quarantine(read):
    lines = sales({}, {}, {}).splitlines()
    lines[1] += ",more"
    lines[2] = lines[2].rpartition(",")[0]

    found = read("\n".join(lines))

    assert found.reasons == {2: ["has 57 cells; the header has 56"], 3: ["has 55 cells; the header has 56"]}
    assert found.summary.rows_clean == 1


def test_the_line_number_counts_lines_of_the_file_also_behind_quoted_newlines(read):
    found = read(sales({"ProductName": "two\nlines"}, {"Quantity": "x"}))

    assert found.reasons == {4: ["Quantity is not a whole number: x"]}


def test_broken_quotes_cost_their_own_row_only(read):
    lines = sales({"ProductName": "quote"}, {"TransactionNo": "8"}).splitlines()
    lines[1] = lines[1].replace("quote", '"quo"te')

    found = read("\n".join(lines) + "\n")

    assert [row["transactionno"] for row in found.clean] == ["8"]
    assert found.quarantined[0].text == lines[1]
    assert found.quarantined[0].reasons[0].startswith("quotes or line ends are not as in RFC 4180")


def test_a_row_in_quarantine_says_which_receipt_it_belongs_to_if_it_can(read):
    found = read(
        sales(
            {"TransactionNo": "007", "Quantity": "two"},
            {"TransactionTime": "25:00:00"},
            *[{}] * 400,
        )
    )
    assert [row.receipt for row in found.quarantined] == ["5 2019-04-24 7 08:15:30", None]


def test_a_row_of_inventory_belongs_to_a_product_of_an_outlet_s_day(read):
    found = read(
        inventory("3,2019-13-24,70,10,6,4,40", "3,2019-04-24,70,10,6,4,40", "3,2019-04-24,70,11,6,4,40"), INVENTORY
    )
    assert [row.receipt for row in found.quarantined] == [None, "3 2019-04-24 70", "3 2019-04-24 70"]


# --- inventory and targets


def test_inventory_is_typed_and_its_claim_counts_what_was_sold(read):
    found = read(inventory("05,2019-04-24,069,18,8,10,56", "5,2019-04-24,70,18,NULL,x,56%"), INVENTORY)

    assert [tuple(row.values()) for row in found.clean] == [
        ("5", date(2019, 4, 24), "69", 18, 8, 10, 56.0),
        ("5", date(2019, 4, 24), "70", 18, None, None, 56.0),
    ]
    assert found.totals["nulled"] == {"waste": {"is not a whole number": 1}}
    assert found.totals["claims"]["2019-04-24"]["5"].items() >= totals(2, 2, 8, "0.00")


def test_all_rows_of_a_repeated_inventory_key_go_to_quarantine_also_when_written_differently(read):
    found = read(
        inventory(
            "5,2019-04-24,69,18,8,10,56",
            "5,2019-04-24,70,1,1,0,0",
            "05,2019-04-24,069,18,8,10,56",
            "5,2019-04-25,69,18,8,10,56",
        ),
        INVENTORY,
    )

    reason = "the key is in more than one row of this file: 5, 2019-04-24, 69"
    assert found.reasons == {2: [reason], 4: [reason]}
    assert found.summary.rows_clean == 2


def test_a_key_that_cannot_be_read_is_no_repeated_key(read):
    found = read(inventory("5,2019-04-24,x,18,8,10,56", "5,2019-04-24,x,18,8,10,56"), INVENTORY)

    assert set(map(tuple, found.reasons.values())) == {("ProductNo is not made of digits only: x",)}


def test_targets_are_typed_and_claim_months(read):
    found = read(targets("5,April 2019,20000,75000.50,30000,5000,130000.50", "3,May 2019,NULL,1,,2,3"), TARGETS)

    assert [tuple(row.values()) for row in found.clean] == [
        ("5", "April 2019", *map(Decimal, ("20000.00", "75000.50", "30000.00", "5000.00", "130000.50"))),
        ("3", "May 2019", None, Decimal("1.00"), None, Decimal("2.00"), Decimal("3.00")),
    ]
    assert list(found.totals["claims"]) == ["2019-04", "2019-05"]
    assert found.totals["claims"]["2019-04"]["5"].items() >= totals(1, 1, 0, "130000.50")
    assert found.totals["claims"]["2019-05"]["3"].items() >= totals(1, 1, 0, "3.00")


def test_all_rows_of_a_repeated_target_key_go_to_quarantine(read):
    found = read(targets("5,April 2019,1,1,1,1,4", "5,april 2019,2,2,2,2,8", "6,April 2019,1,1,1,1,4"), TARGETS)

    reason = "the key is in more than one row of this file: 5, April 2019"
    assert found.reasons == {2: [reason], 3: [reason]}
