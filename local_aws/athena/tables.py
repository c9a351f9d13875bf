"""The catalog's tables as DuckDB relations: which files a query needs, what it may read, how many bytes that are."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import duckdb
import pyarrow.parquet as pq
from ministack.core.responses import get_account_id, get_region
from ministack.services import athena, glue, s3
from sqlglot import exp

from local_aws.athena.errors import NotForReal, QueryError

Ask = Callable[[str, str], None]  # (action, resource): raises if the query's caller may not

VIEW_HEAD, VIEW_TAIL = "/* Presto View: ", " */"
HIVE_TO_TRINO = {"string": "varchar", "int": "integer", "float": "real", "binary": "varbinary"}


@dataclass(frozen=True)
class File:
    """An object of a table: its path on disk, its address, and the values of its partition."""

    path: str
    uri: str
    values: tuple[str, ...]


@dataclass
class Table:
    """A table that a query names."""

    database: str
    name: str
    description: Mapping[str, Any]
    partitions: list[tuple[tuple[str, ...], str]] = field(default_factory=list)  # values, location

    @property
    def columns(self) -> dict[str, str]:
        """Return name to Hive type of the columns in the files."""
        return {column["Name"].lower(): column["Type"] for column in self.description["StorageDescriptor"]["Columns"]}

    @property
    def keys(self) -> dict[str, str]:
        """Return name to Hive type of the partition keys."""
        return {key["Name"].lower(): key["Type"] for key in self.description.get("PartitionKeys") or []}

    @property
    def format(self) -> str:
        """Return ``parquet``, ``csv``, ``json`` or what else its classes say."""
        return str(athena._data_format(self.description))


def trino_type(hive_type: str) -> str:
    """Return Trino's name for a type of the catalog."""
    return HIVE_TO_TRINO.get(hive_type.lower(), hive_type.lower())


def look_up(database: str, name: str, ask: Ask) -> Table:
    """Return a table with its partitions, asked for as the query's caller.

    Raises:
        QueryError: it is not there, or the caller may not see it.
    """
    place = f"arn:aws:glue:{get_region()}:{get_account_id()}"
    ask("glue:GetDatabase", f"{place}:database/{database}")
    if database not in glue._databases:
        raise QueryError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist")
    ask("glue:GetTable", f"{place}:table/{database}/{name}")
    description = glue._tables.get(f"{database}/{name}")
    if description is None:
        raise QueryError("TABLE_NOT_FOUND", f"Table 'awsdatacatalog.{database}.{name}' does not exist")
    if not description.get("PartitionKeys"):
        return Table(database, name, description)
    ask("glue:GetPartitions", f"{place}:table/{database}/{name}")
    listed = glue._partitions.get(f"{database}/{name}", [])
    partitions = [(tuple(one["Values"]), one["StorageDescriptor"]["Location"]) for one in listed]
    return Table(database, name, description, partitions)


def view_query(table: Table) -> str | None:
    """Return the query of a view, None for a table."""
    words = str(table.description.get("ViewOriginalText") or "")
    if not words.startswith(VIEW_HEAD):
        return None
    return str(json.loads(b64decode(words.removeprefix(VIEW_HEAD).removesuffix(VIEW_TAIL)))["originalSql"])


def partition_rows(table: Table) -> exp.Expression:
    """Return what ``"table$partitions"`` shows: a row for each partition in the catalog."""
    rows = [values for values, _ in table.partitions]
    values = exp.values(
        [tuple(row) for row in rows] or [(None,) * len(table.keys)], alias="p", columns=list(table.keys)
    )
    query = exp.select("*").from_(values)
    return query if rows else query.where("false")


def needed_partitions(
    table: Table, conditions: Sequence[str], connection: duckdb.DuckDBPyConnection
) -> list[tuple[tuple[str, ...], str]]:
    """Return the partitions that can hold rows for which the conditions, of partition keys alone, are true."""
    if not table.keys or not conditions or not table.partitions:
        return table.partitions
    names = [*table.keys, "position"]
    rows = [(*values, position) for position, (values, _) in enumerate(table.partitions)]
    listed = exp.select("position").from_(exp.values(rows, alias="p", columns=names)).sql(dialect="duckdb")
    kept = connection.execute(f"{listed} where {' and '.join(f'({one})' for one in conditions)}").fetchall()
    return [table.partitions[position] for (position,) in kept]


def files_of(table: Table, partitions: Iterable[tuple[tuple[str, ...], str]], ask: Ask) -> list[File]:
    """Return the objects of a table, or of some of its partitions, asked for as the query's caller."""
    places = partitions if table.keys else [((), table.description["StorageDescriptor"]["Location"])]
    return [file for values, location in places for file in _files_at(location, values, ask)]


