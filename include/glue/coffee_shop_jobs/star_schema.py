"""The eight conform tables (contract 3.3): their columns, and how the facts come from clean rows.

Ids are md5 of natural numbers, so they never change. What the columns mean stands in ``include/data_model.yaml``; a
test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .columns import CONTRACTS, SALES, TYPES

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

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


def id_of(*parts: Column) -> Column:
    """Return the md5 of the parts, joined by ``|``; null when one of them is null."""
    from pyspark.sql import functions as f

    joined = parts[0]
    for part in parts[1:]:
        joined = f.concat(joined, f.lit("|"), part)
    return f.md5(joined)


def customer_number() -> Column:
    """Return the line's customer number, 0 for nobody registered."""
    from pyspark.sql import functions as f

    return f.coalesce(f.col("customerno"), f.lit(NOBODY))


def sales_facts(lines: DataFrame, dimensions: dict[str, DataFrame]) -> DataFrame:
    """Return one row per line of sales.

    Args:
        lines: clean sales with ``line_no``.
        dimensions: the conform dimensions by table name. Ids are looked up in them, so that each that is not null
            finds its row; ``orphan`` holds the number that a dimension lacks, else null.
    """
    from pyspark.sql import functions as f

    looked_up = _look_up(lines.withColumn("customerno", customer_number()), dimensions, DIMENSIONS)
    found = _look_up_date(looked_up, dimensions[DATE])
    transaction = id_of(*(f.col(name) for name in ("salesoutletno", "date", "transactionno", "transactiontime")))
    return found.select(
        transaction.alias("transaction_id"),
        "line_no",
        "transactionno",
        "transactiontime",
        "isinstoretransaction",
        "date_id",
        "salesoutlet_id",
        "staff_id",
        "customer_id",
        "product_id",
        "quantity",
        "unitprice",
        "saleamount",
        f.col("currentwholesaleprice").alias("wholesaleprice"),
        f.col("currentretailprice").alias("retailprice"),
        "ispromoitem",
        f.col("date").alias("business_date"),
        _orphan(DIMENSIONS),
    )


def inventory_facts(rows: DataFrame, dimensions: dict[str, DataFrame]) -> DataFrame:
    """Return one row per outlet, day and product; ``orphan`` as in ``sales_facts``."""
    from pyspark.sql import functions as f

    needed = (OUTLET, PRODUCT)
    found = _look_up_date(_look_up(rows, dimensions, needed), dimensions[DATE])
    return found.select(
        id_of(f.col("salesoutletno"), f.col("date"), f.col("productno")).alias("inventory_id"),
        "date_id",
        "salesoutlet_id",
        "product_id",
        "stoctquantity",
        "soldquantity",
        "waste",
        "wastepercentage",
        f.col("date").alias("business_date"),
        _orphan(needed),
    )


def target_facts(rows: DataFrame, dimensions: dict[str, DataFrame]) -> DataFrame:
    """Return one row per outlet and month; ``orphan`` as in ``sales_facts``."""
    from pyspark.sql import functions as f

    day = f.to_date(f.concat(f.lit("1 "), f.col("monthyear")), "d MMMM yyyy")
    month = f.date_format(day, "yyyy-MM")
    months = dimensions[DATE].select("month_id", f.year("date").alias("year")).distinct()
    found = _look_up(rows.withColumn("wanted_month", f.md5(month)), dimensions, (OUTLET,))
    found = found.join(f.broadcast(months), found["wanted_month"] == months["month_id"], "left")
    no_month = f.when(f.col("month_id").isNull(), f.concat(f.lit("date "), f.col("monthyear")))
    return found.select(
        id_of(f.col("salesoutletno"), month).alias("sales_target_id"),
        "salesoutlet_id",
        "month_id",
        "monthyear",
        "year",
        "beans",
        "beverage",
        "food",
        "merchendise",
        "totalgoal",
        f.coalesce(_missing(OUTLET), no_month).alias("orphan"),
    )


def _look_up(rows: DataFrame, dimensions: dict[str, DataFrame], needed: tuple[Dimension, ...]) -> DataFrame:
    from pyspark.sql import functions as f

    for dimension in needed:
        members = dimensions[dimension.table].select(dimension.number, dimension.id)
        # a chain has few outlets, products and staff; of its customers Spark shall see for itself
        rows = rows.join(members if dimension is CUSTOMER else f.broadcast(members), dimension.number, "left")
    return rows


def _look_up_date(rows: DataFrame, dates: DataFrame) -> DataFrame:
    from pyspark.sql import functions as f

    days = dates.select("date_id", f.col("date").alias("calendar_day"))
    return rows.join(f.broadcast(days), rows["transactiondate"] == days["calendar_day"], "left")


def _orphan(needed: tuple[Dimension, ...]) -> Column:
    from pyspark.sql import functions as f

    no_date = f.when(f.col("date_id").isNull(), f.concat(f.lit("date "), f.col("date")))
    return f.coalesce(no_date, *(_missing(dimension) for dimension in needed)).alias("orphan")


def _missing(dimension: Dimension) -> Column:
    from pyspark.sql import functions as f

    number = f.col(dimension.number)
    lacks = number.isNotNull() & f.col(dimension.id).isNull()
    return f.when(lacks, f.concat(f.lit(f"{dimension.table} "), number))
