"""Loads that follow each other (contract 3.2): what they touch, what they leave alone, and what they may not do."""

import io
from dataclasses import replace

import boto3
import pyarrow.parquet as pq
import pytest
from coffee_shop.lake.ledger import LedgerError
from coffee_shop_jobs import raw_versions, tasks
from coffee_shop_jobs.parquet_rows import UnreadableError
from coffee_shop_jobs.raw_versions import VersionGoneError
from coffee_shop_jobs.zone_tables import MissingRowsError

from tests.include.glue.troubled_s3 import troubled_s3

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DAY2_KEY = "sales_reciept/date=2019-04-02/data.parquet"
DAY1, DAY2, DAY3 = ({"TransactionDate": f"2019-04-0{n}"} for n in (1, 2, 3))


def changed_objects(lake, before):
    """Which objects of clean and conform are new or gone or were written again since ``before``."""
    now = written(lake)
    return sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))


def written(lake):
    """When each object was written: nobody else writes to the lake, so any write shows."""
    return {
        f"{zone}/{key}": lake.s3.head_object(Bucket=bucket, Key=key)["LastModified"]
        for zone, bucket in (("clean", lake.clean), ("conform", lake.conform))
        for key in lake.objects(bucket)
    }


def days_of(lake, zone, table):
    bucket = {"clean": lake.clean, "conform": lake.conform}[zone]
    in_bucket = sorted({key.split("/")[1].partition("=")[2] for key in lake.objects(bucket, f"{table}/")})
    found = lake.glue.get_partitions(DatabaseName=lake.databases[zone], TableName=table)["Partitions"]
    assert sorted(part["Values"][0] for part in found) == in_bucket
    return in_bucket


def numbers(lake, table, column):
    return [row[column] for row in lake.dimension(table)]


def test_one_more_day_writes_only_its_own_objects_and_an_upload_without_news_writes_none(lake, monkeypatch):
    lake.sales("april", DAY1, DAY2)
    lake.inventory("april", DAY1)
    lake.load()
    before = written(lake)

    lake.sales("more", DAY3)
    monkeypatch.setattr("coffee_shop_jobs.dimensions.members_gone", None)  # a new day loses none, so nobody looks
    result = lake.load()
    monkeypatch.undo()

    assert changed_objects(lake, before) == [
        "clean/sales_reciept/date=2019-04-03/data.parquet",
        "conform/sales_reciept/business_date=2019-04-03/data.parquet",
    ]
    assert result["touched"] == {"sales_reciept": ["2019-04-03"], "pastry_inventory": [], "sales_target": []}

    before = written(lake)
    lake.sales("april", DAY2, DAY1)
    result = lake.load()

    assert changed_objects(lake, before) == []
    assert result["touched"] == {"sales_reciept": [], "pastry_inventory": [], "sales_target": []}
    assert result["files"]["sales_reciept"]["sales-reciept/april.csv"]["status"] == "published"


def test_a_day_taken_over_and_given_back_leaves_the_tables_as_they_were(lake):
    lake.sales("april", DAY1, DAY1 | {"SalesOutletNo": "5"}, DAY2)
    lake.load()
    before = lake.contents()

    lake.sales("corrections/first", DAY1 | {"Quantity": "4", "CustomerNo": "202", "ProductNo": "33"})
    taken = lake.load()

    assert [(row["quantity"], row["transactionno"]) for row in lake.facts("2019-04-01")] in (
        [(4, "1"), (1, "1")],
        [(1, "1"), (4, "1")],
    )
    assert [(found["outlet"], found["from_key"], found["to_key"]) for found in taken["handovers"]] == [
        ("3", "sales-reciept/april.csv", "sales-reciept/corrections/first.csv")
    ]
    assert numbers(lake, "customer", "customerno") == ["101", "202"]
    assert numbers(lake, "product", "productno") == ["22", "33"]

    given_back = lake.load(withdraw=["sales-reciept/corrections/first.csv"])

    assert given_back["touched"]["sales_reciept"] == ["2019-04-01"]
    assert lake.contents() == before


