"""Which rows `make quarantine` shows, and what it says about those that no file of receipts can mend."""

from coffee_shop.lake.ledger import empty_ledger

from laptop.quarantine import BadRow, lines_to_mend_in_place, rows_that_count

APRIL, STOCK = "sales-reciept/april.csv", "pastry-inventory/april.csv"


def bad_row(line, key=APRIL, version="v2", receipt="3 2019-04-01 7 10:00:00"):
    dataset = "pastry_inventory" if key == STOCK else "sales_reciept"
    return BadRow(dataset, key, version, line, "2019-04-01", receipt, "Quantity is zero")


def test_rows_of_versions_that_count_are_shown_alone():
    ledger = empty_ledger()
    ledger["files"]["sales_reciept"] = {APRIL: {"holding": {"version_id": "v2"}}}  # type: ignore[typeddict-item]
    ledger["files"]["pastry_inventory"] = {STOCK: {"holding": None}}  # type: ignore[typeddict-item]  # refused
    rows = [bad_row(4), bad_row(4, version="v1"), bad_row(9, STOCK, "v5")]
    assert rows_that_count(rows, ledger) == [bad_row(4)]


def test_a_file_with_a_row_of_no_known_receipt_is_mended_itself_with_all_its_lines():
    rows = [
        bad_row(4),
        bad_row(5, receipt=None),
        bad_row(3, STOCK, receipt="3 2019-04-01 70"),
        bad_row(9, "sales-reciept/b.csv"),
    ]
    assert lines_to_mend_in_place(rows) == {STOCK: "line 3", APRIL: "lines 4, 5"}


def test_a_correction_is_mended_itself_because_it_counts_alone():
    for correction in ("sales-reciept/corrections/day.csv", "sales-reciept/Corrections/day.csv"):
        assert lines_to_mend_in_place([bad_row(4, correction)]) == {correction: "line 4"}
