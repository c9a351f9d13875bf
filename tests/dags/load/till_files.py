"""Small raw files, as the tills write them: rows are given by what matters in a test, the rest has defaults."""

import csv
import io
from collections.abc import Mapping, Sequence

SALE = {
    "TransactionNo": "1",
    "TransactionDate": "2019-04-01",
    "TransactionTime": "08:00:00",
    "IsInStoreTransaction": "Y",
    "SalesOutletNo": "3",
    "SalesOutletType": "retail",
    "StoreSquareFeet": "1300",
    "StoreAddress": "32-20 Broadway",
    "StoreCity": "Long Island City",
    "StoreStateProvince": "NY",
    "StoreTelephone": "718-555-0100",
    "StorePostalCode": "11106",
    "StoreLongitude": "-73.924008",
    "StoreLatitude": "40.761196",
    "Neighorhood": "Astoria",
    "StoreManagerName": "6",
    "StaffNo": "12",
    "StaffFirstName": "Britanni",
    "StaffLastName": "Jorden",
    "StaffPosition": "Coffee Wrangler",
    "StaffStartDate": "2001-08-05",
    "CustomerNo": "101",
    "CustomerFirstName": "Kelly",
    "CustomerSurname": "Key",
    "CustomerEmail": "kelly@example.com",
    "CustomerSince": "2017-01-04",
    "LoyaltyCardNumber": "908-424-2890",
    "DateOfBirth": "1950-05-29",
    "Gender": "F",
    "BirthYear": "1950",
    "ProductNo": "22",
    "ProductGroup": "Beverages",
    "ProductCategory": "Coffee",
    "ProductType": "Drip coffee",
    "ProductName": "Our Old Time Diner Blend Sm",
    "ProductDescription": "An honest cup.",
    "Volume": "12",
    "UnitOfMeasure": "oz",
    "CurrentWholesalePrice": "1.00",
    "CurrentRetailPrice": "3.00",
    "IsTaxExempt": "N",
    "IsPromoItem": "N",
    "IsNewProduct": "N",
    "Quantity": "1",
    "UnitPrice": "3.00",
    "SaleAmount": "3.00",
    "DayOfWeekNo": "1",
    "DayOfWeekName": "Monday",
    "DayOfMonthNo": "1",
    "WeekNo": "14",
    "WeekName": "Week 14",
    "MonthNo": "4",
    "MonthName": "April",
    "QuarterNo": "2",
    "QuarterName": "Q2",
    "Year": "2019",
}
STOCK = {
    "SalesOutletNo": "3",
    "TransactionDate": "2019-04-01",
    "ProductNo": "70",
    "StoctQuantity": "10",
    "SoldQuantity": "6",
    "Waste": "4",
    "WastePercentage": "40%",
}
TARGET = {
    "SalesOutletNo": "3",
    "MonthYear": "April 2019",
    "Beans": "100",
    "Beverage": "200",
    "Food": "50",
    "Merchendise": "25",
    "TotalGoal": "375",
}


def sales(*rows: Mapping[str, object], without: Sequence[str] = ()) -> bytes:
    """Return a file of sales; ``without`` leaves columns out."""
    return _file(SALE, rows, without)


def inventory(*rows: Mapping[str, object]) -> bytes:
    """Return a file of pastry inventory."""
    return _file(STOCK, rows, ())


def targets(*rows: Mapping[str, object]) -> bytes:
    """Return a file of sales targets."""
    return _file(TARGET, rows, ())


def _file(defaults: Mapping[str, str], rows: Sequence[Mapping[str, object]], without: Sequence[str]) -> bytes:
    for row in rows:
        assert set(row) <= set(defaults), set(row) - set(defaults)
    columns = [name for name in defaults if name not in without]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows({**defaults, **row} for row in rows)
    return text.getvalue().encode()
