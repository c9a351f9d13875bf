"""The load goes on with what is there: a first upload that is broken, then sales without inventory and targets."""

import json
from typing import Any

import pytest

from tests.dags.lake import events, not_green, parsed, query, run
from tests.dags.till_files import sales

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SHOP = "sales-reciept/shop.csv"


@pytest.fixture(scope="module")
def dag(airflow_database: None, stack: dict[str, str]) -> Any:
    return parsed("coffee_shop_load")


@pytest.fixture(scope="module")
def broken(dag: Any, s3: Any, stack: dict[str, str]) -> Any:
    s3.put_object(Bucket=stack["COFFEE_SHOP_RAW_BUCKET"], Key=SHOP, Body=sales())
    return run(dag)


def test_a_first_upload_that_is_refused_fails_the_gate_alone(broken: Any, s3: Any, stack: dict[str, str]) -> None:
    failed = {task: state for task, state in not_green(broken).items() if state != "skipped"}
    ledger = json.loads(s3.get_object(Bucket=stack["COFFEE_SHOP_STATE_BUCKET"], Key="ledger.json")["Body"].read())
    assert failed == {"gate": "failed"}
    assert ledger["loads"][-1]["refused"] == [SHOP]
    assert events("coffee_shop_conform")[-1]["changed_dates"] == []


@pytest.fixture(scope="module")
def mended(broken: Any, dag: Any, s3: Any, stack: dict[str, str]) -> Any:
    row = {"Quantity": "2", "SaleAmount": "6.00"}
    s3.put_object(Bucket=stack["COFFEE_SHOP_RAW_BUCKET"], Key=SHOP, Body=sales(row, {"TransactionNo": "2"}))
    return run(dag)


def test_sales_alone_are_loaded(mended: Any, stack: dict[str, str]) -> None:
    assert not_green(mended) == {"files_there[0]": "skipped", "files_there[1]": "skipped"}
    assert mended.state == "success"
    assert query("select count(*), sum(quantity), sum(saleamount) from sales_reciept", stack) == [("2", "3", "9.00")]
    assert query("select count(*) from sales_target", stack) == [("0",)]
    assert events("coffee_shop_conform")[-1]["changed_dates"] == ["2019-04-01"]
