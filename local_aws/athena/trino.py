"""Between Trino and DuckDB: sqlglot translates queries, and results are printed as Athena prints them.

The rules in ``_mended`` mend where the two differ without an error. Each names what Trino does (Trino documentation,
"Functions and operators"); tests/local_aws/athena/test_trino.py has a case for each.
"""

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

NAMES = {"HUGEINT": "BIGINT", "UBIGINT": "BIGINT", '"NULL"': "VARCHAR"}  # Trino's sum of whole numbers is a bigint
# Amazon Athena API Reference, ColumnInfo: the precision of each type.
PRECISION = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19, "float": 17, "double": 17, "timestamp": 3}
PRECISION["varchar"] = 2147483647
FIELD = re.compile(r'(?:"((?:[^"]|"")*)")?([,\n])')  # of a result file
WHOLE = exp.DataType.INTEGER_TYPES
WHOLE_DAYS = {"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}
Schema = dict[str, Any]  # database -> table -> column -> type
Row = list[str | None]
Column = tuple[str, str]  # its name, and its type as Trino writes it, such as decimal(12,2)


@dataclass(frozen=True)
class Result:
    """What a statement gave: columns, rows as texts (a null is None), bytes read, and the files that it wrote."""

    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()
    scanned: int = 0
    files: Sequence[str] = ()


def type_name(kind: str | exp.DataType, dialect: str) -> str:
    """Return Trino's or Hive's name of a type, which DuckDB described if it is a text."""
    own = exp.DataType.build(NAMES.get(str(kind), kind), dialect="duckdb")
    return own.sql(dialect=dialect).lower().replace(", ", ",").replace(": ", ":")


def text(value: Any) -> str | None:
    """Return a value as Athena prints it; a null is None."""
    match value:
        case None | str():
            return value
        case bool():
            return str(value).lower()
        case float():
            return _double(value)
        case Decimal():
            return f"{value:f}"
        case dt.datetime() | dt.time():
            return value.replace(tzinfo=None).isoformat(timespec="milliseconds").replace("T", " ")
        case bytes():
            return value.hex(" ")
        case list() | tuple():
            return "[" + ", ".join(text(item) or "null" for item in value) + "]"
        case dict():
            return "{" + ", ".join(f"{name}={text(item) or 'null'}" for name, item in value.items()) + "}"
    return str(value)


def _double(value: float) -> str:
    """Return a double as Java prints it (Double.toString): 12.0, 1.2E7, 1.0E-5."""
    if math.isnan(value) or math.isinf(value):
        return str(value).replace("nan", "NaN").replace("inf", "Infinity")
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    mantissa, _, exponent = f"{Decimal(repr(value)).normalize():E}".partition("E")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"


def result_file(result: Result, *, is_table: bool) -> bytes:
    """Return what Athena writes: plain lines for DDL; a query's header and values in quotes, nothing for a null.

    Amazon Athena User Guide, "Working with query results".
    """
    if not is_table:
        return "".join(f"{row[0]}\n" for row in result.rows).encode()
    header: Row = [name for name, _ in result.columns]
    lines = [header, *result.rows]
    cells = [["" if value is None else '"' + value.replace('"', '""') + '"' for value in line] for line in lines]
    return "".join(",".join(line) + "\n" for line in cells if line).encode()


def rows_of_file(body: bytes, *, is_table: bool) -> list[Row]:
    """Read a result file back, its header line included: an unquoted nothing is null, a quoted one the empty text."""
    if not is_table:
        return [[line] for line in body.decode().splitlines()]
    rows: list[Row] = [[]]
    for field in FIELD.finditer(body.decode()):
        rows[-1].append(field[1].replace('""', '"') if field[1] else field[1])
        if field[2] == "\n":
            rows.append([])
    return rows[:-1]


def column_info(name: str, full_type: str) -> dict[str, Any]:
    """Return a column as GetQueryResults describes it (Amazon Athena API Reference, ColumnInfo)."""
    kind, _, size = full_type.replace("real", "float").partition("(")
    precision, scale = map(int, size.rstrip(")").split(",")) if kind == "decimal" else (PRECISION.get(kind, 0), 0)
    names = {"CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": name, "Label": name, "Type": kind}
    return {**names, "Precision": precision, "Scale": scale, "Nullable": "UNKNOWN", "CaseSensitive": kind == "varchar"}


def typed(query: exp.Query, schema: Schema, database: str) -> exp.Expr:
    """Return a query with every column named by its table of the schema, and every expression's type noted."""
    for number, column in enumerate(query.selects):
        if not isinstance(column.unnest(), exp.Alias | exp.Column | exp.Dot | exp.Star):
            column.replace(exp.alias_(column, f"_col{number}"))
    named = qualify(query, schema=schema, db=database, dialect="trino")
    return annotate_types(named, schema=schema, dialect="trino")


def duckdb_sql(query: exp.Expr) -> str:
    """Return DuckDB's text of a typed query."""
    return query.transform(_mended, copy=False).sql(dialect="duckdb")


def _mended(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Add | exp.Sub) and isinstance(node.expression, exp.Interval) and node.this.is_type("date"):
        unit = node.expression.unit
        if unit is not None and unit.name.upper() in WHOLE_DAYS:  # a date and whole days are a date, not a timestamp
            return exp.cast(node, "date", copy=False)
    if isinstance(node, exp.GenerateSeries) and node.args["start"].is_type("date"):  # a sequence of dates holds dates
        return exp.cast(node, "date[]", copy=False)
    if isinstance(node, exp.DateAdd | exp.DateTrunc) and node.this.is_type("date"):  # of a date, they are one
        return exp.cast(node, "date", copy=False)
    if isinstance(node, exp.Extract) and node.name.upper() in ("DOW", "DAY_OF_WEEK"):  # Sunday is 7, not 0
        node.set("this", exp.var("isodow"))
    if isinstance(node, exp.Format):  # Java's signs, as %d; DuckDB's function of that name has {}
        return exp.func("printf", node.this, *node.expressions)
    if isinstance(node, exp.CountIf):  # 0 of no rows, not null
        return exp.Count(this=exp.Case(ifs=[exp.If(this=node.this, true=exp.Literal.number(1))]))
    if isinstance(node, exp.Div):
        return _quotient(node)
    if isinstance(node, exp.Cast) and node.to.is_type(*WHOLE) and node.this.is_type("double", "float", "decimal"):
        node.set("this", exp.Round(this=node.this))  # half away from zero, not to the even number
    return node


def _quotient(node: exp.Div) -> exp.Expr:
    """Whole numbers divide to a whole number; decimals to the larger of the two scales; doubles to a double."""
    sides = (node.left, node.right)
    if all(side.is_type(*WHOLE) for side in sides):
        return exp.IntDiv(this=node.left, expression=node.right)
    decimals = [side.type.expressions for side in sides if side.type is not None and side.is_type("decimal")]
    if not all(side.is_type("decimal", *WHOLE) for side in sides) or not all(decimals):  # one of unknown size: a double
        return node
    scale = max(int(size[-1].name) for size in decimals)
    plain = exp.Div(this=exp.cast(node.left, "decimal(38,10)"), expression=node.right, typed=False, safe=False)
    return exp.cast(exp.Round(this=plain, decimals=exp.Literal.number(scale)), f"decimal(38,{scale})", copy=False)
