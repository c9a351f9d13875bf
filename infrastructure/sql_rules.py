"""What Athena would refuse in a query although its grammar is right: names, types, groups.

sqlglot finds out which column each name stands for and which type each expression has. An expression whose type it does
not know is never reported.
"""

import difflib
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError, ParseError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.qualify_tables import qualify_tables

CONFORM, CLEAN = "coffee_shop_conform", "coffee_shop_clean"
DIALECT = "athena"

Tables = Mapping[str, Mapping[str, Mapping[str, str]]]

TEXT, NUMBER, MOMENT, TIME, BOOLEAN = "text", "number", "moment", "time", "boolean"
# Trino converts within a group by itself, and never from one to another; other types (interval, array) are not judged
GROUPS = {
    **dict.fromkeys(exp.DataType.TEXT_TYPES, TEXT),
    **dict.fromkeys(exp.DataType.NUMERIC_TYPES, NUMBER),
    **dict.fromkeys(exp.DataType.TEMPORAL_TYPES, MOMENT),
    **dict.fromkeys((exp.DType.TIME, exp.DType.TIMETZ), TIME),
    exp.DType.BOOLEAN: BOOLEAN,
}
COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)
CHOICES = (exp.Coalesce, exp.Greatest, exp.Least, exp.Nullif)

# functions by the group that they take, with the names of those arguments in sqlglot's tree
_MOMENT_FUNCTIONS = "Year Quarter Month WeekOfYear Day DayOfWeekIso DayOfYear Hour Minute Second TimeToStr DateAdd"
_TEXT_FUNCTIONS = "Lower Upper Length Trim Substring StrPosition Replace Split Encode StartsWith"
_NUMBER_FUNCTIONS = "Sum Avg Abs Round Floor Ceil Sqrt"
TAKES: dict[type[exp.Expr], tuple[str, tuple[str, ...]]] = {
    **{getattr(exp, name): (MOMENT, ("this",)) for name in _MOMENT_FUNCTIONS.split()},
    **{getattr(exp, name): (TEXT, ("this",)) for name in _TEXT_FUNCTIONS.split()},
    **{getattr(exp, name): (NUMBER, ("this",)) for name in _NUMBER_FUNCTIONS.split()},
    **dict.fromkeys((exp.TimestampTrunc, exp.DateTrunc), (MOMENT, ("this",))),
    exp.DateDiff: (MOMENT, ("this", "expression")),
    exp.Extract: (MOMENT, ("expression",)),
    **dict.fromkeys((exp.Like, exp.RegexpLike, exp.RegexpExtract, exp.RegexpReplace), (TEXT, ("this", "expression"))),
    exp.DPipe: (TEXT, ("this", "expression")),
    exp.Concat: (TEXT, ("expressions",)),
    exp.ConcatWs: (TEXT, ("expressions",)),
    exp.Where: (BOOLEAN, ("this",)),
    exp.Having: (BOOLEAN, ("this",)),
    exp.Not: (BOOLEAN, ("this",)),
    exp.And: (BOOLEAN, ("this", "expression")),
    exp.Or: (BOOLEAN, ("this", "expression")),
    exp.Join: (BOOLEAN, ("on",)),
}


@dataclass(frozen=True)
class Problem:
    """What Athena would refuse, and in which line of the file; None when that is not known."""

    line: int | None
    text: str


def problems_of_query(query: str, tables: Tables) -> Iterator[Problem]:
    """Yield what Athena would refuse in a query that has Trino's grammar.

    Args:
        query: one statement, without templates.
        tables: types of columns by database and table, as the catalog writes them; conform is the one without a name.
    """
    yield from _wrong_order(query)
    try:
        tree = qualify_tables(sqlglot.parse_one(query, read=DIALECT), db=CONFORM, dialect=DIALECT)
    except ParseError as error:
        yield Problem(error.errors[0]["line"], f"cannot be read: {error.errors[0]['description']}")
        return
    unknown = list(_unknown_tables(tree, tables))
    yield from unknown
    if unknown:
        return
    try:
        typed = _with_types(tree, tables)
    except OptimizeError as error:
        yield _unknown_column(str(error), tree, tables)
        return
    for node in typed.walk():
        for rule in RULES:
            yield from rule(node)


def columns_of_query(query: str, tables: Tables) -> dict[str, str]:
    """Return the names and Trino's types of the columns that a query without problems gives, in their order."""
    tree = qualify_tables(sqlglot.parse_one(query, read=DIALECT), db=CONFORM, dialect=DIALECT)
    columns = _with_types(tree, tables).selects
    return {each.alias_or_name: each.type.sql("trino").lower() if each.type else "unknown" for each in columns}


def _with_types(tree: exp.Expr, tables: Tables) -> Any:
    """Return a copy of a query in which each column has its table and each expression its type."""
    schema: dict[str, object] = {database: dict(found) for database, found in tables.items()}
    # an alias is no column in where, group by and having: Trino refuses it there, so it is not expanded
    qualified = qualify(tree.copy(), schema=schema, dialect=DIALECT, expand_alias_refs=False, quote_identifiers=False)
    return annotate_types(qualified, schema=schema, dialect=DIALECT)


