"""The columns of the three raw files (contract 3.1), in the order of the contract."""

from __future__ import annotations

from dataclasses import dataclass

from coffee_shop.lake.documents import DATASETS, INVENTORY, SALES, TARGETS

__all__ = ["CONTRACTS", "DATASETS", "INVENTORY", "SALES", "TARGETS"]


@dataclass(frozen=True)
class Column:
    """One column of a raw file.

    ``kind`` says how a cell is read (``cells.READERS``); ``needed`` sends a row without a readable value to
    quarantine; ``also`` is the corrected spelling that the header may use instead.
    """

    header: str
    kind: str
    needed: bool = False
    also: str | None = None

    @property
    def name(self) -> str:
        """The column's name in the clean zone."""
        return self.header.lower()


@dataclass(frozen=True)
class Dataset:
    """A raw file's contract: its columns, the key that no two rows may share, and what its control totals add up.

    ``day`` names the column that tells which day (or month) of its outlet a row belongs to, ``receipt`` those that tell
    which receipt of that day (of inventory: which product). Without ``key`` a row may be repeated: the same product
    rung up twice.
    """

    name: str
    columns: tuple[Column, ...]
    day: str
    receipt: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    quantity: str | None = None
    amount: str | None = None

    @property
    def receipt_columns(self) -> tuple[str, ...]:
        """The columns that name a receipt, of inventory a product of an outlet's day; targets have none."""
        return ("salesoutletno", self.day, *self.receipt) if self.receipt else ()

    @property
    def names(self) -> tuple[str, ...]:
        """The clean zone's column names, without ``source_key``."""
        return tuple(column.name for column in self.columns)


def _columns(text: str) -> tuple[Column, ...]:
    """Read a table of columns: header, kind, ``!`` when needed in every row, ``= OtherSpelling``."""
    found = []
    for line in text.strip().splitlines():
        left, _, also = line.partition("=")
        header, kind, *needed = left.split()
        found.append(Column(header, kind, bool(needed), also.strip() or None))
    return tuple(found)


_SALES = _columns(
    """
    TransactionNo number !
    TransactionDate business_day !
    TransactionTime time !
    IsInStoreTransaction flag
    SalesOutletNo number !
    SalesOutletType text
    StoreSquareFeet integer
    StoreAddress text
    StoreCity text
    StoreStateProvince text
    StoreTelephone text
    StorePostalCode text
    StoreLongitude double
    StoreLatitude double
    Neighorhood text = Neighborhood
    StoreManagerName text
    StaffNo number
    StaffFirstName text
    StaffLastName text
    StaffPosition text
    StaffStartDate day
    CustomerNo number
    CustomerFirstName text
    CustomerSurname text
    CustomerEmail text
    CustomerSince day
    LoyaltyCardNumber card
    DateOfBirth day
    Gender text
    BirthYear birth_year
    ProductNo number !
    ProductGroup text
    ProductCategory text
    ProductType text
    ProductName text
    ProductDescription text
    Volume double
    UnitOfMeasure text
    CurrentWholesalePrice price
    CurrentRetailPrice price
    IsTaxExempt flag
    IsPromoItem flag
    IsNewProduct flag
    Quantity quantity !
    UnitPrice price !
    SaleAmount signed_amount !
    DayOfWeekNo integer
    DayOfWeekName text
    DayOfMonthNo integer
    WeekNo integer
    WeekName text
    MonthNo integer
    MonthName text
    QuarterNo integer
    QuarterName text
    Year integer
    """
)

_INVENTORY = _columns(
    """
    SalesOutletNo number !
    TransactionDate business_day !
    ProductNo number !
    StoctQuantity integer = StockQuantity
    SoldQuantity integer
    Waste integer
    WastePercentage percent
    """
)

_TARGETS = _columns(
    """
    SalesOutletNo number !
    MonthYear month !
    Beans amount
    Beverage amount
    Food amount
    Merchendise amount = Merchandise
    TotalGoal amount
    """
)

CONTRACTS = {
    SALES: Dataset(
        SALES,
        _SALES,
        day="transactiondate",
        receipt=("transactionno", "transactiontime"),
        quantity="quantity",
        amount="saleamount",
    ),
    INVENTORY: Dataset(
        INVENTORY,
        _INVENTORY,
        day="transactiondate",
        receipt=("productno",),
        key=("salesoutletno", "transactiondate", "productno"),
        quantity="soldquantity",
    ),
    TARGETS: Dataset(TARGETS, _TARGETS, day="monthyear", key=("salesoutletno", "monthyear"), amount="totalgoal"),
}

# what a kind is in the catalog
TYPES = {
    "text": "string",
    "number": "string",
    "card": "string",
    "flag": "string",
    "time": "string",
    "month": "string",
    "integer": "int",
    "birth_year": "int",
    "quantity": "int",
    "double": "double",
    "percent": "double",
    "price": "decimal(12,4)",
    "amount": "decimal(12,2)",
    "signed_amount": "decimal(12,2)",
    "day": "date",
    "business_day": "date",
}


def clean_columns(dataset: str) -> dict[str, str]:
    """Return the columns of a table of the clean zone with their types, its partition key among them."""
    columns = {column.name: TYPES[column.kind] for column in CONTRACTS[dataset].columns} | {"source_key": "string"}
    own = {SALES: {"line_no": "int", "date": "string"}, INVENTORY: {"date": "string"}, TARGETS: {}}
    return columns | own[dataset]
