"""The whole load, by ``dag.test()`` against the local AWS with the template applied: figures against rows by hand.

The tests tell one story, in the order of this file: each fixture is a run of the load that the next one builds on.
"""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests.dags.lake import events, not_green, objects, parsed, query, run, states
from tests.dags.till_files import inventory, sales, targets

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

APRIL = "sales-reciept/april.csv"
LATE = "sales-reciept/late.csv"
BROKEN = "sales-reciept/broken.csv"
FIX = "sales-reciept/corrections/second.csv"

# the till's numbers begin again at every outlet: outlet 5 has a transaction 1 on the first of April as well
APRIL_SALES = sales(
    {"TransactionNo": "1", "Quantity": "2", "SaleAmount": "6.00"},
    {"TransactionNo": "1", "ProductNo": "70", "ProductCategory": "Bakery", "UnitPrice": "2.50", "SaleAmount": "2.50"},
    # the same product rung up twice: both count
    {"TransactionNo": "2", "TransactionTime": "09:00:00", "CustomerNo": "NULL", "StaffNo": "NULL"},
    {"TransactionNo": "2", "TransactionTime": "09:00:00", "CustomerNo": "NULL", "StaffNo": "NULL"},
    {"TransactionNo": "1", "SalesOutletNo": "5", "Neighorhood": "Downtown"},
    {"TransactionNo": "1", "TransactionDate": "2019-04-02", "Quantity": "4", "SaleAmount": "10.00"},
    {"TransactionDate": "2019-04-03", "SalesOutletNo": "5", "SaleAmount": "7.00", "Neighorhood": "Lower Manhattan"},
)
APRIL_DAYS = [
    # outlet, day, lines, transactions, items, income
    ("3", "2019-04-01", "4", "2", "5", "14.50"),
    ("3", "2019-04-02", "1", "1", "4", "10.00"),
    ("5", "2019-04-01", "1", "1", "1", "3.00"),
    ("5", "2019-04-03", "1", "1", "1", "7.00"),
]
DAYS = """
select
    salesoutletno,
    business_date,
    count(*) as n_lines,
    count(distinct transaction_id) as n_transactions,
    sum(quantity) as items,
    sum(saleamount) as income
from sales_reciept
inner join sales_outlet on sales_reciept.salesoutlet_id = sales_outlet.salesoutlet_id
group by salesoutletno, business_date
order by salesoutletno, business_date
"""


@pytest.fixture(scope="module")
def dag(airflow_database: None, stack: dict[str, str]) -> Any:
    """The load, parsed with the names of the stack."""
    return parsed("coffee_shop_load")


@pytest.fixture(scope="module")
def raw(stack: dict[str, str]) -> str:
    return stack["COFFEE_SHOP_RAW_BUCKET"]


def state_of(s3: Any, stack: dict[str, str], key: str) -> Any:
    return json.loads(s3.get_object(Bucket=stack["COFFEE_SHOP_STATE_BUCKET"], Key=key)["Body"].read())


def table_objects(s3: Any, stack: dict[str, str]) -> dict[str, Any]:
    """All objects of clean and conform."""
    return objects(s3, stack["COFFEE_SHOP_CLEAN_BUCKET"]) | {
        f"conform/{key}": found for key, found in objects(s3, stack["COFFEE_SHOP_CONFORM_BUCKET"]).items()
    }


# --- nothing there


@pytest.fixture(scope="module")
def without_sales(dag: Any, s3: Any, raw: str) -> Any:
    s3.put_object(Bucket=raw, Key="pastry-inventory/april.csv", Body=inventory({}))
    return run(dag)


