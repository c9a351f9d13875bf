"""Parquet: the schema is in the file."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from local_aws.glue.schema import Column, Format, Schema

SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
_FORMAT = Format(
    "parquet",
    "none",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    SERDE,
    (("serialization.format", "1"),),
)
_SIMPLE = {
    "bool": "boolean",
    "int8": "tinyint",
    "int16": "smallint",
    "int32": "int",
    "int64": "bigint",
    "uint8": "smallint",
    "uint16": "int",
    "uint32": "bigint",
    "uint64": "decimal(20,0)",
    "float": "float",
    "double": "double",
    "string": "string",
    "large_string": "string",
    "binary": "binary",
    "large_binary": "binary",
    "date32[day]": "date",
}


def recognise(path: Path) -> Schema | None:
    """Return the schema of a Parquet file; None when it is not one. The footer alone is read."""
    try:
        with pq.ParquetFile(path) as file:
            columns = tuple(Column(field.name.lower(), hive_type(field.type)) for field in file.schema_arrow)
            return Schema(_FORMAT, columns, file.metadata.num_rows)
    except (pa.ArrowInvalid, OSError):
        return None


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
    return _SIMPLE.get(str(kind), "string")
