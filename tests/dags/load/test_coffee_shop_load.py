"""The whole load, by ``dag.test()`` against the local AWS with the template applied: figures against rows by hand.

The tests tell one story, in the order of this file; its runs and uploads are the fixtures of ``conftest.py``.
"""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from tests.dags.lake import events, not_green, note_of, objects, run, states
from tests.dags.load.story import (
    APRIL,
    BROKEN,
    FIX,
    GOALS,
    LATE,
    SHOP_5,
    SPRING,
    state_of,
    table_objects,
)
from tests.dags.load.till_files import sales

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

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
CRAWLS = ("crawl_raw", "crawl_clean", "crawl_conform")
APRIL_DAYS = [
    # outlet, day, lines, transactions, items, income
    ("3", "2019-04-01", "4", "2", "5", "14.50"),
    ("3", "2019-04-02", "1", "1", "4", "10.00"),
    ("5", "2019-04-01", "1", "1", "1", "3.00"),
    ("5", "2019-04-03", "1", "1", "1", "7.00"),
    ("8", "2019-04-30", "1", "1", "1", "3.00"),
]
MAY_DAY = ("8", "2019-05-01", "1", "1", "1", "3.00")
CORRECTED_DAYS = [
    ("3", "2019-04-01", "5", "3", "6", "15.50"),
    ("3", "2019-04-02", "2", "2", "2", "13.00"),
    ("5", "2019-04-01", "1", "1", "1", "3.00"),
    ("5", "2019-04-03", "1", "1", "1", "7.00"),
    ("5", "2019-04-04", "1", "1", "1", "3.00"),
    ("8", "2019-04-30", "1", "1", "1", "3.00"),
    MAY_DAY,
]


# --- nothing there


def test_without_any_sales_the_run_fails_and_says_where_it_looked(without_sales, s3, stack, raw, caplog):
    from airflow.sdk.exceptions import AirflowFailException
    from coffee_shop.load import tasks as load_tasks

    found = states(without_sales)
    assert without_sales.state == "failed"
    assert found["plan_load"] == "failed"
    assert note_of(without_sales).startswith(
        f"**What this run did**: Failed at `plan_load`: `No file of sales_reciept: looked for s3://{raw}/"
    )
    assert [found[f"wait_for_files[{n}]"] for n in range(3)] == ["skipped"] * 3
    assert state_of(s3, stack, "lease.json")["run_id"] is None

    with pytest.raises(AirflowFailException, match=rf"No file of sales_reciept: looked for s3://{raw}/sales-reciept/"):
        load_tasks.plan_load()
    load_tasks.say_missing({"task": SimpleNamespace(bucket_name=raw, bucket_key="sales-target/*.csv")})
    assert f"No file at s3://{raw}/sales-target/*.csv" in caplog.text


# --- a first load, of sales alone


def test_sales_alone_are_loaded(first, ask):
    assert not_green(first) == {"wait_for_files[1]": "skipped", "wait_for_files[2]": "skipped"}
    assert first.state == "success"
    assert ask("select count(*) from sales_target") == [("0",)]


def test_the_first_load_crawls(first, account, stack):
    assert {task: state for task, state in states(first).items() if task.startswith("crawl")} == {
        "crawl_raw": "success",
        "crawl_clean": "success",
        "crawl_conform": "success",
    }
    assert table_names(account, stack, "RAW") == ["sales_reciept"]


def table_names(account: Any, stack: Any, zone: str) -> list[str]:
    tables = account("glue").get_tables(DatabaseName=stack[f"COFFEE_SHOP_{zone}_DATABASE"])["TableList"]
    return sorted(table["Name"] for table in tables)


def test_figures_of_the_first_load(first, ask):
    assert ask(DAYS) == [*APRIL_DAYS, MAY_DAY]


def test_members_of_the_first_load(first, ask):
    assert ask("select customerno, customersurname from customer order by customerno") == [
        ("0", None),
        ("101", "Key"),
        ("77", "Key"),
    ]
    # the attributes of the latest sale
    assert ask("select salesoutletno, neighbourhood from sales_outlet order by salesoutletno") == [
        ("3", "Astoria"),
        ("5", "Lower Manhattan"),
        ("8", "Astoria"),
    ]
    assert ask("select count(*), min(date), max(date) from date") == [("61", "2019-04-01", "2019-05-31")]


