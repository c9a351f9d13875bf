"""The receipts with a row in quarantine, as a file to mend: header in place, clean lines with the bad ones."""

import pytest
from coffee_shop_jobs.columns import CONTRACTS, SALES
from coffee_shop_jobs.mending import whole_receipts
from coffee_shop_jobs.records import RefusedError

from tests.include.glue.coffee_shop_jobs.reading import sales


def line(number, time, product, **changed):
    cells = {"TransactionNo": number, "TransactionTime": time, "ProductNo": product}
    return {"SalesOutletNo": "3", "TransactionDate": "2019-04-01", **cells, **changed}


@pytest.fixture
def till_file(tmp_path):
    def write(*rows):
        path = tmp_path / "april.csv"
        path.write_text(sales(*rows))
        return path

    return write


def lines_of(path, *receipts):
    """Which lines of the file are in the mended one."""
    all_lines = path.read_text(encoding="utf-8-sig").splitlines()
    header, *rows = whole_receipts(path, CONTRACTS[SALES], set(receipts))
    assert header == all_lines[0]
    return [all_lines.index(row) + 1 for row in rows]


def test_the_clean_lines_of_a_receipt_come_with_the_bad_one(till_file):
    path = till_file(
        line("7", "10:00:00", "22"),  # line 2
        line("8", "10:05:00", "22"),
        line("0007", "10:00:00", "70", Quantity="x"),
        line("7", "18:00:00", "22"),  # another register's number 7
        line("7", "10:00:00", "35"),
    )
    assert lines_of(path, "3 2019-04-01 7 10:00:00") == [2, 4, 6]


def test_a_line_that_cannot_be_split_into_cells_belongs_to_no_receipt(till_file):
    path = till_file(line("7", "10:00:00", "22"), line("7", "10:00:00", "70"))
    path.write_text(path.read_text().replace("2019-04-01,10:00:00", '2019-04-01,"10:00:00', 1))
    assert lines_of(path, "3 2019-04-01 7 10:00:00") == [3]


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "notes.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(RefusedError):
        list(whole_receipts(path, CONTRACTS[SALES], {"3 2019-04-01 7 10:00:00"}))
