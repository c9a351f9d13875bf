"""Queries that read: names looked up in the catalog, only the needed files read, and DuckDB's answer."""

from collections.abc import Iterator

from ministack.services import glue
from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from local_aws.athena import dialect, tables
from local_aws.athena.results import Column, Result, athena_type, text
from local_aws.athena.session import QueryError, ScanLimitError, Session

PARTITIONS = "$partitions"


def select(query: exp.Expr, session: Session) -> Result:
    """Answer a query.

    Raises:
        QueryError: a table is not there or may not be read.
        ScanLimitError: it would read more than the workgroup allows.
    """
    sql, scanned = plan(query, session)
    answer = session.connection.execute(sql)
    columns = [Column(name, athena_type(str(kind))) for name, kind, *_ in answer.description or []]
    return Result(columns, [[text(value) for value in row] for row in answer.fetchall()], scanned)


def plan(query: exp.Expr, session: Session) -> tuple[str, int]:
    """Return DuckDB's text of a query over views of the tables that it names, and the bytes that it will read."""
    query = _with_listings(query, session)
    names = {(table.db or session.database, table.name) for _, _, table in _tables(query)}
    catalog = {name: tables.look_up(*name, session.ask) for name in names}
    asks_for_path = any(column.name == "$path" for column in query.find_all(exp.Column))  # SELECT * does not show it
    schema: dialect.Schema = {}
    for (database, name), table in catalog.items():
        typed = {column: tables.trino_type(kind) for column, kind in {**table.columns, **table.keys}.items()}
        schema.setdefault(database, {})[name] = typed | ({"$path": "varchar"} if asks_for_path else {})
    query = dialect.typed(query, schema, session.database)
    scanned = 0
    for number, (scope, alias, node) in enumerate(list(_tables(query))):
        table = catalog[node.db or session.database, node.name]
        conditions = _partition_conditions(scope, alias, table)
        partitions = tables.needed_partitions(table, conditions, session.connection)
        files = tables.files_of(table, partitions, session.ask)
        columns = {column.name for column in scope.columns if column.table == alias}
        scanned += tables.bytes_scanned(table, files, columns)
        session.connection.execute(f"create temp view t{number} as {tables.relation(table, files)}")
        node.replace(exp.to_table(f"t{number}", alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True))))
    if session.scan_limit is not None and scanned > session.scan_limit:
        raise ScanLimitError
    return dialect.duckdb_sql(query), scanned


def _tables(query: exp.Expr) -> Iterator[tuple[Scope, str, exp.Table]]:
    """Return each place that names a table of the catalog: its scope, its alias there, and the node."""
    for scope in traverse_scope(query):
        for alias, source in scope.sources.items():
            if isinstance(source, exp.Table) and source.name:
                yield scope, alias, source


def _with_listings(query: exp.Expr, session: Session) -> exp.Expr:
    """Put queries of the catalog in the place of ``"table$partitions"`` and information_schema."""
    for _, alias, node in list(_tables(query)):
        listing = None
        if node.name.endswith(PARTITIONS):
            name = node.name.removesuffix(PARTITIONS)
            table = tables.look_up(node.db or session.database, name, session.ask)
            listing = tables.rows_of(table.keys, [values for values, _ in table.partitions])
        elif node.db == "information_schema":
            listing = _information_schema(node.name.lower(), session)
        if listing is not None:
            named = exp.TableAlias(this=exp.to_identifier(node.alias or alias, quoted=True))
            node.replace(exp.Subquery(this=listing, alias=named))
    return query


def _information_schema(name: str, session: Session) -> exp.Select:
    """Return what Trino's information_schema shows of the catalog, as far as the caller may look."""
    if name == "schemata":
        rows = [("awsdatacatalog", database) for database in sorted(glue._databases)]
        return tables.rows_of(("catalog_name", "schema_name"), rows)
    names = [full.partition("/")[::2] for full in sorted(glue._tables)]
    listed = [(database, table, tables.look_up(database, table, session.ask)) for database, table in names]
    place = ("table_catalog", "table_schema", "table_name")
    if name == "tables":
        return tables.rows_of((*place, "table_type"), [("awsdatacatalog", *each[:2], "BASE TABLE") for each in listed])
    if name == "columns":
        columns = [
            ("awsdatacatalog", database, table, column, position, tables.trino_type(kind))
            for database, table, described in listed
            for position, (column, kind) in enumerate({**described.columns, **described.keys}.items(), 1)
        ]
        return tables.rows_of((*place, "column_name", "ordinal_position", "data_type"), columns)
    raise QueryError("TABLE_NOT_FOUND", f"Table 'awsdatacatalog.information_schema.{name}' does not exist")


def _partition_conditions(scope: Scope, alias: str, table: tables.Table) -> list[str]:
    """Return the conditions of a WHERE that partition keys of one table alone decide, as DuckDB's text."""
    where = scope.expression.args.get("where")
    whole = where.this if where is not None else None
    conditions = []
    for part in list(whole.flatten()) if isinstance(whole, exp.And) else [whole] if whole is not None else []:
        columns = list(part.find_all(exp.Column))
        decides = columns and all(column.table == alias and column.name in table.keys for column in columns)
        if decides and not part.find(exp.Query):
            bare = part.transform(lambda node: exp.column(node.name) if isinstance(node, exp.Column) else node)
            conditions.append(dialect.duckdb_sql(bare))
    return conditions