def _wrong_order(query: str) -> Iterator[Problem]:
    """Say what trino-sql-validator and sqlfluff let pass although it is not in Trino's grammar."""
    tokens = sqlglot.tokenize(query, read=DIALECT)
    for first, second, third in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if (first.text.lower(), third.text.lower()) == ("limit", "offset"):
            yield Problem(third.line, "not Trino's grammar: offset stands before limit")
        elif (first.text.lower(), second.text.lower()) == ("distinct", "on"):
            yield Problem(second.line, "not Trino's grammar: there is no distinct on")


def _unknown_tables(tree: exp.Expr, tables: Tables) -> Iterator[Problem]:
    # what a `with` names has no database
    for table in (found for found in tree.find_all(exp.Table) if found.db):
        if table.name.lower() not in tables.get(table.db.lower(), {}):
            yield Problem(
                _line(table),
                f"no table {table.name} in {table.db}{_nearest(table.name, tables.get(table.db, {}))}",
            )


def _unknown_column(message: str, tree: exp.Expr, tables: Tables) -> Problem:
    """Return the problem that sqlglot's message is about, in our words where it names a column."""
    named = re.search(r"(?:Column|Unknown column:) '?(\w+)'?(?:.* for table: '(\w+)')?", message)
    if not named:
        return Problem(None, message)
    name, owner = named.groups()
    columns = [column for column in tree.find_all(exp.Column) if column.name.lower() == name.lower()]
    written = re.search(r"Line: (\d+)", message)
    line = int(written[1]) if written else min(filter(None, map(_line, columns)), default=None)
    read = [tables[table.db.lower()][table.name.lower()] for table in tree.find_all(exp.Table) if table.db]
    if owner is None and sum(name in columns for columns in read) > 1:
        return Problem(line, f"column {name} without its table: several tables of the query have one, or none in reach")
    others = set(itertools.chain(*read)) - {name.lower()}
    return Problem(line, f"no column {f'{owner}.' if owner else ''}{name} in reach{_nearest(name, others)}")


