"""What a crawler sees in files: their format and columns, which folders are tables, which are partitions.

Sources: the AWS Glue developer guide, "How does a crawler determine when to create partitions?", "Creating a single
schema for each Amazon S3 include path"; AWS re:Post, "How does the AWS Glue crawler detect the schema?" (70 %).
"""

import io
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from local_aws.glue import csv_files

SAMPLE_BYTES = 1 << 20
SIMILAR_ENOUGH = 0.7
MOST_CLUSTERS = 5

_HIVE = "org.apache.hadoop.hive."
_PARQUET = (
    _HIVE + "ql.io.parquet.MapredParquetInputFormat",
    _HIVE + "ql.io.parquet.MapredParquetOutputFormat",
    _HIVE + "ql.io.parquet.serde.ParquetHiveSerDe",
)
_TEXT = ("org.apache.hadoop.mapred.TextInputFormat", _HIVE + "ql.io.HiveIgnoreKeyTextOutputFormat")
_WHOLE = ("tinyint", "smallint", "int", "bigint")
_TYPES = {
    "bool": "boolean", "int8": "tinyint", "int16": "smallint", "int32": "int", "int64": "bigint", "uint8": "smallint",
    "uint16": "int", "uint32": "bigint", "uint64": "decimal(20,0)", "float": "float", "double": "double",
    "binary": "binary", "large_binary": "binary", "date32[day]": "date",
}  # fmt: skip

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Schema:
    """Format and columns of a file, or of all files of a table. rows is an estimate for text.

    storage: what its storage description begins with; serde, table: parameters of SerDe and table, as pairs.
    """

    kind: str
    compression: str
    storage: tuple[str, ...]
    serde: Pairs
    table: Pairs
    columns: Pairs
    rows: int = field(default=0, compare=False)

    @property
    def format(self) -> tuple[Any, ...]:
        """What must be equal for two files to be of one table."""
        return (self.kind, self.compression, self.storage, self.serde, self.table)


@dataclass(frozen=True)
class File:
    """An object that a classifier recognised."""

    key: str
    size: int
    schema: Schema


@dataclass(frozen=True)
class Table:
    """A table as its files show it. prefix: of its folder with the last slash, or the key of its only file.

    partitions: values and prefix of each, with its files.
    """

    prefix: str
    schema: Schema
    keys: tuple[str, ...]
    partitions: dict[tuple[tuple[str, ...], str], list[File]]
    files: list[File]


# --- one file


def look(sample: bytes, size: int, classifiers: list[csv_files.Settings]) -> Schema | None:
    """Return the schema of a file of text from its beginning, None when no classifier knows it: custom ones first."""
    compression = "none"
    if sample[:2] == b"\x1f\x8b":
        compression = "gzip"
        try:
            sample = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(sample, SAMPLE_BYTES)
        except zlib.error:
            return None
    for how in [*classifiers, None]:
        seen = csv_files.recognise(sample, size if compression == "none" else len(sample), how)
        if seen is not None:
            columns, rows, written = seen
            return Schema("csv", compression, *_csv_format(written), columns, rows)
    return None


def _csv_format(written: csv_files.Settings) -> tuple[tuple[str, ...], Pairs, Pairs]:
    separator = written["separator"]
    table: Pairs = (("areColumnsQuoted", "false"), ("columnsOrdered", "true"), ("delimiter", separator))
    if written["header"]:
        table += (("skip.header.line.count", "1"),)
    if written["serde"] == "OpenCSVSerDe":
        serde = (("escapeChar", "\\"), ("quoteChar", written["quote"]), ("separatorChar", separator))
        return (*_TEXT, csv_files.OPEN_CSV), serde, table
    return (*_TEXT, csv_files.LAZY), (("field.delim", separator),), table


def look_at_parquet(end: bytes) -> Schema | None:
    """Return the schema in the last bytes of a Parquet file, which hold its footer."""
    try:
        with pq.ParquetFile(io.BytesIO(b"PAR1" + end)) as file:
            columns = tuple((column.name.lower(), hive_type(column.type)) for column in file.schema_arrow)
            rows = file.metadata.num_rows
    except (pa.ArrowInvalid, OSError):
        return None
    return Schema("parquet", "none", _PARQUET, (("serialization.format", "1"),), (), columns, rows)