def test_a_withdrawn_file_empties_its_days_and_its_members_go_only_after_the_facts(lake):
    lake.sales("april", DAY1)
    lake.sales("wrong", DAY2 | {"CustomerNo": "999", "TransactionDate": "2019-07-02"})
    lake.load()
    assert days_of(lake, "conform", "sales_reciept") == ["2019-04-01", "2019-07-02"]
    assert numbers(lake, "date", "monthno")[-1] == 7

    load_id = lake.plan(withdraw=["sales-reciept/wrong.csv"])
    lake.run("partition_data", load_id)
    lake.run("conform_tables", load_id)

    # readers still see the facts of customer 999
    assert days_of(lake, "clean", "sales_reciept") == ["2019-04-01"]
    assert "2019-07-02" in days_of(lake, "conform", "sales_reciept")
    assert numbers(lake, "customer", "customerno") == ["101", "999"]
    assert numbers(lake, "date", "monthno")[-1] == 7

    lake.run("conform_relations", load_id)

    assert days_of(lake, "conform", "sales_reciept") == ["2019-04-01"]
    assert numbers(lake, "customer", "customerno") == ["101"]
    assert set(numbers(lake, "date", "monthno")) == {4}
    assert "members/sales_reciept/2019-07.parquet" not in lake.objects(lake.state)


def test_an_outlet_that_only_targets_name_goes_after_the_targets(lake):
    lake.sales("april", DAY1)
    lake.targets("april", {})
    lake.targets("nine", {"SalesOutletNo": "9"})
    lake.load()
    load_id = lake.plan(withdraw=["sales-target/nine.csv"])
    lake.run("partition_data", load_id)
    lake.run("conform_tables", load_id)
    assert numbers(lake, "sales_outlet", "salesoutletno") == ["3", "9"]  # readers still see its target

    lake.run("conform_relations", load_id)

    assert numbers(lake, "sales_outlet", "salesoutletno") == ["3"]


def test_the_same_uploads_in_one_load_or_in_many_give_the_same_tables(lake, new_lake, executors, monkeypatch):
    bad = {"Quantity": "0"}
    uploads = [
        lambda at: at.sales("april", DAY1, DAY2, DAY1),
        lambda at: at.inventory("april", DAY1, DAY2),
        lambda at: at.sales("shop-5", DAY1 | {"SalesOutletNo": "5", "CustomerNo": "505"}, DAY3),
        lambda at: at.sales("corrections/day-1", DAY1 | {"SaleAmount": "2.99", "ProductName": "Corrected"}),
        lambda at: at.targets("2019", {}, {"MonthYear": "May 2019"}),
        lambda at: at.wait_a_second(),
        lambda at: at.sales("again", DAY2 | {"ProductNo": "35"}),  # newer than april's, though its key is smaller
        lambda at: at.sales("shop-5", DAY1 | {"SalesOutletNo": "5"}),  # without day 3: held back
        lambda at: at.sales("april", DAY1, *[DAY2 | bad] * 4),  # refused: the version before counts
        lambda at: at.inventory("corrections/april", DAY2 | {"SoldQuantity": "7"}),
    ]
    other = new_lake()
    for number, upload in enumerate(uploads):
        upload(lake)
        upload(other)
        if number in (1, 3, 7):
            lake.load()
    lake.load()
    monkeypatch.setattr(raw_versions, "SMALL", 0)  # as large loads are: by the executors
    monkeypatch.setattr(tasks, "SMALL_ROWS", 0)
    monkeypatch.setattr("conform_tables.SMALL_EXTRACTS", 0)
    at_once = other.load()
    monkeypatch.undo()

    assert lake.contents() == other.contents()
    files = at_once["files"]["sales_reciept"]
    assert files["sales-reciept/april.csv"]["status"] == "refused"
    assert files["sales-reciept/shop-5.csv"]["status"] == "held back"
    assert numbers(lake, "product", "productno") == ["22", "35", "70"]
    assert [row["productname"] for row in lake.dimension("product") if row["productno"] == "22"] == ["Blend"]
    before = written(lake)
    contents = lake.contents()

    reloaded = lake.load(reload=("0001-01-01", "9999-12-31"))

    assert reloaded["touched"]["sales_reciept"] == ["2019-04-01", "2019-04-02", "2019-04-03"]
    assert reloaded["changed"] == {"sales_reciept": [], "pastry_inventory": [], "sales_target": []}
    assert lake.contents() == contents
    assert {key.split("/")[1] for key in changed_objects(lake, before)} == {"sales_reciept", "pastry_inventory"}


