"""The Glue catalog in Spark: a job sees the tables that it names, each asked for with the role's credentials.

As on Glue, what a job does not name it does not meet: a raw table in odd folders stops no job.
"""

import re
from typing import Any

import boto3
from pyspark.sql import SparkSession
from pyspark.sql.catalog import Catalog as SparkCatalog


def show() -> set[tuple[str, ...]]:
    """Let `spark.table` and `spark.catalog.tableExists` look in the Glue catalog first; return what was looked for."""
    catalog, known = boto3.client("glue"), set[tuple[str, ...]]()
    plain_table, plain_exists = SparkSession.table, SparkCatalog.tableExists

    def look(session: Any, name: str) -> None:
        parts = tuple(re.findall(r"[^.`]+", name.lower()))
        if len(parts) == 2 and parts not in known:  # database and table; other names are Spark's own
            known.add(parts)
            _register(session, catalog, *parts)

    def table(session: Any, tableName: str) -> Any:  # noqa: N803 (Spark's name)
        look(session, tableName)
        return plain_table(session, tableName)

    def exists(spark: Any, tableName: str, dbName: str | None = None) -> Any:  # noqa: N803 (Spark's names)
        name = f"{dbName}.{tableName}" if dbName else tableName
        look(spark._sparkSession, name)
        return plain_exists(spark, name)

    for owner, name, own in ((SparkSession, "table", table), (SparkCatalog, "tableExists", exists)):
        setattr(owner, name, own)
    return known


def _register(session: Any, catalog: Any, database: str, name: str) -> None:
    """Make a table of Parquet files known to Spark, with its partitions; one that is not there stays unknown."""
    try:
        catalog.get_database(Name=database)
        described = catalog.get_table(DatabaseName=database, Name=name)["Table"]
    except catalog.exceptions.EntityNotFoundException:
        return
    storage, keys = described["StorageDescriptor"], described.get("PartitionKeys") or []
    if "ParquetHiveSerDe" not in storage["SerdeInfo"]["SerializationLibrary"]:
        raise NotImplementedError(f"{database}.{name}: Spark in the local AWS reads tables of Parquet files only")
    columns = ", ".join(f"{_quoted(column['Name'])} {column['Type']}" for column in storage["Columns"] + keys)
    by = f"partitioned by ({', '.join(_quoted(key['Name']) for key in keys)})" if keys else ""
    here = f"{_quoted(database)}.{_quoted(name)}"
    session.sql(f"create database if not exists {_quoted(database)}")
    session.sql(f"create table {here} ({columns}) using parquet {by} location {_text(storage['Location'])}")
    clauses = []
    pages = catalog.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=name) if keys else []
    for partition in (partition for page in pages for partition in page["Partitions"]):
        values = zip(keys, partition["Values"], strict=True)
        pairs = ", ".join(f"{_quoted(key['Name'])} = {_text(value)}" for key, value in values)
        clauses.append(f"partition ({pairs}) location {_text(partition['StorageDescriptor']['Location'])}")
    if clauses:
        session.sql(f"alter table {here} add {' '.join(clauses)}")


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