def test_the_ledger_and_the_control_totals_of_the_first_load(first, s3, stack):
    ledger = state_of(s3, stack, "ledger.json")
    april, spring = (ledger["files"]["sales_reciept"][key]["holding"] for key in (APRIL, SPRING))
    assert ledger["revision"] == 1
    assert [load["run_id"] for load in ledger["loads"]] == [first.run_id]
    assert (april["rows_read"], april["rows_clean"], april["rows_quarantined"]) == (7, 7, 0)
    assert (april["quantity"], april["amount"]) == (11, "34.50")
    assert (spring["rows_read"], spring["rows_clean"], spring["rows_quarantined"]) == (3, 2, 1)
    assert ledger["days"]["sales_reciept"]["2019-04-01"]["5"]["amount"] == "3.00"
    assert "pending.json" not in objects(s3, stack["COFFEE_SHOP_STATE_BUCKET"])
    assert state_of(s3, stack, "lease.json")["last_run_id"] == first.run_id


def test_what_the_first_load_used_is_kept_with_it(first, s3, stack):
    used = state_of(s3, stack, "ledger.json")["loads"][0]["usage"]
    assert list(used["job_dpu_seconds"]) == ["conform_relations", "conform_tables", "partition_data"]
    assert sorted(used["crawl_seconds"]) == sorted(CRAWLS)
    assert used["queries"] == len([task for task in states(first) if task.startswith("checks[")]) > 0
    assert float(used["price"]) >= 3 * 600 * 2 / 3600 * 0.44  # three crawls, of two DPUs, for ten minutes at least


def test_the_assets_event_names_the_dates(first, s3, stack):
    event = events("coffee_shop_conform")[-1]
    assert event["load_id"] == state_of(s3, stack, "ledger.json")["loads"][0]["load_id"]
    assert event["changed_dates"] == ["2019-04-01", "2019-04-02", "2019-04-03", "2019-04-30", "2019-05-01"]


def test_the_note_of_the_first_load(first, s3, stack):
    load_id = state_of(s3, stack, "ledger.json")["loads"][0]["load_id"]
    uploaded = f"s3://{stack['COFFEE_SHOP_RAW_BUCKET']}/{APRIL}"
    *lines, used, empty, last = note_of(first, before=uploaded).splitlines()
    assert lines == [
        f"**What this run did**: Load {load_id} is published.",
        "- 2 files read: 10 rows, 1 of them in quarantine.",
        "- 5 days changed, 2019-04-01 to 2019-05-01.",
    ]
    assert (empty, last) == ("", uploaded)
    assert used.startswith("- Used ")
    assert "3 crawls" in used


# --- nothing new, and another load that is running


def test_nothing_new_ends_green_and_early(nothing_new):
    assert nothing_new.state == "success"
    green = {task for task, state in states(nothing_new).items() if state == "success"}
    assert green == {"wait_for_quiet_period", "plan_load", "tell_operators"}
    assert set(not_green(nothing_new).values()) == {"skipped"}
    assert note_of(nothing_new) == "**What this run did**: Nothing was new: no table was touched."


def test_a_second_run_waits_and_then_goes_on(second_in_line):
    assert second_in_line.tried == ["somebody else's run", None]
    assert second_in_line.run.state == "success"


# --- a correction, the same file again, late lines, refused files and one that is held back


def test_only_the_gate_fails_and_all_else_is_published(corrected, deferring_dag, ask):
    assert deferring_dag.get_task("partition_data").deferrable
    assert not_green(corrected.run) == {"fail_on_refused_files": "failed"}
    assert corrected.run.state == "failed"
    assert ask(DAYS) == CORRECTED_DAYS


def test_inventory_and_targets_come_later(corrected, ask):
    assert ask(
        "select salesoutletno, monthyear, totalgoal from sales_target inner join sales_outlet"
        " on sales_target.salesoutlet_id = sales_outlet.salesoutlet_id order by 1"
    ) == [("3", "April 2019", "375.00"), ("9", "April 2019", "375.00")]
    # outlet 9 is in the targets only: a number and nulls
    assert ask("select neighbourhood from sales_outlet where salesoutletno = '9'") == [(None,)]
    assert ask(
        "select business_date, stoctquantity, soldquantity, waste, wastepercentage from pastry_inventory order by 1"
    ) == [("2019-04-01", "10", "6", "4", "40.0"), ("2019-04-05", "10", "6", "4", "40.0")]


def test_every_table_and_column_has_a_comment(corrected, account, stack):
    tables = account("glue").get_tables(DatabaseName=stack["COFFEE_SHOP_CONFORM_DATABASE"])["TableList"]
    assert len(tables) == 8
    for table in tables:
        assert table["Description"]
        columns = table["StorageDescriptor"]["Columns"] + table["PartitionKeys"]
        assert [column["Name"] for column in columns if not column.get("Comment")] == []