def test_a_job_that_dies_while_it_replaces_days_is_made_good_by_the_next_load(lake, new_lake, monkeypatch):
    from coffee_shop_jobs import staged_days

    other = new_lake()
    for each in (lake, other):
        each.sales("april", DAY1, DAY2)
    lake.load()
    for each in (lake, other):
        each.sales("more", DAY1 | {"Quantity": "2"}, DAY2 | {"Quantity": "2"}, DAY3 | {"CustomerNo": "303"})

    def put_one_and_die(portion):
        staged_days.put_days(replace(portion, days=portion.days[:1]))
        raise ConnectionError("the job was killed")

    died = lake.plan()
    in_this_process(monkeypatch)
    monkeypatch.setattr("partition_data.put_days", put_one_and_die)
    with pytest.raises(ConnectionError):
        lake.run("partition_data", died)
    monkeypatch.undo()
    assert lake.json("pending.json")["days"]["sales_reciept"] == ["2019-04-01", "2019-04-02", "2019-04-03"]
    assert f"loads/{died}/result.json" not in lake.objects(lake.state)

    # meanwhile somebody has seen that the file is wrong: nothing of the dead load may stay
    withdrawn = ["sales-reciept/more.csv"]
    load_id = lake.plan(withdraw=withdrawn)
    lake.run("partition_data", load_id)
    assert lake.result(load_id)["touched"]["sales_reciept"] == ["2019-04-01", "2019-04-02", "2019-04-03"]
    assert lake.result(load_id)["changed"]["sales_reciept"] == []
    lake.run("partition_data", load_id)  # a retry finds its own traces
    for job in ("conform_tables", "conform_tables"):
        lake.run(job, load_id)
    for job in ("conform_relations", "conform_relations"):
        lake.run(job, load_id)
    lake.publish(load_id)
    other.load(withdraw=withdrawn)

    assert lake.contents() == other.contents()
    assert "pending.json" not in lake.objects(lake.state)


def test_a_load_that_died_after_the_facts_leaves_nothing_behind_either(lake, new_lake):
    other = new_lake()
    lake.sales("april", DAY1)
    lake.load()
    lake.sales("more", DAY3 | {"CustomerNo": "303", "TransactionDate": "2019-05-03"})
    never_published = lake.plan()
    lake.run("partition_data", never_published)
    lake.run("conform_tables", never_published)
    lake.run("conform_relations", never_published)

    load_id = lake.plan(withdraw=["sales-reciept/more.csv"])
    for job in ("partition_data", "conform_tables"):
        lake.run(job, load_id)
    assert "303" in numbers(lake, "customer", "customerno")  # the facts that nobody published still need it
    lake.run("conform_relations", load_id)
    lake.publish(load_id)

    other.sales("april", DAY1)
    other.load()
    assert lake.contents() == other.contents()


def test_rows_go_to_quarantine_one_in_a_hundred_at_most_and_a_refused_file_takes_nothing_away(lake):
    lake.sales("april", *[DAY1] * 99, DAY1 | {"SaleAmount": "1,234.50"})
    accepted = lake.load()["files"]["sales_reciept"]["sales-reciept/april.csv"]
    before = written(lake)
    (first,) = lake.objects(lake.state, "quarantine/")

    bad = {"TransactionTime": "24:00:00"}
    lake.sales("april", DAY1 | bad, DAY1 | {"UnitPrice": "-3.00"}, {"TransactionDate": "4/1/2019"}, DAY2 | bad, DAY3)
    refused = lake.load()["files"]["sales_reciept"]["sales-reciept/april.csv"]

    assert (accepted["status"], accepted["rows_read"], accepted["rows_quarantined"]) == ("published", 100, 1)
    assert (refused["status"], refused["rows_read"], refused["rows_quarantined"]) == ("refused", 5, 4)
    assert refused["reason"].startswith(
        "4 of 5 rows break the contract, more than 1 % and more than 3. line 2: Transac"
    )
    assert changed_objects(lake, before) == []
    assert len(lake.facts("2019-04-01")) == 99
    ledger = lake.json("ledger.json")["files"]["sales_reciept"]["sales-reciept/april.csv"]
    assert (ledger["last_seen"]["status"], ledger["holding"]["rows_clean"]) == ("refused", 99)

    (second,) = lake.objects(lake.state, "quarantine/").keys() - {first}
    rows = lake.rows(lake.state, first) + lake.rows(lake.state, second)
    time = "TransactionTime is not a time from 00:00:00 to 23:59:59: 24:00:00"
    assert [(row["load_id"], row["row_number"], row["reasons"], str(row["row_date"])) for row in rows] == [
        ("load-1", 101, "SaleAmount is not a number such as 1234.50: 1,234.50", "2019-04-01"),
        ("load-2", 2, time, "2019-04-01"),
        ("load-2", 3, "UnitPrice is negative: -3.00", "2019-04-01"),
        ("load-2", 4, "TransactionDate is not a date such as 2019-04-24: 4/1/2019", "None"),
        ("load-2", 5, time, "2019-04-02"),
    ]
    assert rows[1]["row"].startswith("1,2019-04-01,24:00:00,Y,3,")
    assert {(row["dataset"], row["source_key"]) for row in rows} == {("sales_reciept", "sales-reciept/april.csv")}


