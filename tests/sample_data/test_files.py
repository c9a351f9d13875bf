"""The files keep the contract: the load's own reader takes every row of them."""

import datetime

import pytest
from coffee_shop_jobs.cells import Limits
from coffee_shop_jobs.columns import CONTRACTS
from coffee_shop_jobs.raw_file import read_file

from sample_data.files import Request, write_files

FOLDERS = {
    "sales_reciept": "sales-reciept/SalesReciept-2019-04.csv",
    "pastry_inventory": "pastry-inventory/PastryInventory-2019-04.csv",
    "sales_target": "sales-target/SalesTarget-2019-04.csv",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("samples")
    list(write_files(Request(datetime.date(2019, 4, 1), datetime.date(2019, 4, 30), "month", 2019, 50_000), made))
    return made


@pytest.mark.parametrize(
    ("dataset", "rows"), [("sales_reciept", 50_000), ("pastry_inventory", 1044), ("sales_target", 5)]
)
def test_no_row_goes_to_quarantine_and_no_value_is_lost(folder, dataset, rows):
    numbers, quarantined = [], []
    limits = Limits.of_upload(datetime.date(2019, 5, 1), 1000)
    summary = read_file(
        folder / FOLDERS[dataset],
        CONTRACTS[dataset],
        limits,
        lambda columns: numbers.extend(columns[0]),
        quarantined.extend,
        numbers.clear,
    )
    assert quarantined == []
    assert summary.rows_clean == len(numbers) == rows
    assert summary.nulled == {}
    assert summary.ignored_columns == []
