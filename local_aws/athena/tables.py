"""The catalog's tables as DuckDB relations: which files a query needs and may read, and how many bytes that are."""

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

from local_aws.athena.session import NotForReal, QueryError

Ask = Callable[[str, str], None]  # (action, resource): raises if the query's caller may not
Partition = tuple[tuple[str, ...], str]  # values, location

TRINO_TYPES = {"string": "varchar", "int": "integer", "float": "real", "binary": "varbinary"}


@dataclass(frozen=True)
class File:
    """An object of a table: its path on disk, its address, and the values of its partition."""

    path: str
    uri: str
    values: tuple[str, ...]


@dataclass
class Table:
    """A table that a query names: as the catalog describes it, with its partitions."""

    description: Mapping[str, Any]
    partitions: list[Partition] = field(default_factory=list)

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
    return TRINO_TYPES.get(hive_type.lower(), hive_type.lower())


def look_up(database: str, name: str, ask: Ask) -> Table:
    """Return a table with its partitions, asked for as the query's caller.

    Raises:
        QueryError: it is not there, or the caller may not see it.
    """
    place, full = f"arn:aws:glue:{get_region()}:{get_account_id()}", f"{database}/{name}"
    ask("glue:GetDatabase", f"{place}:database/{database}")
    if database not in glue._databases:
        raise QueryError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist")
    ask("glue:GetTable", f"{place}:table/{full}")
    if full not in glue._tables:
        raise QueryError("TABLE_NOT_FOUND", f"Table 'awsdatacatalog.{database}.{name}' does not exist")
    table = Table(glue._tables[full])
    if table.keys:
        ask("glue:GetPartitions", f"{place}:table/{full}")
        for partition in glue._partitions.get(full, []):
            table.partitions.append((tuple(partition["Values"]), partition["StorageDescriptor"]["Location"]))
    return table


def rows_of(names: Iterable[str], rows: Sequence[tuple[Any, ...]]) -> exp.Select:
    """Return a query that gives rows of texts, also when there are none."""
    columns = list(names)
    values = exp.values(rows or [(None,) * len(columns)], alias="listed", columns=columns)
    query = exp.select("*").from_(values)
    return query if rows else query.where("false")


def needed_partitions(
    table: Table, conditions: Sequence[str], connection: duckdb.DuckDBPyConnection
) -> list[Partition]:
    """Return the partitions that can hold rows for which the conditions, of partition keys alone, are true."""
    if not conditions:
        return table.partitions
    rows = [(*values, position) for position, (values, _) in enumerate(table.partitions)]
    query = (
        rows_of([*table.keys, "position"], rows).select("position", append=False).where(*conditions, dialect="duckdb")
    )
    return [table.partitions[position] for (position,) in connection.execute(query.sql(dialect="duckdb")).fetchall()]


def files_of(table: Table, partitions: Iterable[Partition], ask: Ask) -> list[File]:
    """Return the objects of a table, or of some of its partitions, asked for as the query's caller."""
    places = partitions if table.keys else [((), table.description["StorageDescriptor"]["Location"])]
    return [file for values, location in places for file in _files_at(location, values, ask)]


def _files_at(location: str, values: tuple[str, ...], ask: Ask) -> list[File]:
    place = urlparse(location)
    bucket, prefix = place.netloc, place.path.strip("/") + "/"
    ask("s3:ListBucket", f"arn:aws:s3:::{bucket}")
    objects = (s3._buckets.get(bucket) or {"objects": {}})["objects"]
    files = []
    for key in sorted(key for key in list(objects) if key.startswith(prefix)):
        if key.endswith("/") or athena._hidden(key.removeprefix(prefix)):
            continue
        ask("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
        path = Path(s3._object_disk_path(bucket, key) or "")
        if not path.is_file():
            raise QueryError("HIVE_CANNOT_OPEN_SPLIT", f"Error opening Hive split s3://{bucket}/{key}: it is not there")
        if path.stat().st_size:
            files.append(File(str(path), f"s3://{bucket}/{key}", values))
    return files


# --- as DuckDB reads them


def relation(table: Table, files: Sequence[File]) -> str:
    """Return a DuckDB query of a table's rows: its columns with the catalog's types, its keys, and ``$path``."""
    if not files:
        columns = [_typed("null", name, kind) for name, kind in {**table.columns, **table.keys}.items()]
        return f'select {", ".join(columns)}, cast(null as varchar) as "$path" where false'
    if table.format == "parquet":
        return _parquet(table, files)
    if table.format == "csv":
        return " union all ".join(_text(table, file) for file in files)
    raise NotForReal(f"tables of {table.format} files, such as {table.description['Name']}")


def _typed(value: str, name: str, hive_type: str) -> str:
    kind = exp.DataType.build(trino_type(hive_type), dialect="trino").sql(dialect="duckdb")
    return f"cast({value} as {kind}) as {_name(name)}"


def _name(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql(dialect="duckdb")


def _literal(value: str) -> str:
    return exp.Literal.string(value).sql(dialect="duckdb")


def _parquet(table: Table, files: Sequence[File]) -> str:
    """Read Parquet files by name of column; the partition's values come from the catalog, not from the path."""
    present = {name.lower() for file in files for name in pq.read_schema(file.path).names}
    columns = [
        _typed(f"f.{_name(name)}" if name in present else "null", name, kind) for name, kind in table.columns.items()
    ]
    columns += [_typed(f"p.{_name(name)}", name, kind) for name, kind in table.keys.items()]
    rows = ", ".join(f"({', '.join(map(_literal, (file.path, file.uri, *file.values)))})" for file in files)
    names = ", ".join(map(_name, ("$file", "$path", *table.keys)))
    paths = ", ".join(_literal(file.path) for file in files)
    return (
        f'select {", ".join(columns)}, p."$path" '  # noqa: S608 - every part is quoted above
        f"from read_parquet([{paths}], filename = '$file', union_by_name = true, hive_partitioning = false) f "
        f'join (values {rows}) p({names}) on f."$file" = p."$file"'
    )


def _text(table: Table, file: File) -> str:
    """Read a text file as Hive's SerDes do: an empty text is no null, what a column's type cannot hold is one."""
    serde = table.description["StorageDescriptor"].get("SerdeInfo") or {}
    settings, lines = serde.get("Parameters") or {}, table.description.get("Parameters") or {}
    if "OpenCSVSerde" in serde.get("SerializationLibrary", ""):
        separator, quote = settings.get("separatorChar", ","), settings.get("quoteChar", '"')
    else:  # LazySimpleSerDe knows no quotes
        separator, quote = settings.get("field.delim", "\x01"), ""
    cells = ", ".join(f"{_literal(name)}: 'varchar'" for name in table.columns)
    skip = lines.get("skip.header.line.count", 0)
    options = f"delim = {_literal(separator)}, quote = {_literal(quote)}, escape = {_literal(quote)}, skip = {skip}"
    columns = [_typed(_name(name), name, kind).replace("cast", "try_cast", 1) for name, kind in table.columns.items()]
    for (name, kind), value in zip(table.keys.items(), file.values, strict=True):
        columns.append(_typed(_literal(value), name, kind))
    return (
        f'select {", ".join(columns)}, {_literal(file.uri)} as "$path" '  # noqa: S608 - every part is quoted
        f"from read_csv({_literal(file.path)}, auto_detect = false, header = false, nullstr = '\\N', {options}, "
        f"columns = {{{cells}}}, null_padding = true, strict_mode = false)"
    )


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