def test_a_first_load_that_accepts_nothing_still_makes_every_table_without_partitions(lake):
    lake.upload("sales-reciept/empty.csv", b"")

    result = lake.load()

    assert result["files"]["sales_reciept"]["sales-reciept/empty.csv"]["reason"].startswith("the file has no bytes")
    assert lake.contents() == {
        f"{place}/data.parquet": []
        for place in (
            "clean/sales_target",
            "conform/customer",
            "conform/product",
            "conform/staff",
            "conform/sales_outlet",
            "conform/date",
            "conform/sales_target",
        )
    }


def test_jobs_refuse_a_plan_of_an_older_ledger(lake):
    lake.sales("april", DAY1)
    first = lake.plan()
    lake.load()

    for job in ("partition_data", "conform_tables", "conform_relations"):
        with pytest.raises(LedgerError, match="Clear this run from plan_load"):
            lake.run(job, first)


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        (lambda s3, place: s3.delete_object(**place), "sales_reciept/date=2019-04-01/data.parquet"),
        (lambda s3, place: s3.put_object(**place, Body=b"not Parquet"), "sales_reciept/date=2019-04-01/data.parquet"),
        (lambda s3, place: s3.copy_object(CopySource={**place, "Key": DAY2_KEY}, **place), "has 2 rows, the ledger expects 1"),
    ],
)  # fmt: skip
def test_an_object_of_the_clean_zone_that_is_gone_or_damaged_or_another_is_named_and_built_again(lake, harm, named):
    lake.sales("april", DAY1, DAY2, DAY2 | {"ProductNo": "23"})
    load_id = lake.plan()
    lake.run("partition_data", load_id)
    lake.run("conform_tables", load_id)
    harm(lake.s3, {"Bucket": lake.clean, "Key": "sales_reciept/date=2019-04-01/data.parquet"})
    with pytest.raises(MissingRowsError, match=named) as caught:
        lake.run("conform_relations", load_id)
    assert str(caught.value).endswith("trigger coffee_shop_load with reload_from and reload_to.")
    assert not lake.objects(lake.conform, "sales_reciept/")

    lake.load(reload=("2019-04-01", "2019-04-01"))
    assert [row["quantity"] for row in lake.facts("2019-04-01")] == [1]


def test_dimensions_are_made_of_a_loads_own_extracts_though_another_load_died_meanwhile(lake):
    lake.sales("april", DAY1)
    lake.sales("other", DAY2 | {"CustomerNo": "202"})
    lake.load()
    lake.sales("more", DAY3)
    first = lake.plan()
    lake.run("partition_data", first)
    lake.run("partition_data", lake.plan(withdraw=["sales-reciept/other.csv"]))  # and dies

    lake.run("conform_tables", first)
    lake.run("conform_relations", first)
    lake.publish(first)

    assert numbers(lake, "customer", "customerno") == ["101", "202"]
    assert [row["quantity"] for row in lake.facts("2019-04-02")] == [1]


