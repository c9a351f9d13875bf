"""The eight conform tables (contract 3.3): their columns, and how the facts come from clean rows.

Ids are md5 of natural numbers, so they never change. What the columns mean stands in ``include/data_model.yaml``; a
test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .cells import day_label
from .columns import CONTRACTS, INVENTORY, SALES, TARGETS, TYPES
from .parquet_rows import schema_of
from .row_ids import id_of, md5
from .row_order import in_order

NOBODY = "0"  # the customer number of a sale to nobody registered


@dataclass(frozen=True)
class Dimension:
    """A dimension: its id, its natural number in the clean zone, and its attributes (conform name: clean name)."""

    table: str
    id: str
    number: str
    attributes: dict[str, str]

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Return the table's columns and their types."""
        types = {column.name: TYPES[column.kind] for column in CONTRACTS[SALES].columns}
        attributes = [(name, types[clean]) for name, clean in self.attributes.items()]
        return [(self.id, "string"), (self.number, "string"), *attributes]


def _same_names(names: str) -> dict[str, str]:
    return {name: name for name in names.split()}


CUSTOMER = Dimension(
    "customer",
    "customer_id",
    "customerno",
    _same_names(
        "customerfirstname customersurname customeremail customersince loyaltycardnumber dateofbirth gender birthyear"
    ),
)
PRODUCT = Dimension(
    "product",
    "product_id",
    "productno",
    _same_names(
        "productgroup productcategory producttype productname productdescription volume unitofmeasure"
        " currentwholesaleprice currentretailprice istaxexempt ispromoitem isnewproduct"
    ),
)
STAFF = Dimension(
    "staff", "staff_id", "staffno", _same_names("stafffirstname stafflastname staffposition staffstartdate")
)
OUTLET = Dimension(
    "sales_outlet",
    "salesoutlet_id",
    "salesoutletno",
    _same_names(
        "salesoutlettype storesquarefeet storeaddress storecity storestateprovince storetelephone storepostalcode"
        " storelongitude storelatitude"
    )
    | {"neighbourhood": "neighorhood", "storemanagername": "storemanagername"},
)
DIMENSIONS = (CUSTOMER, PRODUCT, STAFF, OUTLET)

DATE = "date"
DATE_COLUMNS = [
    ("date_id", "string"),
    ("date", "date"),
    ("dayofweekno", "int"),
    ("dayofweekname", "string"),
    ("dayofmonthno", "int"),
    ("weekno", "int"),
    ("weekname", "string"),
    ("monthno", "int"),
    ("monthname", "string"),
    ("month_id", "string"),
    ("quarterno", "int"),
    ("quartername", "string"),
    ("year", "int"),
]
SALES_COLUMNS = [
    ("transaction_id", "string"),
    ("line_no", "int"),
    ("transactionno", "string"),
    ("transactiontime", "string"),
    ("isinstoretransaction", "string"),
    ("date_id", "string"),
    ("salesoutlet_id", "string"),
    ("staff_id", "string"),
    ("customer_id", "string"),
    ("product_id", "string"),
    ("quantity", "int"),
    ("unitprice", "decimal(12,4)"),
    ("saleamount", "decimal(12,2)"),
    ("wholesaleprice", "decimal(12,4)"),
    ("retailprice", "decimal(12,4)"),
    ("ispromoitem", "string"),
    ("business_date", "string"),
]
INVENTORY_COLUMNS = [
    ("inventory_id", "string"),
    ("date_id", "string"),
    ("salesoutlet_id", "string"),
    ("product_id", "string"),
    ("stoctquantity", "int"),
    ("soldquantity", "int"),
    ("waste", "int"),
    ("wastepercentage", "double"),
    ("business_date", "string"),
]
TARGET_COLUMNS = [
    ("sales_target_id", "string"),
    ("salesoutlet_id", "string"),
    ("month_id", "string"),
    ("monthyear", "string"),
    ("year", "int"),
    ("beans", "decimal(12,2)"),
    ("beverage", "decimal(12,2)"),
    ("food", "decimal(12,2)"),
    ("merchendise", "decimal(12,2)"),
    ("totalgoal", "decimal(12,2)"),
]
TABLES = {
    **{dimension.table: dimension.columns for dimension in DIMENSIONS},
    DATE: DATE_COLUMNS,
    "sales_reciept": SALES_COLUMNS,
    "pastry_inventory": INVENTORY_COLUMNS,
    "sales_target": TARGET_COLUMNS,
}


