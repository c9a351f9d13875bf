"""Queries that read: names looked up in the catalog, only the needed files read, and DuckDB's answer."""

from collections.abc import Iterator
from typing import Any

import sqlglot
from ministack.services import glue
from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from local_aws.athena import dialect, tables
from local_aws.athena.errors import QueryError
from local_aws.athena.results import Column, Result, athena_type, text
from local_aws.athena.session import Session

PARTITIONS = "$partitions"


def select(query: exp.Expression, session: Session) -> Result:
    """Answer a query.

    Raises:
        QueryError: a table is not there or may not be read, or DuckDB cannot do what is asked.
        ScanLimitError: it would read more than the workgroup allows.
    """
    sql, scanned = plan(query, session)
    answer = session.connection.execute(sql)
    columns = [Column(name, athena_type(str(kind))) for name, kind, *_ in answer.description or []]
    return Result(columns, [[text(value) for value in row] for row in answer.fetchall()], scanned)


def plan(query: exp.Expression, session: Session) -> tuple[str, int]:
    """Return DuckDB's text of a query over views of the tables that it names, and the bytes that it will read."""
    query = _without_views(query, session)
    found = {(table.db or session.database, table.name) for _, _, table in _tables(query)}
    catalog = {names: tables.look_up(*names, session.ask) for names in found}
    schema: dialect.Schema = {}
    names_path = any(column.name == "$path" for column in query.find_all(exp.Column))  # SELECT * does not show it
    for (database, name), table in catalog.items():
        columns = {**table.columns, **table.keys}
        typed = {column: tables.trino_type(kind) for column, kind in columns.items()}
        schema.setdefault(database, {})[name] = typed | ({"$path": "varchar"} if names_path else {})
    query = dialect.typed(query, schema, session.database)
    scanned = 0
    for number, (scope, alias, node) in enumerate(list(_tables(query))):
        table = catalog[node.db or session.database, node.name]
        names, conditions = _columns(scope, alias), _partition_conditions(scope, alias, table)
        files = tables.files_of(table, tables.needed_partitions(table, conditions, session.connection), session.ask)
        scanned += tables.bytes_scanned(table, files, names)
        session.connection.execute(f"create temp view t{number} as {tables.relation(table, files)}")
        node.replace(exp.to_table(f"t{number}", alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True))))
    return dialect.duckdb_sql(query), session.scans(scanned)


def _tables(query: exp.Expression) -> Iterator[tuple[Scope, str, exp.Table]]:
    """Return each place that names a table of the catalog: its scope, its alias there, and the node."""
    for scope in traverse_scope(query):
        for alias, source in scope.sources.items():
            if isinstance(source, exp.Table) and source.name:
                yield scope, alias, source


def _without_views(query: exp.Expression, session: Session) -> exp.Expression:
    """Put in the place of views, ``"table$partitions"`` and information_schema the queries that they stand for."""
    while True:
        for _, alias, node in _tables(query):
            meaning = _meaning(node, session)
            if meaning is not None:
                named = exp.TableAlias(this=exp.to_identifier(node.alias or alias, quoted=True))
                node.replace(exp.Subquery(this=meaning, alias=named))
                break
        else:
            return query


def _meaning(node: exp.Table, session: Session) -> exp.Expression | None:
    database = node.db or session.database
    if node.name.endswith(PARTITIONS):
        return tables.partition_rows(tables.look_up(database, node.name.removesuffix(PARTITIONS), session.ask))
    if database == "information_schema":
        return _information_schema(node.name.lower(), session)
    description = glue._tables.get(f"{database}/{node.name}")
    if description is None or description.get("TableType") != "VIRTUAL_VIEW":
        return None
    view = tables.view_query(tables.look_up(database, node.name, session.ask))
    return sqlglot.parse_one(view, read="trino") if view else None


def _information_schema(name: str, session: Session) -> exp.Expression:
    """Return what Trino's information_schema shows of the catalog, as far as the caller may look."""
    if name == "schemata":
        return _listing([("awsdatacatalog", one) for one in sorted(glue._databases)], "catalog_name schema_name")
    listed = [tables.look_up(*str(key).split("/", 1), session.ask) for key in sorted(glue._tables)]
    if name == "tables":
        rows = [("awsdatacatalog", one.database, one.name, _kind(one.description)) for one in listed]
        return _listing(rows, "table_catalog table_schema table_name table_type")
    if name == "columns":
        rows = [
            ("awsdatacatalog", one.database, one.name, column, str(position), tables.trino_type(kind))
            for one in listed
            for position, (column, kind) in enumerate({**one.columns, **one.keys}.items(), 1)
        ]
        return _listing(rows, "table_catalog table_schema table_name column_name ordinal_position data_type")
    raise QueryError("TABLE_NOT_FOUND", f"Table 'awsdatacatalog.information_schema.{name}' does not exist")


def _kind(description: Any) -> str:
    return "VIEW" if description.get("TableType") == "VIRTUAL_VIEW" else "BASE TABLE"


def _listing(rows: list[Any], names: str) -> exp.Expression:
    columns = names.split()
    values = exp.values(rows or [(None,) * len(columns)], alias="v", columns=columns)
    query = exp.select("*").from_(values)
    return query if rows else query.where("false")


def _columns(scope: Scope, alias: str) -> set[str]:
    """Return the columns of a table that the query names; qualified, so each says whose it is."""
    return {column.name for column in scope.columns if column.table == alias}


def _partition_conditions(scope: Scope, alias: str, table: tables.Table) -> list[str]:
    """Return the conditions of a WHERE that partition keys of one table alone decide, as DuckDB's text."""
    where = scope.expression.args.get("where")
    conditions = []
    for part in (
        where.this.flatten() if where is not None and isinstance(where.this, exp.And) else [where and where.this]
    ):
        columns = list(part.find_all(exp.Column)) if part is not None else []
        decides = columns and all(column.table == alias and column.name in table.keys for column in columns)
        if decides and not part.find(exp.Query):
            bare = part.transform(lambda node: exp.column(node.name) if isinstance(node, exp.Column) else node)
            conditions.append(dialect.duckdb_sql(bare))
    return conditions