def test_extracts_that_are_not_staged_are_named_with_the_task_to_clear(lake):
    """As when the program was deployed between the tasks of a load, or staging has expired since."""
    lake.sales("april", DAY1)
    load_id = lake.plan()
    lake.run("partition_data", load_id)
    staged = lake.json(f"loads/{load_id}/extracts.json")["staged"]
    lake.s3.delete_object(Bucket=lake.state, Key=staged["members/sales_reciept/2019-04.parquet"])
    with pytest.raises(UnreadableError, match=r"extracts.json is gone. Clear the task partition_data"):
        lake.run("conform_tables", load_id)
    lake.s3.delete_object(Bucket=lake.state, Key=f"loads/{load_id}/extracts.json")
    with pytest.raises(UnreadableError, match=r"extracts.json is not there. Clear the task partition_data"):
        lake.run("conform_tables", load_id)


@pytest.mark.parametrize("harm", [{}, {"Body": b"not Parquet"}])
def test_an_extract_of_members_that_is_gone_or_damaged_is_named_and_built_again(lake, harm):
    lake.sales("april", DAY1, DAY2 | {"CustomerNo": "202"})
    lake.load()
    place = {"Bucket": lake.state, "Key": "members/sales_reciept/2019-04.parquet"}
    (lake.s3.put_object if harm else lake.s3.delete_object)(**place, **harm)
    lake.sales("late", DAY3)
    load_id = lake.plan()
    with pytest.raises(MissingRowsError, match=r"members/sales_reciept/2019-04.parquet.* all days of its month"):
        lake.run("partition_data", load_id)

    lake.load(reload=("2019-04-01", "2019-04-30"))
    assert numbers(lake, "customer", "customerno") == ["101", "202"]


def test_of_each_month_a_members_latest_row_is_marked_and_an_extract_without_marks_counts_whole(lake):
    lake.sales("april", DAY1, DAY2 | {"CustomerFirstName": "Kay"}, DAY2 | {"CustomerNo": "202"})
    lake.load()
    place = {"Bucket": lake.state, "Key": "members/sales_reciept/2019-04.parquet"}
    marked = pq.read_table(io.BytesIO(lake.s3.get_object(**place)["Body"].read()))
    rows = [
        (row["number"], row["day"], row["is_latest"]) for row in marked.to_pylist() if row["dimension"] == "customer"
    ]
    assert rows == [("101", "2019-04-02", True), ("202", "2019-04-02", True), ("101", "2019-04-01", False)]

    written_before = io.BytesIO()
    pq.write_table(marked.drop(["is_latest"]), written_before)
    lake.s3.put_object(**place, Body=written_before.getvalue())
    lake.sales("may", {"TransactionDate": "2019-05-01", "CustomerNo": "303"})
    lake.load()

    names = {row["customerno"]: row["customerfirstname"] for row in lake.dimension("customer")}
    assert names == {"101": "Kay", "202": "Kelly", "303": "Kelly"}


def test_deleting_a_raw_object_changes_nothing_and_a_version_that_is_gone_for_good_is_named(lake):
    shop5 = DAY1 | {"SalesOutletNo": "5"}
    lake.sales("april", DAY1, shop5)
    lake.load()
    held = lake.json("ledger.json")["files"]["sales_reciept"]["sales-reciept/april.csv"]["holding"]["version_id"]
    before = written(lake)
    lake.s3.delete_object(Bucket=lake.raw, Key="sales-reciept/april.csv")
    lake.sales("more", shop5 | {"Quantity": "2"})

    lake.load()

    assert sorted(row["quantity"] for row in lake.facts("2019-04-01")) == [1, 2]
    assert len(changed_objects(lake, before)) == 2

    lake.s3.delete_object(Bucket=lake.raw, Key="sales-reciept/april.csv", VersionId=held)
    lake.sales("more", shop5 | {"Quantity": "3"})
    with pytest.raises(VersionGoneError, match=f"/sales-reciept/april.csv has no version {held} any more"):
        lake.run("partition_data", lake.plan())