def test_the_ledger_knows_what_each_file_has_of_a_day(corrected, s3, stack):
    days = state_of(s3, stack, "ledger.json")["days"]
    assert list(days["sales_target"]["2019-04"]["9"]["keys"]) == [GOALS]
    keys = days["sales_reciept"]["2019-04-01"]["3"]["keys"]
    shares = {key: (share["receipts"], share["rows"], share["amount"]) for key, share in keys.items()}
    assert shares == {APRIL: (2, 4, "14.50"), LATE: (1, 1, "1.00")}


def test_the_gate_names_files_and_reasons(corrected, s3, stack):
    from airflow.sdk.exceptions import AirflowFailException
    from coffee_shop.load import tasks as load_tasks

    context = fake_context(corrected.run, state_of(s3, stack, "ledger.json")["loads"][-1]["load_id"])
    with pytest.raises(AirflowFailException) as refused:
        load_tasks.fail_on_refused_files(**context)
    words = str(refused.value)
    assert f"{BROKEN}: " in words
    assert "Quantity" in words
    assert f"{SHOP_5}: " in words
    assert f"{SPRING}: outlet 8 on 2019-05-01 has 1 receipts, 3.00 and would be left with nothing" in words
    assert FIX not in words


def test_the_note_names_them_too(corrected):
    lines = note_of(corrected.run).splitlines()
    assert lines[0] == (
        f"**What this run did**: Failed at `fail_on_refused_files`: `{BROKEN} is not loaded, nor are 2 more files;"
        " everything else is published.`"
    )
    assert lines[2] == "- 9 files read, 6 of them loaded: 14 rows, none in quarantine."
    assert lines[3].startswith(f"- Refused: `{BROKEN}: ")
    assert lines[4].startswith(f"- Refused: `{SHOP_5}: ")
    assert lines[5].startswith(f"- Held back: `{SPRING}: outlet 8 on 2019-05-01 has 1 receipts, 3.00 and ")
    assert lines[6] == "- 4 days changed, 2019-04-01 to 2019-04-05; targets of 1 month."


def test_a_day_that_no_new_file_touches_keeps_its_objects(corrected, s3, stack):
    after = table_objects(s3, stack)
    days = {key: found for key, found in after.items() if "date=" in key}
    changed = {key for key in days if days[key] != corrected.before.get(key)}
    assert changed == {
        f"{place}={day}/data.parquet"
        for table, dates in (
            ("sales_reciept", ("2019-04-01", "2019-04-02", "2019-04-04")),
            ("pastry_inventory", ("2019-04-01", "2019-04-05")),
        )
        for day in dates
        for place in (f"conform/{table}/business_date", f"{table}/date")
    }
    assert sorted(key for key in days if "2019-04-03" in key or "2019-05" in key) == [
        "conform/sales_reciept/business_date=2019-04-03/data.parquet",
        "conform/sales_reciept/business_date=2019-05-01/data.parquet",
        "sales_reciept/date=2019-04-03/data.parquet",
        "sales_reciept/date=2019-05-01/data.parquet",
    ]


def test_the_event_has_the_dates_that_changed(corrected):
    changed = events("coffee_shop_conform")[-1]["changed_dates"]
    assert changed == ["2019-04-01", "2019-04-02", "2019-04-04", "2019-04-05"]


def test_a_refused_file_stays_open_without_failing_again(corrected, dag, s3, stack):
    from coffee_shop.lake.ledger import open_files

    again = run(dag)
    assert again.state == "success"
    assert [file["key"] for file in open_files(state_of(s3, stack, "ledger.json"))] == [BROKEN, SHOP_5, SPRING]


def test_a_job_of_an_older_run_refuses_to_go_on(corrected, first, s3, stack):
    from airflow.sdk.exceptions import AirflowFailException
    from coffee_shop.load import guards

    load_id = state_of(s3, stack, "ledger.json")["loads"][0]["load_id"]
    context = fake_context(first, load_id) | {"task": SimpleNamespace(job_name="coffee-shop-conform-relations")}
    with pytest.raises(AirflowFailException, match="plan_load"):
        guards.before_job(context)
    guards.release(context)


def fake_context(dag_run: Any, load_id: str) -> dict[str, Any]:
    """What a cleared task of a run sees."""
    ti = SimpleNamespace(xcom_pull=lambda **arguments: load_id, get_dagrun_state=lambda *arguments: "success")
    return {"run_id": dag_run.run_id, "ti": ti, "dag": SimpleNamespace(dag_id="coffee_shop_load"), "dag_run": dag_run}


# --- withdraw, accept and reload


