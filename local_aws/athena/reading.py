"""Queries that read: names looked up in the catalog, only the needed files read, and DuckDB's answer."""

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from local_aws.athena import dialect, tables
from local_aws.athena.results import Result, text, type_name
from local_aws.athena.session import ScanLimitError, Session


def select(query: exp.Query, session: Session) -> Result:
    """Answer a query."""
    sql, scanned = plan(query, session)
    answer = session.connection.execute(sql)
    columns = [(name, type_name(str(kind), "trino")) for name, kind, *_ in answer.description or []]
    return Result(columns, [[text(value) for value in row] for row in answer.fetchall()], scanned)


def plan(query: exp.Query, session: Session) -> tuple[str, int]:
    """Return DuckDB's text of a query over views of the tables that it names, and the bytes that it will read."""
    for _, alias, node in list(_tables(query)):
        if node.name.endswith("$partitions"):  # a table of its own in Athena's SQL
            table = tables.look_up(node.db or session.database, node.name.removesuffix("$partitions"), session)
            listing = tables.rows_of(table.keys, [values for values, _ in table.partitions])
            node.replace(listing.subquery(exp.to_identifier(node.alias or alias, quoted=True)))
    names = {(node.db or session.database, node.name) for _, _, node in _tables(query)}
    catalog = {name: tables.look_up(*name, session=session) for name in names}
    asks_for_path = any(column.name == "$path" for column in query.find_all(exp.Column))  # SELECT * does not show it
    more = {"$path": exp.DataType.build("varchar")} if asks_for_path else {}
    schema: dialect.Schema = {database: {} for database, _ in catalog}
    for (database, name), table in catalog.items():
        schema[database][name] = {**table.columns, **table.keys, **more}
    named, scanned = dialect.typed(query, schema, session.database), 0
    for number, (scope, alias, node) in enumerate(list(_tables(named))):
        table = catalog[node.db or session.database, node.name]
        files = tables.files_of(table, _partition_conditions(scope, alias, table), session)
        columns = {column.name for column in scope.columns if column.table == alias}
        scanned += tables.bytes_scanned(table, files, columns, session)
        session.connection.execute(f"create temp view t{number} as {tables.relation(table, files, session)}")
        node.replace(exp.to_table(f"t{number}", alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True))))
    if session.scan_limit is not None and scanned > session.scan_limit:
        raise ScanLimitError("Bytes scanned limit was exceeded")
    return dialect.duckdb_sql(named), scanned


def _tables(query: exp.Expr) -> Iterator[tuple[Scope, str, exp.Table]]:
    """Return each place that names a table of the catalog: its scope, its alias there, and the node."""
    for scope in traverse_scope(query):
        for alias, source in scope.sources.items():
            if isinstance(source, exp.Table) and source.name:
                yield scope, alias, source


def _partition_conditions(scope: Scope, alias: str, table: tables.Table) -> list[str]:
    """Return the conditions of a WHERE that partition keys of one table alone decide, as DuckDB's text."""
    where, conditions = scope.expression.args.get("where"), []
    parts = [] if where is None else where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
    for part in parts:
        columns = list(part.find_all(exp.Column))
        decides = columns and all(column.table == alias and column.name in table.keys for column in columns)
        if decides and not part.find(exp.Query):
            bare = part.transform(lambda node: exp.column(node.name) if isinstance(node, exp.Column) else node)
            conditions.append(dialect.duckdb_sql(bare))
    return conditions