def test_a_setting_that_reads_a_published_file_differently_asks_for_a_reload(lake):
    import partition_data

    lake.sales("april", DAY1 | {"Quantity": "80"}, *[DAY1 | {"SalesOutletNo": "5"}] * 150)
    lake.load()
    lake.sales("more", DAY1 | {"SalesOutletNo": "5", "TransactionNo": "2"})

    with pytest.raises(partition_data.RowsDifferError, match=r"outlet 3 on 2019-04-01 .* reloads everything"):
        lake.run("partition_data", lake.plan(max_quantity=50))

    lake.load(reload=("0001-01-01", "9999-12-31"), max_quantity=50)
    assert [row["quantity"] for row in lake.facts("2019-04-01")] == [1] * 151


def test_one_more_day_costs_the_same_after_one_month_and_after_six(lake, new_lake, monkeypatch):
    """Objects that the jobs read and wrote; the extracts of members, one a month, are the exception."""
    younger, older = lake, new_lake()
    # a few days of each month: a job that reads more than the day it loads would read other days in each of them
    for each, months in ((younger, [4]), (older, [11, 12, 1, 2, 3, 4])):
        for month in months:
            year = 2018 if month > 6 else 2019
            days = [{"TransactionDate": f"{year}-{month:02d}-{day:02d}"} for day in (1, 2, 14, 28)]
            each.sales(f"{year}-{month:02d}", *days)
            each.inventory(f"{year}-{month:02d}", *days)
        each.load()

    costs = []
    for each in (younger, older):
        before = written(each)
        each.sales("one-more", {"TransactionDate": "2019-04-29"})
        each.inventory("one-more", {"TransactionDate": "2019-04-29"})
        with monkeypatch.context() as patch:
            in_this_process(patch)
            calls = record_calls(patch, each)
            files = record_files(patch, each)
            each.load()
        costs.append((sorted(calls), sorted(files), changed_objects(each, before)))

    assert costs[0] == costs[1]
    assert costs[0][1] == [
        "clean/pastry_inventory/date=2019-04-29/data.parquet",
        "clean/sales_reciept/date=2019-04-29/data.parquet",
    ]
    assert [key for key in costs[0][2] if "2019-04-29" not in key] == []


def in_this_process(patch):
    """Let a job do its tasks itself, where a test looks on."""
    patch.setattr(tasks.os, "cpu_count", lambda: 1)


def record_calls(patch, lake):
    """Every S3 call that the jobs make: operation and key, without what is random in staging.

    The extracts of members are read for the dimensions, one a month.
    """
    import re

    made, client = [], boto3.client

    def recording(service, *args, **kwargs):
        found = client(service, *args, **kwargs)
        if service == "s3":
            found.meta.events.register("before-parameter-build.s3", note)
        return found

    def note(params, model, **_):
        deleted = [entry["Key"] for entry in params.get("Delete", {}).get("Objects", [])]
        for place in deleted or [params.get("Key") or params["Prefix"]]:
            if model.name == "GetObject" and place.startswith("members/"):
                continue
            for random, steady in ((r"staging/[^/]+/\w+", "staging"), (r"[0-9a-f]{64}", "file")):
                place = re.sub(random, steady, place)
            made.append((model.name, params["Bucket"].removeprefix(lake.raw.removesuffix("raw")), place))

    patch.setattr(boto3, "client", recording)
    return made


def record_files(patch, lake):
    """Every object of the clean zone that is read for a day's rows."""
    from coffee_shop_jobs import zone_tables

    opened, read_day = [], zone_tables.read_day

    def recording(s3, bucket, dataset, day, *others):
        opened.append(f"clean/{dataset}/date={day}/data.parquet")
        return read_day(s3, bucket, dataset, day, *others)

    patch.setattr(zone_tables, "read_day", recording)
    return opened


def test_an_s3_that_fails_is_slow_and_breaks_off_changes_nothing(lake, new_lake, local_aws, monkeypatch):
    other = new_lake()
    for each in (lake, other):
        each.sales("april", DAY1, DAY2 | {"CustomerNo": "202"}, DAY3)
        each.inventory("april", DAY1)
        each.targets("april", {})
    other.load()
    with troubled_s3(local_aws) as (url, refused, broken):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        load_id = lake.plan()
        for job in ("partition_data", "conform_tables", "conform_relations"):
            lake.run(job, load_id)

    assert len(refused) > 10, refused
    assert len(broken) > 3, broken
    assert lake.contents() == other.contents()
