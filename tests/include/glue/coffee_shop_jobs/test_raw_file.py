"""Raw files as a whole (contract 3.1): which are refused, and rows in whichever chunk."""

import pytest
from coffee_shop_jobs import chunks
from coffee_shop_jobs.columns import INVENTORY
from coffee_shop_jobs.records import RefusedError

from tests.include.glue.coffee_shop_jobs.reading import inventory, sales, totals


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the file has no bytes; expected a header line and rows"),
        (b"\xef\xbb\xbf", "the file is blank; expected a header line and rows"),
        ("\n\n", "the file is blank; expected a header line and rows"),
        (inventory("1,2019-04-24,1,1,1,1,1").replace(",", ";"), "the header's separator is a semicolon; expected a"),
        (inventory("1,2019-04-24,1,1,1,1,1").replace(",", "\t"), "the header's separator is a tab; expected a comma"),
        (inventory("1,2019-04-24,1,1,1,1,1").replace(",", "|"), "the header's separator is a vertical bar; expected"),
        (
            inventory("1,1,1,1", header="SalesOutletNo,ProductNo,SoldQuantity,Waste"),
            "line 1: the header misses Transacti",
        ),
        (
            inventory(
                "",
                header="ProductNo,SalesOutletNo,TransactionDate,ProductNo,StoctQuantity,SoldQuantity,Waste,"
                "WastePercentage",
            ),
            "line 1: the header has ProductNo more than once; expected each column once",
        ),
        (
            inventory(
                "",
                header="SalesOutletNo,TransactionDate,ProductNo,StockQuantity,StoctQuantity,SoldQuantity,"
                "Waste,WastePercentage",
            ),
            "line 1: the header has StoctQuantity more than once",
        ),
        (
            inventory("5,2019-04-24,69,18,8,10,56").encode() + b"5,2019-04-24,70,caf\xe9,8,10,56\n",
            "line 3, byte 20: 0xe9 is not UTF-8; expected UTF-8",
        ),
        (inventory("5,2019-04-24,69,18,8,10,56").encode("utf-16"), "line 1, byte 1: 0xff is not UTF-8"),
        (
            inventory(
                "", header="ProductNo,ProductNo,SalesOutletNo,TransactionDate,SoldQuantity,Waste,WastePercentage"
            ),
            "line 1: the header misses StoctQuantity and has ProductNo more than once; expected each column once",
        ),
        (
            inventory(
                "5,2019-04-24,69,18,8,10,56",
                "ProductNo,SalesOutletNo,TransactionDate,StoctQuantity,SoldQuantity,Waste,WastePercentage",
            ),
            "line 3: a second header has its columns in another order; expected one header a file",
        ),
        *(
            (
                above + "\n" + inventory("5,2019-04-24,69,18,8,10,56"),
                "line 1: the header misses every column, SalesOutletNo to WastePercentage; expected it as the file's first",
            )
            for above in ("sep=,", "# till 3, April", "Table 1", "PK\x03\x04")
        ),
        *(
            (
                inventory("").replace("ProductNo", name),
                f'line 1: the header misses ProductNo; expected each column once, not "{shown}"',
            )
            for name, shown in (("Product No", "Product No"), ("\u200bProductNo", "\\u200bProductNo"))
        ),
        (
            inventory("5,2019-04-24,69,18,8,10,Jane").replace("WastePercentage\n", "WastePercentage\u2028"),
            'line 1: the header misses WastePercentage; expected each column once, not "WastePercentage\\u20285"',
        ),
        (
            inventory("5,2019-04-24,69,18,8,10,56").encode("utf-16-le"),
            "line 1: the header has NUL bytes, as in UTF-16; expected UTF-8",
        ),
        (
            'a,b\rc,"d"\r',
            "line 1, the header: quotes or line ends are not as in RFC 4180: a carriage return within the line",
        ),
    ],
)
def test_a_file_that_breaks_the_contract_is_refused_with_what_was_expected(read, text, reason):
    with pytest.raises(RefusedError) as refused:
        read(text, INVENTORY)

    assert str(refused.value).startswith(reason)
    assert "Jane" not in str(refused.value)  # a value may be a person's


def test_a_byte_that_is_not_utf8_is_found_far_down_in_the_file(read):
    rows = [f"5,2019-04-24,{number},18,8,10,56" for number in range(5000)]

    with pytest.raises(RefusedError, match="line 5002, byte 1: 0xff"):
        read(inventory(*rows).encode() + b"\xff\n", INVENTORY)


def test_a_byte_that_is_not_utf8_in_a_column_that_nobody_reads_refuses_the_file_too(read):
    header, row = sales({}).splitlines()

    with pytest.raises(RefusedError, match="line 2, byte"):
        read(f"{header},Remark\n{row},Caf".encode() + b"\xe9\n")


def test_reasons_come_from_whichever_chunk_the_row_is_in(read, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK", 2)

    found = read(sales({}, {"Quantity": "x"}, {}, {}, {"Quantity": "y"}))

    assert found.reasons == {3: ["Quantity is not a whole number: x"], 6: ["Quantity is not a whole number: y"]}
    assert found.totals["claims"]["2019-04-24"]["5"].items() >= totals(1, 3, 6, "18.00")
