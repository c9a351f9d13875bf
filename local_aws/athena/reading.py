"""Queries that read: names looked up in the catalog, only needed files that may be read, DuckDB's answer."""

import sys
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import duckdb
from ministack.core import iam_evaluator
from ministack.core.iam_actions import identity_denial_message
from ministack.core.responses import get_account_id, get_region
from ministack.services import athena, glue, s3
from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from local_aws.athena.trino import Result, Schema, duckdb_sql, text, type_name, typed
from local_aws.clients import client_of_key
from local_aws.glue.operations import matching


class QueryError(Exception):
    """Why a query ends without success, in Athena's words (Amazon Athena User Guide, "Athena error catalog")."""


class ScanLimitError(QueryError):
    """The query would read more than its workgroup allows."""


def not_for_real(what: str) -> QueryError:
    """Return the error of a statement that Athena may know and that would only be pretended here."""
    return QueryError(f"NOT_SUPPORTED: The local Athena does not do {what}; see docs/local-aws.md")


@dataclass
class Session:
    """One execution's surroundings; everything happens with the rights of its caller."""

    execution_id: str
    access_key: str
    database: str
    output_folder: str
    scan_limit: int | None
    connection: duckdb.DuckDBPyConnection

    def ask(self, action: str, resource: str) -> None:
        """Ask for a permission of the caller; the query fails where the policies do not allow it."""
        service = action.partition(":")[0]
        denied = iam_evaluator.enforce(self.access_key, action, service, get_region(), resource_arn=resource)
        if denied is not None:
            who = getattr(denied, "principal_arn", "") or self.access_key
            raise QueryError(f"PERMISSION_DENIED: {identity_denial_message(action, who, resource, False)}")

    def client_of(self, service: str) -> Any:
        """Return a client of a service with the caller's rights."""
        return client_of_key(service, self.access_key)

    def put(self, uri: str, body: bytes) -> None:
        """Write an object."""
        bucket, key = bucket_and_key(uri)
        self.client_of("s3").put_object(Bucket=bucket, Key=key, Body=body)


def bucket_and_key(uri: str) -> tuple[str, str]:
    """Return the parts of an address such as ``s3://lake/trees/``."""
    place = urlparse(uri)
    return place.netloc, place.path.lstrip("/")


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
    format: str  # "parquet", "csv" or what else its classes say
    partitions: list[tuple[tuple[str, ...], str]]  # values, location


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
    storage = described["StorageDescriptor"]
    columns, keys = (
        {field["Name"].lower(): exp.DataType.build(field["Type"], dialect="hive") for field in fields}
        for fields in (storage["Columns"], described.get("PartitionKeys") or [])
    )
    if keys:
        session.ask("glue:GetPartitions", f"{place}:table/{full}")
    partitions = glue._partitions.get(full, [])
    folders = [(tuple(part["Values"]), part["StorageDescriptor"]["Location"]) for part in partitions]
    location, format_ = storage["Location"].rstrip("/") + "/", athena._data_format(described)
    return Table(database, name, described, columns, keys, location, format_, folders)


def select(query: exp.Query, session: Session) -> Result:
    """Answer a query."""
    sql, scanned = plan(query, session)
    answer = session.connection.execute(sql)
    columns = [(name, type_name(str(kind), "trino")) for name, kind, *_ in answer.description or []]
    return Result(columns, [[text(value) for value in row] for row in answer.fetchall()], scanned)