def test_without_any_sales_the_run_fails_and_says_where_it_looked(
    without_sales: Any, raw: str, stack: dict[str, str], s3: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    found = states(without_sales)
    assert without_sales.state == "failed"
    assert found["what_is_new"] == "failed"
    assert [found[f"files_there[{n}]"] for n in range(3)] == ["skipped", "success", "skipped"]
    assert state_of(s3, stack, "lease.json")["run_id"] is None


# --- a first load


@pytest.fixture(scope="module")
def first(without_sales: Any, dag: Any, s3: Any, raw: str) -> Any:
    s3.put_object(Bucket=raw, Key=APRIL, Body=APRIL_SALES)
    s3.put_object(Bucket=raw, Key="sales-target/2019.csv", Body=targets({}, {"SalesOutletNo": "9"}))
    return run(dag, {"bucket": raw, "key": APRIL, "version": "whatever the event said"})


def test_the_first_load_is_green(first: Any) -> None:
    assert not_green(first) == {}
    assert first.state == "success"


def test_figures_of_the_first_load(first: Any, stack: dict[str, str]) -> None:
    assert query(DAYS, stack) == APRIL_DAYS


def test_members_of_the_first_load(first: Any, stack: dict[str, str]) -> None:
    assert query("select customerno, customersurname from customer order by customerno", stack) == [
        ("0", None),
        ("101", "Key"),
    ]
    # the attributes of the latest sale; outlet 9 is in the targets only: a number and nulls
    assert query("select salesoutletno, neighbourhood from sales_outlet order by salesoutletno", stack) == [
        ("3", "Astoria"),
        ("5", "Lower Manhattan"),
        ("9", None),
    ]
    assert query("select count(*), min(date), max(date) from date", stack) == [("30", "2019-04-01", "2019-04-30")]
    assert query(
        "select salesoutletno, monthyear, totalgoal from sales_target inner join sales_outlet"
        " on sales_target.salesoutlet_id = sales_outlet.salesoutlet_id order by 1",
        stack,
    ) == [("3", "April 2019", "375.00"), ("9", "April 2019", "375.00")]
    assert query("select stoctquantity, soldquantity, waste, wastepercentage from pastry_inventory", stack) == [
        ("10", "6", "4", "40.0")
    ]


def test_the_ledger_and_the_control_totals_of_the_first_load(first: Any, s3: Any, stack: dict[str, str]) -> None:
    ledger = state_of(s3, stack, "ledger.json")
    holding = ledger["files"]["sales_reciept"][APRIL]["holding"]
    assert ledger["revision"] == 1
    assert [load["run_id"] for load in ledger["loads"]] == [first.run_id]
    assert (holding["rows_read"], holding["rows_clean"], holding["rows_quarantined"]) == (7, 7, 0)
    assert (holding["quantity"], holding["amount"]) == (11, "34.50")
    assert ledger["days"]["sales_reciept"]["2019-04-01"]["5"]["amount"] == "3.00"
    assert ledger["days"]["sales_target"]["2019-04"]["9"]["key"] == "sales-target/2019.csv"
    assert "pending.json" not in objects(s3, stack["COFFEE_SHOP_STATE_BUCKET"])
    assert state_of(s3, stack, "lease.json")["last_run_id"] == first.run_id


def test_the_assets_event_names_the_dates(first: Any, s3: Any, stack: dict[str, str]) -> None:
    event = events("coffee_shop_conform")[-1]
    assert event["load_id"] == state_of(s3, stack, "ledger.json")["loads"][0]["load_id"]
    assert event["changed_dates"] == ["2019-04-01", "2019-04-02", "2019-04-03"]


def test_every_table_and_column_has_a_comment(first: Any, stack: dict[str, str]) -> None:
    import boto3

    tables = boto3.client("glue").get_tables(DatabaseName=stack["COFFEE_SHOP_CONFORM_DATABASE"])["TableList"]
    assert len(tables) == 8
    for table in tables:
        assert table["Description"]
        columns = table["StorageDescriptor"]["Columns"] + table["PartitionKeys"]
        assert [column["Name"] for column in columns if not column.get("Comment")] == []


# --- nothing new


@pytest.fixture(scope="module")
def nothing_new(first: Any, dag: Any, s3: Any, stack: dict[str, str]) -> Any:
    before = table_objects(s3, stack), state_of(s3, stack, "ledger.json")
    dag_run = run(dag)
    assert (table_objects(s3, stack), state_of(s3, stack, "ledger.json")) == before
    return dag_run


def test_nothing_new_ends_green_and_early(nothing_new: Any) -> None:
    assert nothing_new.state == "success"
    assert {task for task, state in states(nothing_new).items() if state == "success"} == {"quiet", "what_is_new"}
    assert set(not_green(nothing_new).values()) == {"skipped"}


# --- another load is running


@pytest.fixture(scope="module")
def second_in_line(nothing_new: Any, dag: Any, s3: Any, stack: dict[str, str]) -> Any:
    from coffee_shop import load
    from coffee_shop.lease import release_lease, take_lease

    bucket, now, tried = stack["COFFEE_SHOP_STATE_BUCKET"], datetime.now(UTC), []
    assert take_lease(s3, bucket, "somebody else's run", now=now, lasts=timedelta(hours=9)) is None
    try_lease = load.try_lease

    def try_and_let_the_other_end(context: Any) -> str | None:
        tried.append(try_lease(context))
        release_lease(s3, bucket, "somebody else's run", now=now)
        return tried[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load, "try_lease", try_and_let_the_other_end)
        return SimpleNamespace(run=run(dag), tried=tried)


def test_a_second_run_waits_and_then_goes_on(second_in_line: Any) -> None:
    assert second_in_line.tried == ["somebody else's run", None]
    assert second_in_line.run.state == "success"


# --- a correction, the same file again, a refused file and a day that shrinks


@pytest.fixture(scope="module")
def corrected(second_in_line: Any, dag: Any, s3: Any, raw: str, stack: dict[str, str]) -> Any:
    before = table_objects(s3, stack)
    s3.put_object(Bucket=raw, Key=APRIL, Body=APRIL_SALES)
    second = {"TransactionDate": "2019-04-02"}
    s3.put_object(
        Bucket=raw,
        Key=FIX,
        Body=sales(second | {"SaleAmount": "12.00"}, second | {"TransactionNo": "2", "SaleAmount": "1.00"}),
    )
    s3.put_object(Bucket=raw, Key=BROKEN, Body=sales({}, without=["Quantity"]))
    s3.put_object(Bucket=raw, Key=LATE, Body=sales({"TransactionNo": "9", "SaleAmount": "1.00"}))
    return SimpleNamespace(run=run(dag), before=before)


CORRECTED_DAYS = [
    ("3", "2019-04-01", "1", "1", "1", "1.00"),
    ("3", "2019-04-02", "2", "2", "2", "13.00"),
    ("5", "2019-04-01", "1", "1", "1", "3.00"),
    ("5", "2019-04-03", "1", "1", "1", "7.00"),
]


def test_only_the_gate_fails_and_all_else_is_published(corrected: Any, stack: dict[str, str]) -> None:
    assert not_green(corrected.run) == {"files_there": "skipped", "gate": "failed"}
    assert corrected.run.state == "failed"
    assert query(DAYS, stack) == CORRECTED_DAYS


def test_the_gate_names_file_reason_and_both_keys(
    corrected: Any, s3: Any, stack: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowFailException
    from coffee_shop import load

    context = fake_context(corrected.run, state_of(s3, stack, "ledger.json")["loads"][-1]["load_id"])
    with pytest.raises(AirflowFailException) as refused:
        load.gate(**context)
    words = str(refused.value)
    assert f"{BROKEN}: " in words
    assert "Quantity" in words
    assert f"outlet 3 on 2019-04-01: from {APRIL} (4 rows, 14.50) to {LATE} (1 rows, 1.00)" in words
    assert FIX not in words


def test_a_day_that_no_new_file_touches_keeps_its_objects(corrected: Any, s3: Any, stack: dict[str, str]) -> None:
    after = table_objects(s3, stack)
    third = [key for key in after if "2019-04-03" in key]
    assert sorted(third) == [
        "conform/sales_reciept/business_date=2019-04-03/data.parquet",
        "sales_reciept/date=2019-04-03/data.parquet",
    ]
    assert {key: after[key] for key in third} == {key: corrected.before[key] for key in third}
    changed = {key for key in after if "date=" in key and after[key] != corrected.before.get(key)}
    assert {key for key in changed if "sales_reciept" in key} == {
        f"{place}={day}/data.parquet"
        for place in ("conform/sales_reciept/business_date", "sales_reciept/date")
        for day in ("2019-04-01", "2019-04-02")
    }
    assert not [key for key in changed if "pastry_inventory" in key]


def test_the_event_has_the_dates_that_changed(corrected: Any) -> None:
    assert events("coffee_shop_conform")[-1]["changed_dates"] == ["2019-04-01", "2019-04-02"]


def test_a_refused_file_stays_open_without_failing_again(corrected: Any, dag: Any, s3: Any, stack: Any) -> None:
    from coffee_shop.ledger import open_files

    again = run(dag)
    assert again.state == "success"
    assert [file["key"] for file in open_files(state_of(s3, stack, "ledger.json"))] == [BROKEN]


def test_a_job_of_an_older_run_refuses_to_go_on(corrected: Any, first: Any, s3: Any, stack: dict[str, str]) -> None:
    from airflow.sdk.exceptions import AirflowFailException
    from coffee_shop import guards

    load_id = state_of(s3, stack, "ledger.json")["loads"][0]["load_id"]
    context = fake_context(first, load_id) | {"task": SimpleNamespace(job_name="coffee-shop-conform-relations")}
    with pytest.raises(AirflowFailException, match="what_is_new"):
        guards.before_job(context)
    guards.release(context)


def fake_context(dag_run: Any, load_id: str) -> dict[str, Any]:
    """What a cleared task of a run sees."""
    ti = SimpleNamespace(xcom_pull=lambda **arguments: load_id, get_dagrun_state=lambda *arguments: "success")
    return {"run_id": dag_run.run_id, "ti": ti, "dag": SimpleNamespace(dag_id="coffee_shop_load"), "dag_run": dag_run}


# --- withdraw and reload


@pytest.fixture(scope="module")
def withdrawn(corrected: Any, dag: Any, s3: Any, stack: dict[str, str]) -> Any:
    # somebody damaged a day by hand
    damaged = "sales_reciept/business_date=2019-04-03/data.parquet"
    source = {"Bucket": stack["COFFEE_SHOP_CONFORM_BUCKET"], "Key": damaged.replace("-03", "-02")}
    s3.copy_object(Bucket=stack["COFFEE_SHOP_CONFORM_BUCKET"], Key=damaged, CopySource=source)
    # as on AWS: tasks wait in the triggerer
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COFFEE_SHOP_DEFERRABLE", "1")
        deferring = parsed("coffee_shop_load")
    assert deferring.get_task("partition_data").deferrable
    return run(deferring, {"withdraw": [LATE, FIX, BROKEN], "reload_all": True})


def test_withdrawing_gives_the_days_back_and_reload_equals_a_first_load(withdrawn: Any, stack: dict[str, str]) -> None:
    assert not_green(withdrawn) == {"files_there": "skipped"}
    assert withdrawn.state == "success"
    assert query(DAYS, stack) == APRIL_DAYS


def test_the_ledger_keeps_who_withdrew(withdrawn: Any, s3: Any, stack: dict[str, str]) -> None:
    from coffee_shop.ledger import open_files

    ledger = state_of(s3, stack, "ledger.json")
    files = ledger["files"]["sales_reciept"]
    assert {key: (files[key]["withdrawn"] or {}).get("run_id") for key in files} == {
        APRIL: None,
        LATE: withdrawn.run_id,
        FIX: withdrawn.run_id,
        BROKEN: withdrawn.run_id,
    }
    assert open_files(ledger) == []
    assert {handover["to_key"] for handover in ledger["handovers"][-2:]} == {APRIL}
    assert events("coffee_shop_conform")[-1]["changed_dates"] == ["2019-04-01", "2019-04-02"]


# --- what the template did not make


@pytest.fixture
def glue(stack: dict[str, str]) -> Any:
    import boto3

    return boto3.client("glue")


def test_a_crawler_or_job_that_is_not_there_is_named(withdrawn: Any, dag: Any, glue: Any, s3: Any, raw: str) -> None:
    s3.put_object(Bucket=raw, Key="sales-reciept/may.csv", Body=sales({"TransactionDate": "2019-05-01"}))
    glue.delete_crawler(Name="coffee-shop-raw")
    dag_run = run(dag)
    assert states(dag_run)["crawl_raw"] == "failed"
    assert [crawler for crawler in glue.list_crawlers()["CrawlerNames"] if crawler.endswith("raw")] == []
