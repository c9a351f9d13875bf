"""What of the catalog Spark on Glue can read."""

from moto.glue import models as moto_glue

from local_aws.glue import catalog_snapshot

PARQUET = {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"}


def snapshot(*tables):
    backend = moto_glue.GlueBackend("us-east-1", "123456789012")
    backend.create_database("d", {"Name": "d"})
    for table in tables:
        backend.create_table("d", table["Name"], table)
    return catalog_snapshot.of(backend)


def table(name, serde, location="s3://b/t/", **others):
    columns = [{"Name": "id", "Type": "int", "Comment": "which"}, {"Name": "n", "Type": "int"}]
    storage = {"Columns": columns, "Location": location, "SerdeInfo": serde}
    return {"Name": name, "StorageDescriptor": storage, **others}


def test_parquet_tables():
    assert snapshot(table("t", PARQUET)) == {
        "databases": ["d"],
        "tables": [
            {
                "database": "d",
                "name": "t",
                "format": "parquet",
                "options": {},
                "columns": [{"Name": "id", "Type": "int", "Comment": "which"}, {"Name": "n", "Type": "int"}],
                "partition_keys": [],
                "location": "s3://b/t/",
                "partitions": [],
            }
        ],
    }


def test_text_tables_are_read_by_position_with_their_header_line():
    """Spark does not heed skip.header.line.count: SPARK-11374."""
    lazy = {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ";"},
    }
    quoted = {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde",
        "Parameters": {"separatorChar": "|", "quoteChar": "'"},
    }
    first, second = snapshot(table("a", lazy), table("b", quoted))["tables"]
    assert (first["format"], first["options"]) == ("csv", {"header": "false", "sep": ";", "quote": ""})
    assert second["options"] == {"header": "false", "sep": "|", "quote": "'", "escape": "\\"}


def test_what_is_left_out():
    json = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}
    view = table("v", PARQUET, TableType="VIRTUAL_VIEW")
    assert snapshot(table("j", json), view, table("n", PARQUET, location=""))["tables"] == []
