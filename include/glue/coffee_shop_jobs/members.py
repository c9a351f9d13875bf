"""Members of the dimensions: per day the latest sale of each, kept in one small object per month.

Dimensions are rebuilt from these extracts, never from all lines: a day that is loaded again replaces its own members
only, and a member without any fact or target is in none of them. Of each month the rows that are a member's latest are
marked, because a dimension needs no others: what a load compares grows by a month's members, not by those of its days.

All rows are Arrow tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .columns import CONTRACTS, INVENTORY, SALES, TARGETS, TYPES
from .parquet_rows import schema_of
from .row_ids import id_of
from .star_schema import CUSTOMER, DIMENSIONS, NOBODY, OUTLET, PRODUCT, Dimension, customer_number

_TYPES = {column.name: TYPES[column.kind] for column in CONTRACTS[SALES].columns}
_ATTRIBUTES = [name for dimension in DIMENSIONS for name in dimension.attributes.values()]

# which members a dataset mentions
MENTIONED = {SALES: DIMENSIONS, INVENTORY: (OUTLET, PRODUCT), TARGETS: (OUTLET,)}
# what is read of the clean rows to find them
CLEAN_COLUMNS = {
    SALES: ["transactiontime", "transactionno", "line_no", *(each.number for each in DIMENSIONS), *_ATTRIBUTES],
    INVENTORY: [each.number for each in MENTIONED[INVENTORY]],
}
# a row is a member on a day: when and where its latest sale of that day was, and its attributes in that line
COLUMNS = [
    ("dimension", "string"),
    ("number", "string"),
    ("day", "string"),
    ("time", "string"),
    ("transactionno", "string"),
    ("line_no", "int"),
    ("outlet", "string"),
    *((name, _TYPES[name]) for name in _ATTRIBUTES),
]
_SCHEMA = schema_of(COLUMNS)


def of_day(dataset: str, rows: Any, day: str) -> Any:
    """Return the members of a day, one row each, with ``COLUMNS``.

    Those of sales have the attributes of the day's latest sale; of those of inventory nothing but the numbers is known.

    Args:
        dataset: sales or inventory.
        rows: its clean rows of the day with ``CLEAN_COLUMNS``.
        day: the ISO date.
    """
    if dataset == SALES:
        rows = rows.set_column(
            rows.column_names.index(CUSTOMER.number), CUSTOMER.number, customer_number(rows[CUSTOMER.number])
        )
        order = _latest_sale_first(rows)
        return pa.concat_tables(_sold(rows, order, dimension, day) for dimension in MENTIONED[SALES])
    found = [(dimension, pc.unique(rows[dimension.number])) for dimension in MENTIONED[dataset]]
    return pa.concat_tables(_members(each, numbers, {"day": pa.repeat(day, len(numbers))}) for each, numbers in found)


def of_targets(rows: Any) -> Any:
    """Return the outlets of the targets, without a day."""
    return _members(OUTLET, pc.unique(rows[OUTLET.number]), {})


def _latest_sale_first(lines: Any) -> Any:
    """Return the places of a day's lines by time, TransactionNo and line_no, the latest first.

    A line without line_no was loaded before there was one, and comes last of its receipt.
    """
    transaction, outlet = lines["transactionno"], lines[OUTLET.number]
    sales = pa.table(
        {
            "time": lines["transactiontime"],
            "digits": pc.utf8_length(transaction),
            "transaction": transaction,
            "line_no": lines["line_no"],
            # two tills may write the same moment, number and line
            "outlet_digits": pc.utf8_length(outlet),
            "outlet": outlet,
        }
    )
    return pc.sort_indices(sales, sort_keys=[(name, "descending") for name in sales.column_names])


def _sold(lines: Any, order: Any, dimension: Dimension, day: str) -> Any:
    """Return the members of one dimension in a day's lines of sales; ``order`` has the latest sale first."""
    own = ("transactionno", "line_no", *dimension.attributes.values())
    firsts = _firsts(lines.select([dimension.number]), order)
    latest = lines.select({*own, dimension.number, "transactiontime", OUTLET.number}).take(firsts)
    latest = latest.filter(pc.is_valid(latest[dimension.number]))
    numbers, known = latest[dimension.number], {name: latest[name] for name in own}
    if dimension == CUSTOMER:  # whatever a till wrote, customer 0 is nobody
        registered = pc.not_equal(numbers, NOBODY)
        for name in dimension.attributes.values():
            known[name] = pc.if_else(registered, known[name], pa.scalar(None, known[name].type))
    where = {"day": pa.repeat(day, len(numbers)), "time": latest["transactiontime"], "outlet": latest[OUTLET.number]}
    return _members(dimension, numbers, known | where)