def hive_type(kind: pa.DataType) -> str:
    """Return the Hive type of an Arrow type."""
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    if pa.types.is_map(kind):
        return f"map<{hive_type(kind.key_type)},{hive_type(kind.item_type)}>"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"array<{hive_type(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return "struct<" + ",".join(f"{part.name.lower()}:{hive_type(part.type)}" for part in kind) + ">"
    return _TYPES.get(str(kind), "string")


# --- several files


def _similarity(left: Schema, right: Schema) -> float:
    names, others = {name for name, _ in left.columns}, {name for name, _ in right.columns}
    return len(names & others) / len(names | others) if names | others else 1.0


def _alike(files: list[File]) -> tuple[int, list[File]]:
    """Return how many kinds of files there are, and those of the largest kind."""
    kinds: list[list[File]] = []
    for file in files:
        for kind in kinds:
            first = kind[0].schema
            if first.format == file.schema.format and _similarity(first, file.schema) >= SIMILAR_ENOUGH:
                kind.append(file)
                break
        else:
            kinds.append([file])
    return len(kinds), max(kinds, key=len)


def merged(files: Iterable[File]) -> Schema:
    """Return one schema for files of one table: all columns in order of appearance, with types wide enough for all."""
    schemas = [file.schema for file in files]
    types: dict[str, str] = {}
    for schema in dict.fromkeys(schemas):
        for name, kind in schema.columns:
            types[name] = _wider(types.get(name, kind), kind)
    first = schemas[0]
    return Schema(*first.format, tuple(types.items()), sum(schema.rows for schema in schemas))


def _wider(left: str, right: str) -> str:
    if left == right:
        return left
    if left in _WHOLE and right in _WHOLE:
        return max(left, right, key=_WHOLE.index)
    return "double" if {left, right} <= {*_WHOLE, "float", "double"} else "string"


# --- folders


def is_data(key: str) -> bool:
    """Tell whether Hive's readers see an object: not a folder's marker, nor hidden by an underscore or a dot."""
    return not key.endswith("/") and not any(part.startswith(("_", ".")) for part in key.split("/"))


def name_of(prefix: str, bucket: str) -> str:
    """Return the name of a table in a folder or file: its last part in lower case, all else an underscore."""
    return re.sub(r"[^a-z0-9_]", "_", (prefix.rstrip("/").rpartition("/")[2] or bucket).lower())


def tables(files: list[File], prefix: str) -> list[Table]:
    """Return the tables below a folder: the folder itself when most of its files go together, else what is in it."""
    if not files:
        return []
    kinds, alike = _alike(files)
    depths = {len(_folders(file, prefix)) for file in alike}
    named = any("=" in folder for file in alike for folder in _folders(file, prefix))
    if kinds <= MOST_CLUSTERS and len(alike) / len(files) > SIMILAR_ENOUGH and (len(depths) == 1 or not named):
        return [_table(alike, prefix)]
    below: dict[str, list[File]] = defaultdict(list)
    for file in files:
        below[prefix + "".join(f"{folder}/" for folder in _folders(file, prefix)[:1])].append(file)
    alone = [_table([file], file.key) for file in below.pop(prefix, [])]
    return alone + [table for folder, inside in below.items() for table in tables(inside, folder)]


def _folders(file: File, prefix: str) -> list[str]:
    return file.key[len(prefix) :].split("/")[:-1]


def _table(files: list[File], prefix: str) -> Table:
    keys = _partition_keys([_folders(file, prefix) for file in files])
    partitions: dict[tuple[tuple[str, ...], str], list[File]] = defaultdict(list)
    for file in files if keys else []:
        folders = _folders(file, prefix)
        values = tuple(unquote(folder.partition("=")[2]) if "=" in folder else folder for folder in folders)
        partitions[values, prefix + "".join(f"{folder}/" for folder in folders)].append(file)
    schema = merged(files)
    columns = tuple(column for column in schema.columns if column[0] not in keys)
    return Table(prefix, Schema(*schema.format, columns, schema.rows), keys, partitions, files)


def _partition_keys(paths: list[list[str]]) -> tuple[str, ...]:
    """Return a key for each level of folders: the name in `name=value`, else partition_0 and on.

    Files at several depths, in folders without names, make a table without partitions.
    """
    if len({len(path) for path in paths}) != 1:
        return ()
    keys = []
    for position in range(len(paths[0])):
        names = {path[position].partition("=")[0].lower() if "=" in path[position] else "" for path in paths}
        keys.append((names.pop() if len(names) == 1 else "") or f"partition_{position}")
    return tuple(keys)