def plan(query: exp.Query, session: Session) -> tuple[str, int]:
    """Return DuckDB's text of a query over views of the tables that it names, and the bytes that it will read."""
    for _, alias, node in list(_tables(query)):
        if (listing := _listing(node, session)) is not None:
            node.replace(listing.subquery(exp.to_identifier(node.alias or alias, quoted=True)))
    names = {(node.db or session.database, node.name) for _, _, node in _tables(query)}
    catalog = {name: look_up(*name, session=session) for name in names}
    asks_for_path = any(column.name == "$path" for column in query.find_all(exp.Column))  # SELECT * does not show it
    more = {"$path": exp.DataType.build("varchar")} if asks_for_path else {}
    schema: Schema = {database: {} for database, _ in catalog}
    for (database, name), table in catalog.items():
        schema[database][name] = {**table.columns, **table.keys, **more}
    named, scanned = typed(query, schema, session.database), 0
    views: dict[tuple[str, ...], tuple[str, dict[str, int]]] = {}  # what is named twice is looked up once
    for scope, alias, node in list(_tables(named)):
        table = catalog[node.db or session.database, node.name]
        conditions = _partition_conditions(scope, alias, table)
        if (wanted := (table.database, table.name, *conditions)) not in views:
            files = _files_of(table, conditions, session)
            sizes = _bytes(table, files, session)
            views[wanted] = (f"__table_{len(views)}", sizes)  # as no query names its own
            session.connection.execute(f"create temp view {views[wanted][0]} as {_relation(table, files, sizes)}")
        view, sizes = views[wanted]
        columns = {column.name.lower() for column in scope.columns if column.table == alias}
        scanned += sum(size for name, size in sizes.items() if name in columns or table.format != "parquet")
        node.replace(exp.to_table(view, alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True))))
    if session.scan_limit is not None and scanned > session.scan_limit:
        raise ScanLimitError("Bytes scanned limit was exceeded")
    if athena._executions[session.execution_id]["Status"]["State"] != "RUNNING":  # there was nothing to interrupt yet
        raise QueryError("Query cancelled by user")
    return duckdb_sql(named), scanned


def _tables(query: exp.Expr) -> Iterator[tuple[Scope, str, exp.Table]]:
    """Return each place that names a table of the catalog: its scope, its alias there, and the node."""
    for scope in traverse_scope(query):
        for alias, source in scope.sources.items():
            if isinstance(source, exp.Table) and source.name and not scope.is_udtf:  # UNNEST sees what stands beside it
                yield scope, alias, source


def _listing(node: exp.Table, session: Session) -> exp.Select | None:
    """Return a query of what ``"table$partitions"`` or information_schema lists of the catalog; None for a table."""
    if node.name.endswith("$partitions"):
        table = look_up(node.db or session.database, node.name.removesuffix("$partitions"), session)
        return _rows_of(table.keys, [values for values, _ in table.partitions])
    if node.db != "information_schema":
        return None
    name, own = node.name.lower(), "awsdatacatalog"
    if name == "schemata":
        return _rows_of(("catalog_name", "schema_name"), [(own, database) for database in glue._databases])
    if name not in ("tables", "columns"):
        raise QueryError(f"TABLE_NOT_FOUND: Table '{own}.information_schema.{name}' does not exist")
    place = ("table_catalog", "table_schema", "table_name")
    every = [full.split("/") for full in sorted(glue._tables)]
    listed = [look_up(database, table, session) for database, table in every]
    if name == "tables":
        return _rows_of((*place, "table_type"), [(own, each.database, each.name, "BASE TABLE") for each in listed])
    columns = [
        (own, each.database, each.name, column, position, type_name(kind, "trino"))
        for each in listed
        for position, (column, kind) in enumerate({**each.columns, **each.keys}.items(), 1)
    ]
    return _rows_of((*place, "column_name", "ordinal_position", "data_type"), columns)


def _partition_conditions(scope: Scope, alias: str, table: Table) -> list[str]:
    """Return the conditions of a WHERE that partition keys of one table alone decide, as DuckDB's text."""
    where, conditions = scope.expression.args.get("where"), []
    parts = [] if where is None else where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
    for part in parts:
        columns = list(part.find_all(exp.Column))
        decides = columns and all(column.table == alias and column.name in table.keys for column in columns)
        if decides and not part.find(exp.Query):
            bare = part.transform(lambda x: exp.column(x.name, quoted=True) if isinstance(x, exp.Column) else x)
            conditions.append(f"({duckdb_sql(bare)})")
    return conditions


def _rows_of(names: Iterable[str], rows: Sequence[tuple[Any, ...]]) -> exp.Select:
    """Return a query that gives rows of texts, also when there are none."""
    columns = list(names)
    values = exp.values(rows or [(None,) * len(columns)], alias="listed", columns=columns)
    return exp.select("*").from_(values, copy=False).where("true" if rows else "false", copy=False)