def test_withdrawing_gives_the_days_back_and_reload_equals_a_first_load(withdrawn, ask):
    # no table and no column is new: nothing is crawled
    assert not_green(withdrawn) == {"wait_for_files": "skipped", **dict.fromkeys(CRAWLS, "skipped")}
    assert withdrawn.state == "success"
    assert ask(DAYS) == APRIL_DAYS
    assert ask("select business_date from pastry_inventory") == [("2019-04-01",)]


def test_the_ledger_keeps_who_withdrew_and_who_accepted(withdrawn, s3, stack):
    from coffee_shop.lake.ledger import open_files

    ledger = state_of(s3, stack, "ledger.json")
    files = ledger["files"]["sales_reciept"]
    assert {key: (files[key]["withdrawn"] or {}).get("run_id") for key in files} == {
        APRIL: None,
        SPRING: None,
        LATE: withdrawn.run_id,
        FIX: withdrawn.run_id,
        BROKEN: withdrawn.run_id,
        SHOP_5: withdrawn.run_id,
    }
    assert open_files(ledger) == []
    assert ledger["loads"][-1]["usage"]["crawl_seconds"] == {}
    assert files[SPRING]["accepted"]["run_id"] == withdrawn.run_id
    back = ledger["handovers"][-1]
    assert (back["outlet"], back["day"], back["from_key"], back["to_key"]) == ("3", "2019-04-02", FIX, APRIL)
    changed = events("coffee_shop_conform")[-1]["changed_dates"]
    assert changed == ["2019-04-01", "2019-04-02", "2019-04-04", "2019-04-05", "2019-05-01"]


def test_tables_that_were_not_crawled_are_those_after_a_crawl(withdrawn, account, stack, ask):
    before = seen_by_readers(account, stack, ask)
    for zone in ("clean", "conform"):
        crawl(account("glue"), f"coffee-shop-{zone}")
    assert seen_by_readers(account, stack, ask) == before


def crawl(glue: Any, name: str) -> None:
    glue.start_crawler(Name=name)
    while (crawler := glue.get_crawler(Name=name)["Crawler"])["State"] != "READY":
        time.sleep(0.05)
    assert crawler["LastCrawl"]["Status"] == "SUCCEEDED"


def seen_by_readers(account: Any, stack: Any, ask: Any) -> dict[str, Any]:
    """Columns with types and comments, partitions and rows of all tables of clean and conform."""
    glue, seen = account("glue"), {}
    for zone in ("CLEAN", "CONFORM"):
        database = stack[f"COFFEE_SHOP_{zone}_DATABASE"]
        for table in glue.get_tables(DatabaseName=database)["TableList"]:
            name = table["Name"]
            days = glue.get_partitions(DatabaseName=database, TableName=name)["Partitions"]
            seen[f"{database}.{name}"] = (
                table.get("Description"),
                table["StorageDescriptor"]["Columns"],
                table["PartitionKeys"],
                sorted((day["Values"], day["StorageDescriptor"]["Location"]) for day in days),
                sorted(ask(f'select * from {database}."{name}"'), key=str),
            )
    return seen


# --- what is new in the catalog


def with_column(body: bytes, name: str) -> bytes:
    """Return a file with one column more."""
    header, *rows = body.decode().splitlines()
    return "\n".join([f"{header},{name}", *(f"{row},7" for row in rows)]).encode()


def test_a_table_that_was_deleted_and_a_column_that_is_new_are_crawled_again(reported, dag, account, s3, raw, stack):
    glue, database = account("glue"), stack["COFFEE_SHOP_CONFORM_DATABASE"]
    glue.delete_table(DatabaseName=database, Name="staff")
    body = with_column(sales({"TransactionDate": "2019-05-02"}), "Till Version")
    s3.put_object(Bucket=raw, Key="sales-reciept/version.csv", Body=body)

    dag_run = run(dag)

    assert not_green(dag_run) == {"wait_for_files": "skipped", "crawl_clean": "skipped"}
    assert glue.get_table(DatabaseName=database, Name="staff")["Table"]["Description"]
    files = glue.get_table(DatabaseName=stack["COFFEE_SHOP_RAW_DATABASE"], Name="sales_reciept")["Table"]
    assert "till version" in [column["Name"] for column in files["StorageDescriptor"]["Columns"]]


# --- what the template did not make


def test_a_crawler_that_is_not_there_is_named(reported, dag, account, s3, raw):
    body = with_column(sales({"TransactionDate": "2019-05-01"}), "Till Serial")
    s3.put_object(Bucket=raw, Key="sales-reciept/may.csv", Body=body)
    account("glue").delete_crawler(Name="coffee-shop-raw")
    dag_run = run(dag)
    assert states(dag_run)["crawl_raw"] == "failed"
    assert [crawler for crawler in account("glue").list_crawlers()["CrawlerNames"] if crawler.endswith("raw")] == []
