"""The Glue catalog in Spark: a job sees the tables that it names, each asked for with the role's credentials.

As on Glue, what a job does not name it does not meet: a raw table in odd folders stops no job.
"""

import functools
import re
from pathlib import Path
from typing import Any

import boto3
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrameReader, DataFrameWriter, SparkSession
from pyspark.sql.catalog import Catalog as SparkCatalog

_SERDES = {
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe": "parquet",
    "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe": "csv",
    "org.apache.hadoop.hive.serde2.OpenCSVSerde": "csv",
}
_CHANGES = re.compile(
    r"\s*(create\s+(?!.*\btemp)|drop\s+(?!.*\b(view|temp))|alter|msck|insert|truncate|analyze)\b.*", re.I | re.S
)
_LISTS = re.compile(r"\s*show\s+(tables|databases|schemas|partitions)\b", re.I)
_HERE = "the local AWS takes catalog changes only from crawlers and from the Glue API (boto3)"


def quoted(name: str) -> str:
    """Return a name as Spark's SQL wants it."""
    return "`" + name.replace("`", "``") + "`"


def text(value: str) -> str:
    """Return a string literal of Spark's SQL."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Catalog:
    """What of the Glue catalog Spark knows already."""

    def __init__(self, folder: Path) -> None:
        """Begin with nothing. folder: for an empty folder, where tables have their place at first."""
        self.nowhere = folder / "nowhere"
        self.glue: Any = boto3.client("glue")
        self.known: set[tuple[str, ...]] = set()

    def learn(self, session: Any, name: str) -> bool:
        """Ask Glue for a table (`database.table`, quoted or not), or a database; tell whether Spark knows more now."""
        parts = [part.strip("`").lower() for part in re.findall(r"`[^`]+`|[^.`]+", name)][-2:]
        if len(parts) == 1:
            parts = [session.catalog.currentDatabase(), *parts]
        if tuple(parts) in self.known:
            return False
        self.known.add(tuple(parts))
        return self.learn_database(session, parts[0]) and self._learn_table(session, *parts)

    def learn_database(self, session: Any, name: str) -> bool:
        """Ask Glue for a database; tell whether it is there."""
        try:
            if (name,) not in self.known:
                self.glue.get_database(Name=name)
        except self.glue.exceptions.EntityNotFoundException:
            return False
        self.known.add((name,))
        self.plain_sql(session, f"create database if not exists {quoted(name)}")
        return True

    def _learn_table(self, session: Any, database: str, name: str) -> bool:
        try:
            table = self.glue.get_table(DatabaseName=database, Name=name)["Table"]
        except self.glue.exceptions.EntityNotFoundException:
            return False
        storage, keys = table.get("StorageDescriptor") or {}, table.get("PartitionKeys") or []
        kind = _SERDES.get((storage.get("SerdeInfo") or {}).get("SerializationLibrary", ""))
        if kind is None or not storage.get("Location"):
            return False  # a SerDe that Spark on Glue has no class for, or a view
        self.nowhere.mkdir(parents=True, exist_ok=True)
        here = f"{quoted(database)}.{quoted(name)}"
        columns = ", ".join(_column(column) for column in [*storage["Columns"], *keys])
        options = ", ".join(f"{text(key)} {text(value)}" for key, value in _options(storage).items())
        by = f" partitioned by ({', '.join(quoted(key['Name']) for key in keys)})" if keys else ""
        # first nowhere, then at its place: Spark lists the files of a table that it makes
        place = f"location {text(self.nowhere.as_uri())}"
        self.plain_sql(session, f"create table {here} ({columns}) using {kind} options ({options}){by} {place}")
        if keys:
            pages = self.glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=name)
            partitions = [partition for page in pages for partition in page["Partitions"]]
            self._add_partitions(session, here, [key["Name"] for key in keys], partitions)
        self.plain_sql(session, f"alter table {here} set location {text(storage['Location'])}")
        return True

    def _add_partitions(self, session: Any, table: str, keys: list[str], partitions: list[dict[str, Any]]) -> None:
        """Make partitions known: nowhere in one statement, then all at their places in one call.

        Spark's own catalog looks for the folder of each partition that is added, which would be two requests for each.
        """
        if not partitions:
            return
        specs = [dict(zip(keys, partition["Values"], strict=True)) for partition in partitions]
        clauses = (
            "partition (" + ", ".join(f"{quoted(key)} = {text(value)}" for key, value in spec.items()) + ")"
            f" location {text(self.nowhere.as_uri())}"
            for spec in specs
        )
        self.plain_sql(session, f"alter table {table} add {' '.join(clauses)}")
        jvm, names = session._jvm, table.strip("`").split("`.`")
        external = session._jsparkSession.sharedState().externalCatalog()
        usual = external.listPartitions(*names, jvm.scala.Option.empty()).head()
        storage = usual.storage()
        rest = (
            storage.inputFormat(),
            storage.outputFormat(),
            storage.serde(),
            storage.compressed(),
            storage.properties(),
        )
        made = jvm.java.util.ArrayList()
        for spec, partition in zip(specs, partitions, strict=True):
            place = jvm.org.apache.spark.sql.catalyst.catalog.CatalogUtils.stringToURI(
                partition["StorageDescriptor"]["Location"]
            )
            there = storage.copy(jvm.scala.Option.apply(place), *rest)
            made.add(
                jvm.org.apache.spark.sql.catalyst.catalog.CatalogTablePartition(
                    jvm.PythonUtils.toScalaMap(spec), there, usual.parameters(), 0, 0, usual.stats()
                )
            )
        external.alterPartitions(*names, jvm.PythonUtils.toSeq(made))

    @staticmethod
    def plain_sql(session: Any, statement: str) -> None:
        """Run a statement that is the catalog's own, not the script's."""
        session._jsparkSession.sql(statement)


def _column(column: dict[str, str]) -> str:
    comment = f" comment {text(column['Comment'])}" if column.get("Comment") else ""
    return f"{quoted(column['Name'])} {column['Type']}{comment}"


def _options(storage: dict[str, Any]) -> dict[str, str]:
    """Return how Spark reads a table's files.

    Text is read by position, and its header line comes as a row: Spark does not heed `skip.header.line.count`
    (SPARK-11374).
    """
    library, given = storage["SerdeInfo"]["SerializationLibrary"], storage["SerdeInfo"].get("Parameters") or {}
    if library.endswith("LazySimpleSerDe"):
        return {"header": "false", "sep": given.get("field.delim", "\x01"), "quote": ""}
    if library.endswith("OpenCSVSerde"):
        quote, escape = given.get("quoteChar", '"'), given.get("escapeChar", "\\")
        return {"header": "false", "sep": given.get("separatorChar", ","), "quote": quote, "escape": escape}
    return {"serialization.format": "1"}


def show(catalog: Catalog) -> None:
    """Let the script's Spark see the catalog."""

    def learning(plain: Any) -> Any:
        """Run a call again each time that the catalog knew a table or database that Spark missed."""

        @functools.wraps(plain)
        def call(self: Any, *given: Any, **named: Any) -> Any:
            while True:
                try:
                    return plain(self, *given, **named)
                except AnalysisException as error:
                    if not _learned(getattr(self, "_spark", self), error):
                        raise

        return call

    def _learned(session: Any, error: AnalysisException) -> bool:
        told = error.getMessageParameters() or {}
        if error.getErrorClass() == "SCHEMA_NOT_FOUND":
            name = told["schemaName"].rpartition(".")[2].strip("`")
            return (name,) not in catalog.known and catalog.learn_database(session, name)
        return error.getErrorClass() == "TABLE_OR_VIEW_NOT_FOUND" and catalog.learn(session, told["relationName"])

    def exists(self: Any, tableName: str, dbName: str | None = None) -> Any:  # noqa: N803 (Spark's names)
        catalog.learn(self._sparkSession, f"{dbName}.{tableName}" if dbName else tableName)
        return plain_exists(self, tableName, dbName)

    def sql(self: Any, sqlQuery: str, *given: Any, **named: Any) -> Any:  # noqa: N803 (Spark's name)
        if _CHANGES.match(sqlQuery) or _LISTS.match(sqlQuery):
            raise NotImplementedError(f"{sqlQuery.split()[0].upper()} through Spark: {_HERE}")
        return plain_sql(self, sqlQuery, *given, **named)

    plain_exists, plain_sql = SparkCatalog.tableExists, learning(SparkSession.sql)
    changed: Any = SparkSession
    changed.table, changed.sql = learning(SparkSession.table), sql
    changed = DataFrameReader
    changed.table = learning(DataFrameReader.table)
    changed = SparkCatalog
    changed.tableExists, changed.setCurrentDatabase = exists, learning(SparkCatalog.setCurrentDatabase)
    for owner, names in (
        (SparkCatalog, ("listTables", "listDatabases", "createTable", "createExternalTable")),
        (DataFrameWriter, ("saveAsTable", "insertInto")),
    ):
        for name in names:
            setattr(owner, name, _refused(name))


def _refused(name: str) -> Any:
    def call(*_: Any, **__: Any) -> Any:
        raise NotImplementedError(f"{name} through Spark: {_HERE}; Spark sees the tables that a job names")

    return call