def _members(dimension: Dimension, numbers: Any, known: Mapping[str, Any]) -> Any:
    """Return members of one dimension as rows; what is not known of them is null."""
    columns = {"dimension": pa.repeat(dimension.table, len(numbers)), "number": numbers, **known}
    return pa.table(
        [columns[field.name] if field.name in columns else pa.nulls(len(numbers), field.type) for field in _SCHEMA],
        schema=_SCHEMA,
    )


def _firsts(keys: Any, order: Any) -> Any:
    """Return the places of the rows that come first of their key when rows are read in an order."""
    ordered = keys.take(order).append_column("place", order)
    return ordered.group_by(keys.column_names, use_threads=False).aggregate([("place", "first")])["place_first"]


def mark_latest(members: Any) -> Any:
    """Return a month's members of a dataset by dimension and number, each with its newest day first.

    ``is_latest`` is added: whether no later day of the month has the member.
    """
    order = pc.sort_indices(
        members, sort_keys=[("dimension", "ascending"), ("number", "ascending"), ("day", "descending")]
    )
    latest = _firsts(members.select(["dimension", "number"]), order)
    return members.take(order).append_column("is_latest", pc.is_in(order, value_set=latest.combine_chunks()))


def groups(extract: Any) -> list[Any]:
    """Return a month's marked members in groups to be read alone: the latest of each dimension, and all others."""
    dimensions = pc.unique(extract["dimension"]).to_pylist()
    latest, others = (extract.filter(pc.equal(extract["is_latest"], is_latest)) for is_latest in (True, False))
    return [*(latest.filter(pc.equal(latest["dimension"], dimension)) for dimension in dimensions), others]


def extract_columns(dimension: Dimension) -> dict[str, str]:
    """Return the columns of an extract that a dimension needs."""
    needed = ("dimension", "number", "day", "time", *dimension.attributes.values())
    return {name: kind for name, kind in COLUMNS if name in needed} | {"is_latest": "boolean"}


def marked(extract: Any, dimension: Dimension) -> Any:
    """Return the latest rows of a dimension's members in a month's extract.

    An extract that was written before rows were marked has nulls there: all of them count.
    """
    own = pc.equal(extract["dimension"], dimension.table)
    return extract.filter(pc.and_(own, pc.fill_null(extract["is_latest"], True)))


def latest(members: Any) -> Any:
    """Return one row per member of a dimension: that of its latest sale by date, time, TransactionNo and line_no.

    What only inventory or targets mention has nulls: a row without a sale comes before any with one.
    """
    sales = pa.table({"sold": pc.is_valid(members["time"]), "day": members["day"]})  # of a day there is one with a sale
    order = pc.sort_indices(sales, sort_keys=[("sold", "descending"), ("day", "descending")])
    return members.take(_firsts(members.select(["number"]), order))


def dimension_rows(members: Any, dimension: Dimension) -> Any:
    """Return a dimension's table from its latest members, by number."""
    attributes = [members[clean] for clean in dimension.attributes.values()]
    columns = [id_of(members["number"]), members["number"], *attributes]
    return by_number(pa.table(columns, schema=schema_of(dimension.columns)), dimension)


def by_number(rows: Any, dimension: Dimension) -> Any:
    """Return a dimension's rows in the order of their numbers, however many digits these have."""
    keys = pa.table({"digits": pc.utf8_length(rows[dimension.number]), "number": rows[dimension.number]})
    return rows.take(pc.sort_indices(keys, sort_keys=[("digits", "ascending"), ("number", "ascending")]))