# by fact table what comes from the clean row, as it is or looked up (conform name: clean name)
CLEAN_COLUMNS = {
    SALES: _same_names(
        "line_no transactionno transactiontime isinstoretransaction salesoutletno staffno customerno productno quantity"
        " unitprice saleamount ispromoitem"
    )
    | {"wholesaleprice": "currentwholesaleprice", "retailprice": "currentretailprice"},
    INVENTORY: _same_names("salesoutletno productno stoctquantity soldquantity waste wastepercentage"),
    TARGETS: _same_names("salesoutletno monthyear beans beverage food merchendise totalgoal"),
}
# what a fact table is sorted by; none of it is ever null
ORDER = {
    SALES: ["transaction_id", "line_no"],
    INVENTORY: ["inventory_id"],
    TARGETS: ["sales_target_id"],
}

_NO_TEXT = pa.scalar(None, pa.string())


@dataclass(frozen=True)
class Members:
    """What facts may mention: by dimension an Arrow table of its numbers and their ids, and the ISO dates."""

    of: Mapping[str, Any]
    dates: Set[str]


def customer_number(numbers: Any) -> Any:
    """Return the lines' customer numbers, 0 for nobody registered."""
    return pc.fill_null(numbers, NOBODY)


def sales_facts(lines: Any, day: str, members: Members) -> Any:
    """Return one row per line of sales.

    Args:
        lines: a day of clean sales with ``CLEAN_COLUMNS``, as an Arrow table.
        day: its ISO date.
        members: what the dimensions have. Ids are looked up there, so that each that is not null finds its row.

    Returns:
        An Arrow table of the facts' columns, without the partition key, in the order of ``ORDER``; the last column,
        ``orphan``, holds the number that a dimension lacks, else null.
    """
    columns = _columns(SALES, lines)
    columns["customerno"] = customer_number(columns["customerno"])
    receipt = (columns["salesoutletno"], day, columns["transactionno"], columns["transactiontime"])
    columns["transaction_id"] = id_of(*receipt)
    looked_up = [_look_up(columns, members, dimension) for dimension in DIMENSIONS]
    return _facts(SALES, columns, _look_up_date(lines, day, members), *looked_up)


def inventory_facts(rows: Any, day: str, members: Members) -> Any:
    """Return one row per outlet and product of a day of clean inventory; all else as in ``sales_facts``."""
    columns = _columns(INVENTORY, rows)
    columns["inventory_id"] = id_of(columns["salesoutletno"], day, columns["productno"])
    looked_up = [_look_up(columns, members, dimension) for dimension in (OUTLET, PRODUCT)]
    return _facts(INVENTORY, columns, _look_up_date(rows, day, members), *looked_up)


def target_facts(rows: Any, members: Members) -> Any:
    """Return one row per outlet and month of all clean targets; all else as in ``sales_facts``."""
    columns = _columns(TARGETS, rows)
    months = [day_label(text) for text in columns["monthyear"].to_pylist()]
    columns["sales_target_id"] = id_of(columns["salesoutletno"], pa.array(months, pa.string()))
    known = {day[:7] for day in members.dates}
    columns["year"] = pa.array([int(month[:4]) if month in known else None for month in months], pa.int32())
    ids = pa.array([md5(month) if month in known else None for month in months], pa.string())
    month = ("month_id", ids, _lacking(DATE, columns["monthyear"], ids))
    return _facts(TARGETS, columns, _look_up(columns, members, OUTLET), month)


_LookedUp = tuple[str, Any, Any]  # a column of ids, the ids, and of rows without one what its dimension lacks


def _columns(table: str, rows: Any) -> dict[str, Any]:
    return {name: rows[clean].combine_chunks() for name, clean in CLEAN_COLUMNS[table].items()}


def _look_up(columns: Mapping[str, Any], members: Members, dimension: Dimension) -> _LookedUp:
    mentioned, known = columns[dimension.number], members.of[dimension.table]
    ids = known["id"].take(pc.index_in(mentioned, known["number"])).combine_chunks()
    return dimension.id, ids, _lacking(dimension.table, mentioned, ids)


def _look_up_date(rows: Any, day: str, members: Members) -> _LookedUp:
    found = pa.scalar(md5(day) if day in members.dates else None, pa.string())
    ids = pa.repeat(found, rows.num_rows)
    return "date_id", ids, _lacking(DATE, day, ids)


def _lacking(table: str, numbers: Any, ids: Any) -> Any:
    """Return the names of members without an id; null where there is an id, and where there is no number."""
    return pc.if_else(pc.is_valid(ids), _NO_TEXT, pc.binary_join_element_wise(table, numbers, " "))


def _facts(table: str, columns: Mapping[str, Any], *looked_up: _LookedUp) -> Any:
    """Return the table's columns and rows in their order; of a row's members without an id ``orphan`` is the first."""
    found = {**columns, **{name: ids for name, ids, _ in looked_up}}
    found["orphan"] = pc.coalesce(*(lacking for _, _, lacking in looked_up))
    kinds = {name: kind for name, kind in TABLES[table] if name != "business_date"}
    schema = schema_of(kinds | {"orphan": "string"})
    facts = pa.table([found[name] for name in schema.names], schema=schema)
    return in_order(facts, ORDER[table])
