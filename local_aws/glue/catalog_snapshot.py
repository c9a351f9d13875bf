"""The catalog as a job run sees it: every table that Spark on Glue can read, as plain data for the driver."""

from typing import Any

from moto.glue import models as moto_glue

_LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


def of(backend: moto_glue.GlueBackend) -> dict[str, Any]:
    """Return databases and tables of a region, with their partitions.

    Tables with a SerDe that Spark on Glue has no class for (JSON's), and views, are left out: a script does not
    find them, as on Glue.
    """
    tables = [
        described
        for database in backend.databases.values()
        for table in database.tables.values()
        if (described := _table(table)) is not None
    ]
    return {"databases": list(backend.databases), "tables": tables}


def _table(table: moto_glue.FakeTable) -> dict[str, Any] | None:
    shown = table.as_dict()
    storage = shown.get("StorageDescriptor") or {}
    how = _format(storage)
    if how is None or shown.get("TableType") == "VIRTUAL_VIEW" or not storage.get("Location"):
        return None
    spark_format, options = how
    return {
        "database": table.database_name,
        "name": table.name,
        "format": spark_format,
        "options": options,
        "columns": [_column(column) for column in storage.get("Columns", [])],
        "partition_keys": [_column(column) for column in shown.get("PartitionKeys") or []],
        "location": storage["Location"],
        "partitions": [
            {"values": partition.values, "location": partition.partition_input["StorageDescriptor"]["Location"]}
            for partition in table.partitions.values()
        ]
        if shown.get("PartitionKeys")
        else [],
    }


def _column(column: dict[str, str]) -> dict[str, str]:
    return {name: column[name] for name in ("Name", "Type", "Comment") if column.get(name)}


def _format(storage: dict[str, Any]) -> tuple[str, dict[str, str]] | None:
    """Spark's format and options for a SerDe; None for one that Spark on Glue cannot read.

    Text tables are read by position, and their header line comes as a row: Spark does not heed
    `skip.header.line.count` (SPARK-11374).
    """
    serde = storage.get("SerdeInfo") or {}
    library, given = serde.get("SerializationLibrary", ""), serde.get("Parameters") or {}
    if library == _PARQUET:
        return "parquet", {}
    if library == _LAZY:
        return "csv", {"header": "false", "sep": given.get("field.delim", "\x01"), "quote": ""}
    if library == _OPEN_CSV:
        return "csv", {
            "header": "false",
            "sep": given.get("separatorChar", ","),
            "quote": given.get("quoteChar", '"'),
            "escape": given.get("escapeChar", "\\"),
        }
    return None
