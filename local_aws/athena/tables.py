"""The catalog's tables as DuckDB reads them: their partitions, the files that a query needs and may read, the bytes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import athena, glue, s3
from sqlglot import exp

from local_aws.athena.session import QueryError, Session, bucket_and_key, not_for_real

Partition = tuple[tuple[str, ...], str]  # values, location
File = tuple[str, str, tuple[str, ...]]  # path on disk, address, values of its partition


@dataclass(frozen=True)
class Table:
    """A table that a statement names: as the catalog describes it, with its partitions."""

    database: str
    name: str
    description: dict[str, Any]
    columns: dict[str, exp.DataType]  # those in the files, by their names in lower case
    keys: dict[str, exp.DataType]  # those of the partitions
    location: str
    format: str  # "parquet", "csv", "json" or what else its classes say
    partitions: list[Partition]


def look_up(database: str, name: str, session: Session) -> Table:
    """Return a table with its partitions if the caller may see them."""
    place, full = f"arn:aws:glue:{get_region()}:{get_account_id()}", f"{database}/{name}"
    session.ask("glue:GetDatabase", f"{place}:database/{database}")
    if database not in glue._databases:
        raise QueryError(f"SCHEMA_NOT_FOUND: Schema '{database}' does not exist")
    session.ask("glue:GetTable", f"{place}:table/{full}")
    if full not in glue._tables:
        raise QueryError(f"TABLE_NOT_FOUND: Table 'awsdatacatalog.{database}.{name}' does not exist")
    described = glue._tables[full]
    storage, fields_of_keys = described["StorageDescriptor"], described.get("PartitionKeys") or []
    columns, keys = (
        {field["Name"].lower(): exp.DataType.build(field["Type"], dialect="hive") for field in fields}
        for fields in (storage["Columns"], fields_of_keys)
    )
    if keys:
        session.ask("glue:GetPartitions", f"{place}:table/{full}")
    partitions = [
        (tuple(part["Values"]), part["StorageDescriptor"]["Location"]) for part in glue._partitions.get(full, [])
    ]
    location = storage["Location"].rstrip("/") + "/"
    return Table(database, name, described, columns, keys, location, athena._data_format(described), partitions)


def rows_of(names: Iterable[str], rows: Sequence[tuple[Any, ...]]) -> exp.Select:
    """Return a query that gives rows of texts, also when there are none."""
    columns = list(names)
    values = exp.values(rows or [(None,) * len(columns)], alias="listed", columns=columns)
    return exp.select("*").from_(values).where("true" if rows else "false")


def files_of(table: Table, conditions: Sequence[str], session: Session) -> list[File]:
    """Return a table's objects if the caller may read them: those of the partitions for which conditions are true."""
    places = table.partitions if table.keys else [((), table.location)]
    if conditions:
        rows = [(*values, position) for position, (values, _) in enumerate(places)]
        query = rows_of([*table.keys, "position"], rows).where(*conditions, dialect="duckdb")
        needed = session.connection.execute(query.sql(dialect="duckdb", identify=True)).fetchall()
        places = [places[row[-1]] for row in needed]
    return [file for values, location in places for file in _files_at(location.rstrip("/") + "/", values, session)]


def _files_at(location: str, values: tuple[str, ...], session: Session) -> list[File]:
    (bucket, prefix), files = bucket_and_key(location), []
    session.ask("s3:ListBucket", f"arn:aws:s3:::{bucket}")
    objects = (s3._buckets.get(bucket) or {"objects": {}})["objects"]
    for key in sorted(key for key in list(objects) if key.startswith(prefix) and not key.endswith("/")):
        if athena._hidden(key.removeprefix(prefix)):
            continue
        session.ask("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
        path, uri = Path(s3._object_disk_path(bucket, key) or ""), f"s3://{bucket}/{key}"
        if not path.is_file():
            raise QueryError(f"HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split {uri}: it is not there")
        if path.stat().st_size:
            files.append((str(path), uri, values))
    return files


def relation(table: Table, files: Sequence[File], session: Session) -> str:
    """Return DuckDB's query of a table's rows: its columns and keys with the catalog's types, and ``$path``.

    Columns are read by name; the values of keys come from the catalog, not from the path. What a type cannot hold is an
    error in Parquet, and null in text, as in Hive.
    """
    reader = _reader(table, [path for path, _, _ in files])
    present = {name.lower() for name, *_ in session.connection.execute(f"describe from {reader}").fetchall()}
    columns = {name: exp.column(name, "f") if name in present else exp.null() for name in table.columns}
    columns |= {name: exp.column(name, "p") for name in table.keys}
    cast = exp.Cast if table.format == "parquet" else exp.TryCast
    typed = [cast(this=columns[name], to=kind).as_(name) for name, kind in {**table.columns, **table.keys}.items()]
    rows = rows_of(("$file", "$path", *table.keys), [(path, uri, *values) for path, uri, values in files])
    query = exp.select(*typed, exp.column("$path", "p")).sql(dialect="duckdb", identify=True)
    return f'{query} from {reader} f join ({rows.sql(dialect="duckdb", identify=True)}) p on f."$file" = p."$file"'


def _reader(table: Table, paths: list[str]) -> str:
    """Return DuckDB's function that reads a table's files, which are Parquet or text as Hive's SerDes write it."""
    if not paths:
        return '(select null as "$file")'
    options = f"{_literal(paths)}, filename = '$file', hive_partitioning = false"
    if table.format == "parquet":
        return f"read_parquet({options}, union_by_name = true)"
    serde = table.description["StorageDescriptor"].get("SerdeInfo") or {}
    if "LazySimpleSerDe" not in serde.get("SerializationLibrary", ""):  # which knows no quotes
        raise not_for_real(f"tables of {table.format} files with such a SerDe, such as {table.name}")
    separator = _literal((serde.get("Parameters") or {}).get("field.delim", "\x01"))
    cells = ", ".join(f"{_literal(name)}: 'varchar'" for name in table.columns)
    skip = (table.description.get("Parameters") or {}).get("skip.header.line.count", 0)
    return (
        f"read_csv({options}, delim = {separator}, quote = '', escape = '', skip = {skip}, columns = {{{cells}}}, "
        "auto_detect = false, header = false, nullstr = '\\N', null_padding = true, strict_mode = false)"
    )


def _literal(value: str | list[str]) -> str:
    return exp.convert(value).sql(dialect="duckdb")


def bytes_scanned(table: Table, files: Sequence[File], columns: Iterable[str], session: Session) -> int:
    """Return the compressed bytes of the columns; of text, all ("Use columnar storage formats" in Athena's guide)."""
    paths = [path for path, _, _ in files]
    if table.format != "parquet" or not paths:
        return sum(Path(path).stat().st_size for path in paths)
    chunks = "select total_compressed_size, lower(split(path_in_schema, ', ')[1]) as name from parquet_metadata($1)"
    query = f"select sum(total_compressed_size) from ({chunks}) where name in $2"  # noqa: S608 - nothing from outside
    ((size,),) = session.connection.execute(query, [paths, [name.lower() for name in columns]]).fetchall()
    return int(size or 0)