def _files_of(table: Table, conditions: Sequence[str], session: Session) -> list[File]:
    """Return a table's objects if the caller may read them: those of the partitions for which conditions are true."""
    places, files = table.partitions if table.keys else [((), table.location)], []
    if conditions:
        columns = (f'v[{n}] as "{key}"' for n, key in enumerate(table.keys, 1))
        # an outer join gives rows whose keys are null: where these pass, rows of all partitions decide which there are
        tried: list[Sequence[str | None]] = [*(list(values) for values, _ in places), [None] * len(table.keys)]
        if len(places) not in (holding := matching(columns, tried, " and ".join(conditions))):
            places = [places[n] for n in holding]
    listed: dict[str, list[str]] = {}
    for values, location in places:
        bucket, prefix = bucket_and_key(location.rstrip("/") + "/")
        if bucket not in listed:
            session.ask("s3:ListBucket", f"arn:aws:s3:::{bucket}")
            listed[bucket] = sorted((s3._buckets.get(bucket) or {"objects": {}})["objects"])
        first, after = (bisect_left(listed[bucket], end) for end in (prefix, prefix + chr(sys.maxunicode)))
        for key in listed[bucket][first:after]:
            if key.endswith("/") or athena._hidden(key.removeprefix(prefix)):
                continue
            session.ask("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
            path = Path(s3._object_disk_path(bucket, key) or "")
            if not path.is_file():
                words = f"Error opening Hive split s3://{bucket}/{key}: it is not there"
                raise QueryError(f"HIVE_CANNOT_OPEN_SPLIT: {words}")
            if path.stat().st_size:
                files.append((str(path), f"s3://{bucket}/{key}", values))
    return files


def _relation(table: Table, files: Sequence[File], present: Container[str]) -> str:
    """Return DuckDB's query of a table's rows: its columns and keys with the catalog's types, and ``$path``.

    Columns are read by name; the values of keys come from the catalog, not from the path. What a type cannot hold is an
    error in Parquet, and null in text, as in Hive.
    """
    reader = _reader(table, [path for path, _, _ in files])
    present = table.columns if files and table.format != "parquet" else present
    columns = {name: exp.column(name, "f") if name in present else exp.null() for name in table.columns}
    columns |= {name: exp.column(name, "p") for name in table.keys}
    cast = exp.Cast if table.format == "parquet" else exp.TryCast
    fields = [cast(this=columns[name], to=kind).as_(name) for name, kind in {**table.columns, **table.keys}.items()]
    rows = _rows_of(("$file", "$path", *table.keys), [(path, uri, *values) for path, uri, values in files])
    query = exp.select(*fields, exp.column("$path", "p"), copy=False).sql(dialect="duckdb", identify=True)
    return f'{query} from {reader} f join ({rows.sql(dialect="duckdb", identify=True)}) p on f."$file" = p."$file"'


def _reader(table: Table, paths: list[str]) -> str:
    """Return DuckDB's function that reads a table's files, which are Parquet or text as Hive's SerDes write it."""
    if not paths:
        return '(select null as "$file")'
    options = f"{_literal(paths)}, filename = '$file', hive_partitioning = false"
    if table.format == "parquet":
        return f"read_parquet({options}, union_by_name = true)"
    if table.format != "csv":
        raise not_for_real(f"tables of {table.format} files, such as {table.name}")
    serde = table.description["StorageDescriptor"].get("SerdeInfo") or {}
    settings = serde.get("Parameters") or {}
    separator, quote = settings.get("field.delim", "\x01"), ""  # LazySimpleSerDe knows no quotes
    if "OpenCSVSerde" in serde.get("SerializationLibrary", ""):
        separator, quote = settings.get("separatorChar", ","), settings.get("quoteChar", '"')
    skip = (table.description.get("Parameters") or {}).get("skip.header.line.count", 0)
    cells = ", ".join(f"{_literal(name)}: 'varchar'" for name in table.columns)
    return (
        f"read_csv({options}, delim = {_literal(separator)}, quote = {_literal(quote)}, escape = {_literal(quote)}, "
        f"skip = {skip}, columns = {{{cells}}}, auto_detect = false, header = false, nullstr = '\\N', "
        "null_padding = true, strict_mode = false)"
    )


def _literal(value: str | list[str]) -> str:
    return exp.convert(value).sql(dialect="duckdb")


def _bytes(table: Table, files: Sequence[File], session: Session) -> dict[str, int]:
    """Return the compressed bytes of each column; of text, all ("Use columnar storage formats" in Athena's guide)."""
    if not files or table.format != "parquet":
        return {"": sum(Path(path).stat().st_size for path, _, _ in files)}
    chunks = "select total_compressed_size as size, lower(split(path_in_schema, ', ')[1]) as name"
    query = f"select name, sum(size) from ({chunks} from parquet_metadata($1)) group by name"  # noqa: S608 - ours
    return dict(session.connection.execute(query, [[path for path, _, _ in files]]).fetchall())
