"""What the binder keeps while it reads a query: columns, relations, scopes, and where each value comes from.

Two questions are answered from it after binding: which columns of which table are really needed, and which
partitions can hold a row of the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from local_aws.athena.expressions import Typed
from local_aws.athena.trino_types import Type


@dataclass(frozen=True)
class TableColumn:
    """A column of a catalog table."""

    name: str
    type: Type
    partition: bool = False


@dataclass(eq=False)
class Scan:
    """One reading of one catalog table; ``view`` is what the SQL calls it."""

    view: str
    database: str
    table: str
    columns: list[TableColumn]
    ref: Ref
    used: set[str] = field(default_factory=set)


@dataclass(eq=False)
class Column:
    """A column as one relation offers it.

    ``origins``: the scans whose column's value this is, unchanged; a filter on this column is a filter there.
    """

    name: str
    type: Type
    sql: str
    made_of: set[Column] = field(default_factory=set)
    origins: dict[Scan, str] = field(default_factory=dict)
    base: tuple[Scan, str] | None = None
    relation: Relation | None = None
    hidden: bool = False  # not part of *
    merged: bool = False  # joined by USING: known only by its bare name from then on
    explicit_name: bool = True


@dataclass(eq=False)
class Body:
    """A query whose rows others can use; each use is a ``Ref``. The outermost has none and is ``root``."""

    root: bool = False
    refs: list[Ref] = field(default_factory=list)
    needed: set[Column] = field(default_factory=set)  # whatever its columns are used for
    inner: list[Body] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)


@dataclass(frozen=True)
class Filter:
    """A condition on columns of one table, written with the table's own column names.

    ``span``: what must hold of a column's smallest and largest value (``c__min``, ``c__max``) for any row to meet it.
    """

    sql: str
    columns: frozenset[str]
    outer: bool  # the table is on the side of an outer join that can be missing
    span: str | None = None


@dataclass(eq=False)
class Ref:
    """One use of a table or query inside ``container``, with the conditions that its rows must meet."""

    container: Body
    filters: dict[Scan, list[Filter]] = field(default_factory=dict)


@dataclass(eq=False)
class Relation:
    """What stands in FROM under one name."""

    alias: str | None
    columns: list[Column]
    ref: Ref | None = None
    database: str | None = None
    outer: bool = False  # rows of it can be missing (outer join)

    def __post_init__(self) -> None:
        for c in self.columns:
            c.relation = self


@dataclass(eq=False)
class Scope:
    """Names that an expression can use, innermost first."""

    relations: list[Relation]
    parent: Scope | None = None
    merged: dict[str, Column] = field(default_factory=dict)  # USING columns
    variables: dict[str, Type] = field(default_factory=dict)  # lambda arguments: name -> type
    variable_sql: dict[str, str] = field(default_factory=dict)
    grouped: bool = False
    group_clause: bool = False
    group_columns: set[Column] = field(default_factory=set)
    group_sql: set[str] = field(default_factory=set)
    windows: dict[str, exp.Window] = field(default_factory=dict)


@dataclass
class Bound:
    """A bound query: its SQL (columns named by their ``Column.sql``) and its body."""

    sql: str
    body: Body
    columns: list[Column]


@dataclass
class Cte:
    """A query of WITH, and the names it gives its columns."""

    sql_name: str
    bound: Bound
    names: list[str]


@dataclass
class Output:
    """An item of a select list."""

    column: Column
    typed: Typed
    node: exp.Expr
    alias: str | None = None
    sql_name: str = ""
    made_of: set[Column] = field(default_factory=set)


def mark_used(body: Body) -> None:
    """Note in every scan which of its columns the query needs."""
    seen: set[object] = set()

    def visit_body(b: Body) -> None:
        if b in seen:
            return
        seen.add(b)
        for c in b.needed:
            visit_column(c)
        for i in b.inner:
            visit_body(i)

    def visit_column(c: Column) -> None:
        if c in seen:
            return
        seen.add(c)
        if c.base:
            c.base[0].used.add(c.base[1])
        for m in c.made_of:
            visit_column(m)

    visit_body(body)
    for c in body.columns:
        visit_column(c)


@dataclass(frozen=True)
class Condition:
    """A tree of filters: all of ``all_of`` and, where given, any of ``any_of``."""

    all_of: tuple[Filter, ...] = ()
    nested: tuple[tuple[Condition, ...], ...] = ()  # each group: at least one must hold


def condition_of(scan: Scan) -> Condition:
    """Everything a row of ``scan`` must meet to take part in the answer, as far as it was understood."""
    return _through(scan.ref, scan)


def _through(ref: Ref, scan: Scan) -> Condition:
    own = tuple(ref.filters.get(scan, ()))
    body = ref.container
    if body.root:
        return Condition(own)
    return Condition(own, (tuple(_through(r, scan) for r in body.refs),))
