"""The catalog after a load: the job that wrote a day makes it known, and a crawl looks only for what is new."""

import pytest
from coffee_shop_jobs import partitions

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DAY1, DAY2, DAY3 = ({"TransactionDate": f"2019-04-0{n}"} for n in (1, 2, 3))


def catalog_of(lake):
    """All tables and partitions of both zones, but for the moments at which they were made."""
    return {
        (zone, table["Name"]): (
            {name: table.get(name) for name in ("StorageDescriptor", "PartitionKeys", "Description", "TableType")},
            {part["Values"][0]: part["StorageDescriptor"] for part in partitions_of(lake, zone, table["Name"])},
        )
        for zone, database in lake.databases.items()
        for table in lake.glue.get_tables(DatabaseName=database)["TableList"]
    }


def partitions_of(lake, zone, table):
    return lake.glue.get_partitions(DatabaseName=lake.databases[zone], TableName=table)["Partitions"]


def describe(lake, table, comment):
    """Write a comment to each column of a conform table, as the load does."""
    found = lake.glue.get_table(DatabaseName=lake.databases["conform"], Name=table)["Table"]
    storage = found["StorageDescriptor"]
    columns = [column | {"Comment": comment} for column in storage["Columns"]]
    kept = {name: found[name] for name in ("Name", "TableType", "Parameters", "PartitionKeys")}
    described = kept | {"Description": comment, "StorageDescriptor": storage | {"Columns": columns}}
    lake.glue.update_table(DatabaseName=lake.databases["conform"], TableInput=described)


def test_the_first_load_crawls_and_the_next_one_registers_what_a_crawl_would_find(lake):
    lake.sales("april", DAY1)
    lake.sales("second", DAY2)
    lake.targets("april", {})
    lake.load()
    clean, conform = lake.databases["clean"], lake.databases["conform"]
    assert lake.crawled == {
        "clean": f"there is no table {clean}.sales_reciept in the catalog",
        "conform": f"there is no table {conform}.customer in the catalog",
    }
    describe(lake, "sales_reciept", "A line of a receipt")

    lake.sales("third", DAY3)
    lake.load(withdraw=["sales-reciept/second.csv"])  # the 2nd is emptied, the 3rd is new

    assert lake.crawled == {}
    assert [part["Values"] for part in partitions_of(lake, "conform", "sales_reciept")] == [
        ["2019-04-01"],
        ["2019-04-03"],
    ]
    registered = catalog_of(lake)
    lake.crawl("clean")
    lake.crawl("conform")
    assert catalog_of(lake) == registered


def test_facts_that_come_for_the_first_time_are_crawled(lake):
    lake.sales("april", DAY1)
    lake.load()
    lake.inventory("april", DAY1)
    lake.load()
    assert list(lake.crawled) == ["clean", "conform"]
    assert len(partitions_of(lake, "conform", "pastry_inventory")) == 1


def test_a_table_that_was_deleted_and_a_column_that_is_new_are_crawled_again(lake):
    lake.sales("april", DAY1, DAY2)
    lake.load()
    before = catalog_of(lake)
    lake.glue.delete_table(DatabaseName=lake.databases["conform"], Name="customer")
    clean = lake.glue.get_table(DatabaseName=lake.databases["clean"], Name="sales_reciept")["Table"]
    storage = clean["StorageDescriptor"]
    old = [column for column in storage["Columns"] if column["Name"] != "saleamount"]  # an earlier program had none
    kept = {name: clean[name] for name in ("Name", "TableType", "Parameters", "PartitionKeys")}
    table = kept | {"StorageDescriptor": storage | {"Columns": old}}
    lake.glue.update_table(DatabaseName=lake.databases["clean"], TableInput=table)

    lake.sales("more", DAY3)
    lake.load()

    clean_database, conform_database = lake.databases["clean"], lake.databases["conform"]
    assert lake.crawled == {
        "clean": f"{clean_database}.sales_reciept has no column saleamount of type decimal(12,2) in the catalog",
        "conform": f"there is no table {conform_database}.customer in the catalog",
    }
    after = catalog_of(lake)
    assert after.keys() == before.keys()
    assert list(after["clean", "sales_reciept"][1]) == ["2019-04-01", "2019-04-02", "2019-04-03"]
    assert after["conform", "customer"] == before["conform", "customer"]


def test_a_load_without_news_crawls_nothing(lake):
    lake.sales("april", DAY1)
    lake.load()
    lake.sales("april", DAY1)
    lake.load()
    assert lake.crawled == {}


def test_days_are_registered_and_dropped_twice_without_harm(lake):
    lake.sales("april", DAY1)
    lake.load()
    place = (lake.databases["conform"], "sales_reciept")
    many = [f"2018-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 11)]  # more than one call takes

    for _ in range(2):
        partitions.register_days(lake.glue, place, {"business_date": "string"}, "business_date", many)
    assert len(partitions_of(lake, "conform", "sales_reciept")) == 121
    for _ in range(2):
        partitions.drop_days(lake.glue, place, many)
    assert [part["Values"] for part in partitions_of(lake, "conform", "sales_reciept")] == [["2019-04-01"]]


def test_a_partition_that_the_catalog_does_not_take_is_named(lake):
    class Refusing:
        exceptions = lake.glue.exceptions

        def get_table(self, **names):
            columns = [{"Name": "day", "Type": "string"}]
            return {"Table": {"Name": "t", "StorageDescriptor": {"Columns": columns, "Location": "s3://b/t/"}}}

        def batch_create_partition(self, **request):
            detail = {"ErrorCode": "InternalServiceException", "ErrorMessage": "later"}
            return {"Errors": [{"PartitionValues": ["2019-04-01"], "ErrorDetail": detail}]}

    with pytest.raises(partitions.PartitionError, match=r"partition \['2019-04-01'\] of d.t: InternalServiceException"):
        partitions.register_days(Refusing(), ("d", "t"), {"day": "string"}, "day", ["2019-04-01"])
