"""The one table of what the local Athena's SQL can do: functions, constructs, statements; each names its source.

Whatever is not here is refused by name. ``functions`` says how each function is computed, ``binder`` how each construct
is; a test compares all three, and asks for at least one test case per entry.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from local_aws.athena.functions import FUNCTIONS, SELECT, TRINO

LANGUAGE = "https://trino.io/docs/current/language/types.html"
ATHENA = "https://docs.aws.amazon.com/athena/latest/ug/"


@dataclass(frozen=True)
class Entry:
    """A line of the table.

    ``nodes`` are the parser's classes that a construct covers.
    """

    name: str
    kind: str  # function, construct, statement
    source: str
    nodes: tuple[type, ...] = ()


def _construct(name: str, source: str, *nodes: type) -> Entry:
    return Entry(name, "construct", source, nodes)


_CONSTRUCTS = (
    _construct("column", SELECT, exp.Column, exp.Identifier),
    _construct("number literal", LANGUAGE + "#floating-point", exp.Literal),
    _construct("text literal", LANGUAGE + "#varchar"),
    _construct("bytes literal", LANGUAGE + "#varbinary", exp.HexString),
    _construct("null", TRINO + "comparison.html", exp.Null),
    _construct("true and false", LANGUAGE + "#boolean", exp.Boolean),
    _construct("date literal", LANGUAGE + "#date"),
    _construct("timestamp literal", LANGUAGE + "#timestamp"),
    _construct("interval literal", LANGUAGE + "#interval-day-to-second", exp.Interval),
    _construct("brackets", SELECT, exp.Paren),
    _construct(
        "arithmetic", TRINO + "math.html#mathematical-operators", exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg
    ),
    _construct("decimal arithmetic", TRINO + "decimal.html"),
    _construct("date arithmetic", TRINO + "datetime.html#date-and-time-operators"),
    _construct("comparison", TRINO + "comparison.html", exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE),
    _construct("is distinct from", TRINO + "comparison.html", exp.NullSafeEQ, exp.NullSafeNEQ),
    _construct("between", TRINO + "comparison.html", exp.Between),
    _construct("is null", TRINO + "comparison.html", exp.Is),
    _construct("and, or, not", TRINO + "logical.html", exp.And, exp.Or, exp.Not),
    _construct("in list", TRINO + "comparison.html", exp.In),
    _construct("in query", SELECT + "#in"),
    _construct("any, all", TRINO + "comparison.html#quantified-comparison-predicates-all-any-and-some"),
    _construct("exists", SELECT + "#exists", exp.Exists),
    _construct("scalar query", SELECT + "#scalar-subquery", exp.Subquery, exp.Select),
    _construct("like", TRINO + "comparison.html#pattern-comparison-like", exp.Like, exp.Escape),
    _construct("case", TRINO + "conditional.html#case", exp.Case),
    _construct("if", TRINO + "conditional.html#if", exp.If),
    _construct("cast", TRINO + "conversion.html", exp.Cast),
    _construct("try_cast", TRINO + "conversion.html", exp.TryCast),
    _construct("||", TRINO + "string.html#string-operators", exp.DPipe),
    _construct("extract", TRINO + "datetime.html#extraction-function", exp.Extract),
    _construct("trim from", TRINO + "string.html", exp.Trim),
    _construct("position in", TRINO + "string.html", exp.StrPosition),
    _construct("substring from", TRINO + "string.html", exp.Substring),
    _construct("current_date, current_timestamp", TRINO + "datetime.html", exp.CurrentDate, exp.CurrentTimestamp),
    _construct("array literal", TRINO + "array.html", exp.Array),
    _construct("subscript", TRINO + "array.html#subscript-operator", exp.Bracket),
    _construct("field of a row", LANGUAGE + "#row", exp.Dot),
    _construct("function call", TRINO + "list.html", exp.Anonymous),
    _construct("filter", TRINO + "aggregate.html#filtering-during-aggregation", exp.Filter),
    _construct("listagg", TRINO + "aggregate.html#listagg", exp.GroupConcat),
    _construct("max_by, min_by", TRINO + "aggregate.html#max_by", exp.ArgMax, exp.ArgMin),
    _construct("order by in an aggregate", TRINO + "aggregate.html#ordering-during-aggregation"),
    _construct("distinct in an aggregate", TRINO + "aggregate.html"),
    _construct("grouping()", SELECT + "#grouping-operation"),
    _construct("over", TRINO + "window.html", exp.Window),
    _construct("named window", SELECT + "#window-clause"),
    _construct("rows frame", TRINO + "window.html"),
    _construct("range frame", TRINO + "window.html"),
    _construct("groups frame", TRINO + "window.html"),
    _construct("ignore nulls", TRINO + "window.html#value-functions"),
    _construct("select", SELECT),
    _construct("select *", SELECT + "#select-clause"),
    _construct("select distinct", SELECT + "#select-clause"),
    _construct("alias columns", SELECT),
    _construct("where", SELECT),
    _construct("group by", SELECT + "#group-by-clause"),
    _construct("grouping sets", SELECT + "#grouping-sets"),
    _construct("rollup", SELECT + "#rollup"),
    _construct("cube", SELECT + "#cube"),
    _construct("having", SELECT + "#having-clause"),
    _construct("order by", SELECT + "#order-by-clause"),
    _construct("limit", SELECT + "#limit-or-fetch-first-clause"),
    _construct("fetch first", SELECT + "#limit-or-fetch-first-clause"),
    _construct("offset", SELECT + "#offset-clause"),
    _construct("with", SELECT + "#with-clause"),
    _construct("with recursive", SELECT + "#with-recursive-clause"),
    _construct("values", "https://trino.io/docs/current/sql/values.html"),
    _construct("union", SELECT + "#union-clause"),
    _construct("union all", SELECT + "#union-clause"),
    _construct("intersect", SELECT + "#intersect-clause"),
    _construct("except", SELECT + "#except-clause"),
    _construct("join", SELECT + "#joins"),
    _construct("left join", SELECT + "#joins"),
    _construct("right join", SELECT + "#joins"),
    _construct("full join", SELECT + "#joins"),
    _construct("cross join", SELECT + "#cross-join"),
    _construct("join using", SELECT + "#joins"),
    _construct("lateral", SELECT + "#lateral"),
    _construct("unnest", SELECT + "#unnest"),
    _construct("unnest with ordinality", SELECT + "#unnest"),
    _construct("derived table", SELECT),
    _construct("$path", ATHENA + "select.html"),
    _construct("$partitions", ATHENA + "querying-glue-catalog-listing-partitions.html"),
    _construct("view", ATHENA + "views.html"),
    _construct("?", ATHENA + "querying-with-prepared-statements.html"),
)

_STATEMENTS = {
    "SELECT": "select.html",
    "CREATE_TABLE_AS_SELECT": "create-table-as.html",
    "INSERT": "insert-into.html",
    "UNLOAD": "unload.html",
    "CREATE_VIEW": "create-view.html",
    "DROP_VIEW": "drop-view.html",
    "CREATE_DATABASE": "create-database.html",
    "DROP_DATABASE": "drop-database.html",
    "CREATE_TABLE": "create-table.html",
    "DROP_TABLE": "drop-table.html",
    "ALTER_TABLE_ADD_PARTITION": "alter-table-add-partition.html",
    "ALTER_TABLE_DROP_PARTITION": "alter-table-drop-partition.html",
    "MSCK_REPAIR_TABLE": "msck-repair-table.html",
    "SHOW_PARTITIONS": "show-partitions.html",
    "SHOW_TABLES": "show-tables.html",
    "SHOW_DATABASES": "show-databases.html",
    "SHOW_COLUMNS": "show-columns.html",
    "SHOW_CREATE_TABLE": "show-create-table.html",
    "DESCRIBE": "describe-table.html",
    "PREPARE": "sql-prepare.html",
    "EXECUTE": "sql-execute.html",
    "DEALLOCATE": "sql-deallocate-prepare.html",
}

TABLE: tuple[Entry, ...] = (
    *(Entry(f.name, "function", f.source) for f in FUNCTIONS.values()),
    *_CONSTRUCTS,
    *(Entry(name, "statement", ATHENA + page) for name, page in _STATEMENTS.items()),
)
