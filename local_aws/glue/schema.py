"""What a crawler finds out about a file: its format, its columns, and how the catalog describes both."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

SIMILAR_ENOUGH = 0.7

TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"


@dataclass(frozen=True)
class Column:
    """A column by its catalog name (lower case) and Hive type."""

    name: str
    type: str


@dataclass(frozen=True)
class Format:
    """How files are read: what must be the same for two files to be of one table.

    serde_parameters and table_parameters are pairs, so that the whole can be compared and hashed.
    """

    classification: str
    compression: str
    input_format: str
    output_format: str
    serde: str
    serde_parameters: tuple[tuple[str, str], ...] = ()
    table_parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Schema:
    """The format and columns of one file, or of all files of a table; rows is an estimate for text."""

    format: Format
    columns: tuple[Column, ...]
    rows: int = field(default=0, compare=False)


def similarity(one: Iterable[Column], other: Iterable[Column]) -> float:
    """Tell how alike two lists of columns are: names in both / names in either, 0 to 1."""
    names, others = {column.name for column in one}, {column.name for column in other}
    return len(names & others) / len(names | others) if names | others else 1.0


def clusters(schemas: Iterable[Schema]) -> list[list[Schema]]:
    """Return schemas put together that are of one format and similar enough, the largest cluster first."""
    found: list[list[Schema]] = []
    for schema in schemas:
        for cluster in found:
            first = cluster[0]
            if first.format == schema.format and similarity(first.columns, schema.columns) >= SIMILAR_ENOUGH:
                cluster.append(schema)
                break
        else:
            found.append([schema])
    return sorted(found, key=len, reverse=True)


def merged(schemas: Iterable[Schema]) -> Schema:
    """Return one schema for files of one table: all columns in order of appearance, with types wide enough for all."""
    several = list(schemas)
    types: dict[str, str] = {}
    for schema in several:
        for column in schema.columns:
            types[column.name] = wider(types[column.name], column.type) if column.name in types else column.type
    columns = tuple(Column(name, hive_type) for name, hive_type in types.items())
    return Schema(several[0].format, columns, sum(schema.rows for schema in several))


_WHOLE = ("tinyint", "smallint", "int", "bigint")


def wider(one: str, other: str) -> str:
    """Return the type that holds values of both; string when no other does."""
    if one == other:
        return one
    if one in _WHOLE and other in _WHOLE:
        return max(one, other, key=_WHOLE.index)
    if {one, other} <= {*_WHOLE, "float", "double"}:
        return "double"
    return "string"


@lru_cache(maxsize=1000)
def shared_columns(columns: tuple[Column, ...]) -> list[dict[str, str]]:
    """Return columns as the API has them, the same list for the same columns: partitions are many and alike."""
    return [{"Name": column.name, "Type": column.type} for column in columns]


def storage_descriptor(schema: Schema, location: str, parameters: dict[str, str]) -> dict[str, Any]:
    """Return the StorageDescriptor that a crawler writes for a table or a partition."""
    return {
        "Columns": shared_columns(schema.columns),
        "Location": location,
        "InputFormat": schema.format.input_format,
        "OutputFormat": schema.format.output_format,
        "Compressed": schema.format.compression != "none",
        "NumberOfBuckets": -1,
        "SerdeInfo": {
            "SerializationLibrary": schema.format.serde,
            "Parameters": dict(schema.format.serde_parameters),
        },
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": parameters,
        "StoredAsSubDirectories": False,
    }