def _nearest(name: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(name.lower(), set(names), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _line(node: exp.Expr) -> int | None:
    """Return the first line that any part of an expression stands in."""
    return min((part.meta["line"] for part in node.walk() if "line" in part.meta), default=None)


def _group(node: exp.Expr) -> str | None:
    """Return the group of an expression's type; None when it is not known."""
    bare = node.unnest()
    # sqlglot calls it a date; it is an interval
    if isinstance(bare, exp.Sub) and _group(bare.this) == _group(bare.expression) == MOMENT:
        return None
    return GROUPS.get(bare.type.this) if bare.type else None


def _said(node: exp.Expr) -> str:
    """Return an expression with its type, as a message shows it."""
    text = node.sql(DIALECT)
    text = text if len(text) <= 60 else f"{text[:57]}..."
    return f"{text} ({node.type.sql('trino').lower() if node.type else 'unknown'})"


def _different_types(node: exp.Expr) -> Iterator[Problem]:
    """Refuse types of several groups where values are compared or one of them is chosen: `varchar = integer`."""
    for first, second in ((one, two) for parts in _alike(node) for one, two in _neighbours(parts)):
        yield Problem(
            _line(first) or _line(second),
            f"{_said(first)} and {_said(second)} together: Athena converts neither by itself, so cast one of them",
        )


def _alike(node: exp.Expr) -> Iterator[list[exp.Expr]]:
    """Yield the expressions within a node that need types of one group."""
    if isinstance(node, COMPARISONS):
        yield [node.this, node.expression]
    elif isinstance(node, exp.Between):
        yield [node.this, node.args["low"], node.args["high"]]
    elif isinstance(node, exp.In):
        query = node.args.get("query")
        yield [
            node.this,
            *node.expressions,
            *(each.unalias() for each in (query.unnest().selects[:1] if query else [])),
        ]
    elif isinstance(node, CHOICES):
        yield [node.this, *node.expressions, *filter(None, [node.args.get("expression")])]
    elif isinstance(node, exp.Case):
        yield [*(each.args["true"] for each in node.args["ifs"]), *filter(None, [node.args.get("default")])]
        if node.this:
            yield [node.this, *(each.this for each in node.args["ifs"])]
    elif isinstance(node, exp.If) and not isinstance(node.parent, exp.Case):
        yield [node.args["true"], *filter(None, [node.args.get("false")])]
    elif isinstance(node, exp.SetOperation):
        yield from ([left.unalias(), right.unalias()] for left, right in zip(*_sides(node), strict=False))


def _neighbours(parts: list[exp.Expr]) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """Yield the first expression of a known group with each one of another."""
    known = [part for part in parts if _group(part)]
    yield from ((known[0], part) for part in known[1:] if _group(part) != _group(known[0]))


def _sides(union: exp.SetOperation) -> tuple[list[exp.Expr], list[exp.Expr]]:
    return union.left.selects, union.right.selects


def _different_widths(node: exp.Expr) -> Iterator[Problem]:
    """Refuse a union of queries with unlike numbers of columns."""
    if isinstance(node, exp.SetOperation) and len(_sides(node)[0]) != len(_sides(node)[1]):
        left, right = map(len, _sides(node))
        yield Problem(_line(node.right), f"a union of {left} columns and {right}: both need equally many")


def _arithmetic(node: exp.Expr) -> Iterator[Problem]:
    """Refuse arithmetic with text, a number added to a date, and a division that drops its remainder."""
    if not isinstance(node, ARITHMETIC):
        return
    groups = {_group(node.this), _group(node.expression)}
    if groups & {TEXT, BOOLEAN} or groups == {MOMENT, NUMBER}:
        said = f"{_said(node.this)} and {_said(node.expression)} in arithmetic"
        yield Problem(_line(node), f"{said}: expected numbers, or a date and an interval")
    elif isinstance(node, exp.Div) and all(
        part.type and part.type.this in exp.DataType.INTEGER_TYPES for part in (node.this, node.expression)
    ):
        said = f"{_said(node.this)} / {_said(node.expression)}"
        yield Problem(_line(node), f"{said} drops the remainder: cast one of them, to double for a share")


def _arguments(node: exp.Expr) -> Iterator[Problem]:
    """Refuse arguments of functions, conditions and `||` that are not of the group that these take."""
    is_condition = isinstance(node, exp.If) and not (isinstance(node.parent, exp.Case) and node.parent.this)
    wanted, names = (BOOLEAN, ("this",)) if is_condition else TAKES.get(type(node), (None, ()))
    words = {MOMENT: "a date or timestamp", TEXT: "varchar", NUMBER: "a number", BOOLEAN: "a condition"}
    for argument in (found for name in names for found in _listed(node.args.get(name))):
        # hour() takes a time of day too
        if wanted and _group(argument) not in (None, wanted, TIME if wanted == MOMENT else wanted):
            yield Problem(_line(argument) or _line(node), f"{_said(argument)} where Athena expects {words[wanted]}")


def _listed(value: exp.Expr | list[exp.Expr] | None) -> list[exp.Expr]:
    return value if isinstance(value, list) else [value] if value else []


def _is_aggregate(node: exp.Expr) -> bool:
    """Return whether this is an aggregate and no window function; `filter` and `within group` belong to it."""
    inner = node.this if isinstance(node, exp.Filter | exp.WithinGroup) else node
    return isinstance(inner, exp.AggFunc) and not isinstance(node.parent, exp.Window | exp.IgnoreNulls)


def _parts(node: exp.Expr) -> Iterator[exp.Expr]:
    """Yield a node and all below it, without queries within it."""
    yield from node.walk(prune=lambda part: isinstance(part, exp.Query))


def _misplaced(node: exp.Expr) -> Iterator[Problem]:
    """Refuse aggregates and window functions in `where`, `on` and `group by`, and aggregates within aggregates."""
    inside = node.args.get("on") if isinstance(node, exp.Join) else node
    if isinstance(node, exp.Where | exp.Group | exp.Join) and isinstance(inside, exp.Expr):
        # the condition of an aggregate's `filter` is a Where too
        for part in (part for part in _parts(inside) if _is_aggregate(part) or isinstance(part, exp.Window)):
            yield Problem(_line(part), f"{part.sql(DIALECT)} cannot stand in where, on or group by")
    elif isinstance(node, exp.AggFunc) and _is_aggregate(node):
        for part in (part for part in _parts(node) if part is not node and _is_aggregate(part)):
            yield Problem(_line(part), f"{part.sql(DIALECT)} is an aggregate within an aggregate")


def _not_grouped(node: exp.Expr) -> Iterator[Problem]:
    """Refuse columns beside aggregates that the query does not group by."""
    if not isinstance(node, exp.Select):
        return
    shown = [*node.expressions, *filter(None, (node.args.get("having"), node.args.get("order")))]
    group = node.args.get("group")
    if (
        not group
        and not node.args.get("having")
        and not any(_is_aggregate(part) for each in shown for part in _parts(each))
    ):
        return
    # an alias of the select list has no table: order by may name it
    keys = _keys(group) if group else set()
    for column in (found for each in shown for found in _loose(each, keys) if found.table):
        name = column.sql(DIALECT)
        yield Problem(_line(column), f"{name} is neither in an aggregate nor in group by")


def _keys(group: exp.Group) -> set[str]:
    """Return what a query groups by, as text; of grouping sets, cube and rollup the columns."""
    found: set[str] = set()
    for each in group.expressions:
        is_set = isinstance(each, exp.GroupingSets | exp.Cube | exp.Rollup)
        found |= {part.sql() for part in (each.find_all(exp.Column) if is_set else [each])}
    return found


def _loose(node: exp.Expr, keys: set[str]) -> Iterator[exp.Column]:
    """Yield the columns outside aggregates and keys; of a function that sqlglot does not know nothing is said."""
    if node.sql() in keys or _is_aggregate(node) or isinstance(node, exp.Anonymous | exp.Query):
        return
    if isinstance(node, exp.Column):
        yield node
    for child in node.iter_expressions():
        yield from _loose(child, keys)


RULES = (_different_types, _different_widths, _arithmetic, _arguments, _misplaced, _not_grouped)