def _files_at(location: str, values: tuple[str, ...], ask: Ask) -> list[File]:
    place = urlparse(location)
    bucket, prefix = place.netloc, place.path.strip("/") + "/"
    ask("s3:ListBucket", f"arn:aws:s3:::{bucket}")
    objects = (s3._buckets.get(bucket) or {"objects": {}})["objects"]
    keys = sorted(key for key in list(objects) if key.startswith(prefix) and not key.endswith("/"))
    files = []
    for key in keys:
        if athena._hidden(key.removeprefix(prefix)):
            continue
        ask("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
        path = s3._object_disk_path(bucket, key)
        if path is None or not Path(path).is_file():
            raise QueryError("HIVE_CANNOT_OPEN_SPLIT", f"Error opening Hive split s3://{bucket}/{key}: it is not there")
        if Path(path).stat().st_size:
            files.append(File(path, f"s3://{bucket}/{key}", values))
    return files


# --- as DuckDB reads them


def relation(table: Table, files: Sequence[File]) -> str:
    """Return a DuckDB query of a table's rows: its columns with the catalog's types, its keys, and ``$path``."""
    if not files:
        columns = [f"cast(null as {_duckdb_type(kind)}) as {_name(name)}" for name, kind in _all(table).items()]
        return f"select {', '.join([*columns, _null_path()])} where false"
    if table.format == "parquet":
        return _parquet(table, files)
    if table.format == "csv":
        return " union all ".join(_text(table, file) for file in files)
    raise NotForReal(f"tables of {table.format} files ({table.database}.{table.name})")


def _null_path() -> str:
    return 'cast(null as varchar) as "$path"'


def _all(table: Table) -> dict[str, str]:
    return table.columns | table.keys


def _duckdb_type(hive_type: str) -> str:
    return exp.DataType.build(trino_type(hive_type), dialect="trino").sql(dialect="duckdb")


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _parquet(table: Table, files: Sequence[File]) -> str:
    """Read Parquet files by name of column; the partition's values come from the catalog, not from the path."""
    present = {name.lower() for file in files for name in pq.read_schema(file.path).names}
    columns = [
        f"cast(f.{_name(name)} as {_duckdb_type(kind)}) as {_name(name)}"
        if name in present
        else f"cast(null as {_duckdb_type(kind)}) as {_name(name)}"
        for name, kind in table.columns.items()
    ]
    keys = [f"cast(p.{_name(name)} as {_duckdb_type(kind)}) as {_name(name)}" for name, kind in table.keys.items()]
    rows = ", ".join(f"({', '.join(map(_literal, (file.path, file.uri, *file.values)))})" for file in files)
    names = ", ".join(['"$file"', '"$path"', *map(_name, table.keys)])
    paths = ", ".join(_literal(file.path) for file in files)
    return (
        f'select {", ".join([*columns, *keys])}, p."$path" '  # noqa: S608 - every part is quoted above
        f"from read_parquet([{paths}], filename = '$file', union_by_name = true, hive_partitioning = false) f "
        f'join (values {rows}) p({names}) on f."$file" = p."$file"'
    )


def _text(table: Table, file: File) -> str:
    """Read a text file as its SerDe does; ministack knows how Hive splits and quotes."""
    plain = {**table.description, "PartitionKeys": []}
    keys = [
        f"cast({_literal(value)} as {_duckdb_type(kind)}) as {_name(name)}"
        for (name, kind), value in zip(table.keys.items(), file.values, strict=True)
    ]
    rows = athena._table_relation(plain, [file.path])
    columns = [
        f"cast(r.{_name(name)} as {_duckdb_type(kind)}) as {_name(name)}" for name, kind in table.columns.items()
    ]
    path = f'{_literal(file.uri)} as "$path"'
    return f"select {', '.join([*columns, *keys, path])} from {rows} r"  # noqa: S608


def bytes_scanned(table: Table, files: Sequence[File], columns: Iterable[str]) -> int:
    """Return what Athena charges for: the compressed bytes of the named columns; of a text file, all.

    Amazon Athena User Guide, "Use columnar storage formats".
    """
    if table.format != "parquet":
        return sum(Path(file.path).stat().st_size for file in files)
    wanted = {name.lower() for name in columns}
    return sum(_compressed(file.path, wanted) for file in files)


def _compressed(path: str, wanted: set[str]) -> int:
    footer = pq.read_metadata(path)
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    chunks = [group.column(number) for group in groups for number in range(group.num_columns)]
    return sum(chunk.total_compressed_size for chunk in chunks if chunk.path_in_schema.split(".")[0].lower() in wanted)
