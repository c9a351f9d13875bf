"""What a file's rows add up to: when too many are in quarantine, and the digests of its claims."""

from hashlib import blake2b

import pyarrow as pa
import pytest
from coffee_shop_jobs.coded_column import CodedColumn
from coffee_shop_jobs.columns import CONTRACTS, SALES
from coffee_shop_jobs.control_totals import Summary, row_digests, too_many_quarantined

from tests.include.glue.coffee_shop_jobs.reading import SALES_HEADER, sales


@pytest.mark.parametrize(
    ("rows", "bad", "refused"), [(1, 1, False), (20, 3, False), (20, 4, True), (400, 4, False), (400, 5, True)]
)
def test_a_file_is_refused_when_more_than_one_percent_and_more_than_three_rows_break_the_contract(
    read, rows, bad, refused
):
    found = read(sales(*[{}] * (rows - bad), *[{"Quantity": "0"}] * bad))

    assert (too_many_quarantined(found.summary, 0.01) is not None) == refused


def test_a_refusal_names_each_kind_of_fault_with_its_first_three_lines_columns_and_values(read):
    bad = {"TransactionDate": "4/24/2019", "CustomerSurname": "Ng", "DateOfBirth": "5/1/1990", "CustomerNo": "7"}
    lines = sales({}, bad, bad | {"TransactionTime": "8:15"}, bad, bad | {"TransactionNo": ""}).splitlines()

    found = read("\n".join([*lines, "1,2"]))

    assert too_many_quarantined(found.summary, 0.01) == (
        "5 of 6 rows break the contract, more than 1 % and more than 3."
        ' line 3: TransactionDate "4/24/2019" is not a date such as 2019-04-24'
        ' (4 rows: also line 4 "4/24/2019", line 5 "4/24/2019");'
        ' line 4: TransactionTime "8:15" is not a time from 00:00:00 to 23:59:59;'
        " line 6: TransactionNo is missing;"
        " line 7: has 2 cells; the header has 56;"
        " line 3: DateOfBirth is not a date such as 2019-04-24 (4 rows: also line 4, line 5)."
        " The quarantine table has every row with its reasons"
    )


def test_a_refusal_shortens_values_and_names_at_most_ten_kinds(read):
    needed = [column.header for column in CONTRACTS[SALES].columns if column.needed]
    bad = dict.fromkeys(needed, "x" * 100) | {"IsPromoItem": "?", "IsNewProduct": "?", "IsTaxExempt": "?"}

    reason = too_many_quarantined(read(sales(*[bad] * 4)).summary, 0.01)

    assert f'ProductNo "{"x" * 60}" is not made of digits only' in reason
    assert "; and 1 kind of fault more." in reason


def test_the_share_allowed_is_exact():
    summary = Summary(rows_read=100, rows_clean=71, rows_quarantined=29)
    summary.note_fault("Quantity", "is missing", 2)

    assert too_many_quarantined(summary, 0.29) is None
    assert too_many_quarantined(summary, 0.28) is not None


# --- digests


def test_the_digest_does_not_depend_on_the_order_of_rows_or_columns_or_on_how_values_are_written(read):
    one = read(sales({}, {"TransactionNo": "8", "Volume": "12"}))
    other = read(sales({"TransactionNo": "08 ", "Volume": "12.0"}, {}, header=SALES_HEADER[::-1], end="\r\n"))

    assert one.totals["claims"] == other.totals["claims"]


@pytest.mark.parametrize(
    "changed", [{"SaleAmount": "6.01"}, {"Gender": "F"}, {"CustomerNo": "0"}, {"WeekName": "Week 17"}]
)
def test_any_other_value_gives_another_digest(read, changed):
    before = read(sales({}, {}))
    after = read(sales({}, changed))

    assert before.totals["claims"]["2019-04-24"]["5"]["digest"] != after.totals["claims"]["2019-04-24"]["5"]["digest"]


def test_repeated_rows_do_not_cancel_out(read):
    digests = {read(sales(*[{}] * times)).totals["claims"]["2019-04-24"]["5"]["digest"] for times in range(1, 5)}

    assert len(digests) == 4


def coded(*columns):
    """Columns of text or null, each row with a value of its own."""
    return [
        CodedColumn(pa.array(range(len(values)), pa.int32()), [""] * len(values), list(values)) for values in columns
    ]


def test_control_characters_in_the_data_make_no_two_rows_alike():
    first, second = row_digests(coded(["a\x1f", "a"], ["b", "\x1fb"]))
    assert first != second
    first, second = row_digests(coded(["\x00", None], [None, "\x00"]))
    assert first != second


def test_a_row_has_the_same_digest_beside_a_row_with_control_characters():
    alone, beside = row_digests(coded(["a"], [None])), row_digests(coded(["a", "\x1f"], [None, "b"]))

    assert beside[0] == alone[0] == blake2b(b"a\x1f\x00", digest_size=16).digest()
