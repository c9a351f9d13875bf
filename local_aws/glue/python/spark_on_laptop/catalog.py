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

_FORMATS = {"ParquetHiveSerDe": "parquet", "LazySimpleSerDe": "csv"}
_REFUSED = re.compile(r"\s*(create\s+(?!.*\btemp)|drop\b(?!.*\bview)|alter|msck|insert|truncate|show)\b", re.I | re.S)
_HERE = "through Spark: in the local AWS it sees the tables that a job names, and crawlers and boto3 change the catalog"


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
        self.nowhere.mkdir(parents=True, exist_ok=True)
        self.glue: Any = boto3.client("glue")
        self.known: set[tuple[str, ...]] = set()

    def learn(self, session: Any, name: str) -> bool:
        """Ask Glue for a table, `database.table` quoted or not; tell whether Spark knows more now."""
        parts = re.findall(r"[^.`]+", name.lower())[-2:]
        database, table = parts if len(parts) > 1 else (session.catalog.currentDatabase(), *parts)
        if (database, table) in self.known:
            return False
        self.known.add((database, table))
        return self.learn_database(session, database) and self._learn_table(session, database, table)

    def learn_database(self, session: Any, name: str) -> bool:
        """Ask Glue for a database; tell whether it is there."""
        try:
            if (name,) not in self.known:
                self.glue.get_database(Name=name)
        except self.glue.exceptions.EntityNotFoundException:
            return False
        self.known.add((name,))
        session._jsparkSession.sql(f"create database if not exists {quoted(name)}")
        return True

    def _learn_table(self, session: Any, database: str, name: str) -> bool:
        try:
            table = self.glue.get_table(DatabaseName=database, Name=name)["Table"]
        except self.glue.exceptions.EntityNotFoundException:
            return False
        storage, keys = table["StorageDescriptor"], [key["Name"] for key in table.get("PartitionKeys") or []]
        serde = storage.get("SerdeInfo") or {}
        kind = _FORMATS.get(serde.get("SerializationLibrary", "").rpartition(".")[2])
        if kind is None:
            return False  # a SerDe that Spark has no class for, or a view
        separator = serde.get("Parameters", {}).get("field.delim", "\x01")  # SPARK-11374: the header comes as a row
        options = f" options ('header' 'false', 'quote' '', 'sep' {text(separator)})" if kind == "csv" else ""
        columns = [
            f"{quoted(column['Name'])} {column['Type']}" for column in storage["Columns"] + table["PartitionKeys"]
        ]
        by = f" partitioned by ({', '.join(map(quoted, keys))})" if keys else ""
        # first nowhere, at last at its place: Spark lists the files of a table that it makes
        here, sql = f"{quoted(database)}.{quoted(name)}", session._jsparkSession.sql
        nowhere = f"location {text(self.nowhere.as_uri())}"
        sql(f"create table {here} ({', '.join(columns)}) using {kind}{options}{by} {nowhere}")
        if keys:
            pages = self.glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=name)
            partitions = [partition for page in pages for partition in page["Partitions"]]
            self._add_partitions(session, (database, name), keys, partitions)
        sql(f"alter table {here} set location {text(storage['Location'])}")
        return True

    def _add_partitions(
        self, session: Any, table: tuple[str, str], keys: list[str], partitions: list[dict[str, Any]]
    ) -> None:
        """Make partitions known: nowhere in one statement, then all at their places in one call.

        Spark's own catalog looks for the folder of each partition that is added, which would be two requests for each.
        """
        if not partitions:
            return
        specs = [dict(zip(keys, partition["Values"], strict=True)) for partition in partitions]
        nowhere = f"location {text(self.nowhere.as_uri())}"
        pairs = (", ".join(f"{quoted(key)} = {text(value)}" for key, value in spec.items()) for spec in specs)
        clauses = " ".join(f"partition ({pair}) {nowhere}" for pair in pairs)
        session._jsparkSession.sql(f"alter table {'.'.join(map(quoted, table))} add {clauses}")
        jvm, external = session._jvm, session._jsparkSession.sharedState().externalCatalog()
        usual = external.listPartitions(*table, jvm.scala.Option.empty()).head()
        kind, classes = usual.storage(), jvm.org.apache.spark.sql.catalyst.catalog
        rest = (kind.inputFormat(), kind.outputFormat(), kind.serde(), kind.compressed(), kind.properties())
        made = jvm.java.util.ArrayList()
        for spec, partition in zip(specs, partitions, strict=True):
            place = classes.CatalogUtils.stringToURI(partition["StorageDescriptor"]["Location"])
            storage = kind.copy(jvm.scala.Option.apply(place), *rest)
            about = (jvm.PythonUtils.toScalaMap(spec), storage, usual.parameters(), 0, 0, usual.stats())
            made.add(classes.CatalogTablePartition(*about))
        external.alterPartitions(*table, jvm.PythonUtils.toSeq(made))

    def show(self) -> None:
        """Let the script's Spark see the catalog."""

        def exists(spark: Any, tableName: str, dbName: str | None = None) -> Any:  # noqa: N803 (Spark's names)
            self.learn(spark._sparkSession, f"{dbName}.{tableName}" if dbName else tableName)
            return plain_exists(spark, tableName, dbName)

        def sql(session: Any, sqlQuery: str, *given: Any, **named: Any) -> Any:  # noqa: N803 (Spark's name)
            if _REFUSED.match(sqlQuery):
                raise NotImplementedError(f"{sqlQuery.split()[0].upper()} {_HERE}")
            return plain_sql(session, sqlQuery, *given, **named)

        plain_exists, plain_sql = SparkCatalog.tableExists, self._learning(SparkSession.sql)
        for owner, name, new in (
            (SparkSession, "sql", sql),
            (SparkSession, "table", self._learning(SparkSession.table)),
            (DataFrameReader, "table", self._learning(DataFrameReader.table)),
            (SparkCatalog, "tableExists", exists),
            *((SparkCatalog, name, _refused(name)) for name in ("listTables", "listDatabases", "createTable")),
            *((DataFrameWriter, name, _refused(name)) for name in ("saveAsTable", "insertInto")),
        ):
            setattr(owner, name, new)

    def _learning(self, plain: Any) -> Any:
        """Make a call that is done again each time that Glue has the table or database that Spark missed."""

        @functools.wraps(plain)
        def call(spark: Any, *given: Any, **named: Any) -> Any:
            while True:
                try:
                    return plain(spark, *given, **named)
                except AnalysisException as error:
                    if not self._learned_of(getattr(spark, "_spark", spark), error):
                        raise

        return call

    def _learned_of(self, session: Any, error: AnalysisException) -> bool:
        told = error.getMessageParameters() or {}
        if error.getErrorClass() == "SCHEMA_NOT_FOUND":
            name = told["schemaName"].rpartition(".")[2].strip("`")
            return (name,) not in self.known and self.learn_database(session, name)
        return error.getErrorClass() == "TABLE_OR_VIEW_NOT_FOUND" and self.learn(session, told["relationName"])


def _refused(name: str) -> Any:
    def call(*_: Any, **__: Any) -> Any:
        raise NotImplementedError(f"{name} {_HERE}")

    return call
