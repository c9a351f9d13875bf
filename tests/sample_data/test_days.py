"""Every oddity of real tills is in a month of sample data, and can be counted."""

import datetime
import re
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from sample_data import catalogue, days, people

CONTRACT = Path(__file__).parents[2] / "docs" / "contracts.md"
APRIL = [datetime.date(2019, 4, day) for day in range(1, 31)]
SHOP = days.Shop(seed=2019, lines_per_month=50_000)
NOTHING = ("", "NULL")


@pytest.fixture(scope="module")
def sales():
    rows = (row for day in APRIL for row in days.sales_of(SHOP, day))
    return [dict(zip(days.SALES_COLUMNS, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def inventory():
    rows = (row for day in APRIL for row in days.inventory_of(SHOP, day, days.sales_of(SHOP, day)))
    return [dict(zip(days.INVENTORY_COLUMNS, row, strict=True)) for row in rows]


def transactions(sales):
    found = defaultdict(list)
    for row in sales:
        found[row["SalesOutletNo"], row["TransactionDate"], row["TransactionNo"]].append(row)
    return found


def test_an_april_has_exactly_the_lines_asked_for(sales):
    assert len(sales) == 50_000


def test_the_headers_are_the_contract_s():
    contract = CONTRACT.read_text(encoding="utf-8")
    assert re.search(r"`(TransactionNo Transac.*?)`", contract, re.DOTALL)[1].split() == days.SALES_COLUMNS
    assert f"`{' '.join(days.INVENTORY_COLUMNS)}`" in contract
    assert f"`{' '.join(days.TARGET_COLUMNS)}`" in contract


def test_every_needed_value_is_readable(sales):
    for row in sales:
        assert re.fullmatch(r"\d+", row["TransactionNo"])
        assert re.fullmatch(r"2019-04-\d\d", row["TransactionDate"])
        assert re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d", row["TransactionTime"])
        assert 1 <= int(row["Quantity"]) <= 1000
        assert re.fullmatch(r"\d+\.\d\d", row["SaleAmount"])
        assert re.fullmatch(r"\d+(\.\d{1,4})?", row["UnitPrice"])
        assert row["CurrentWholesalePrice"] == "" or re.fullmatch(r"\d+\.\d{4}", row["CurrentWholesalePrice"])


def test_one_transaction_has_one_outlet_time_customer_and_employee(sales):
    shared = ("TransactionTime", "CustomerNo", "StaffNo", "IsInStoreTransaction")
    for rows in transactions(sales).values():
        assert len({tuple(row[column] for column in shared) for row in rows}) == 1


def test_catalogue(sales):
    assert len(catalogue.PRODUCTS) == 89
    assert {product.category: product.group for product in catalogue.PRODUCTS} == {
        "Coffee": "Beverages",
        "Tea": "Beverages",
        "Drinking Chocolate": "Beverages",
        "Bakery": "Food",
        "Flavours": "Add-ons",
        "Coffee beans": "Whole Bean/Teas",
        "Loose Tea": "Whole Bean/Teas",
        "Packaged Chocolate": "Whole Bean/Teas",
        "Branded": "Merchandise",
    }
    assert len({row["ProductNo"] for row in sales}) == 89


def test_about_half_of_the_sales_are_registered_by_a_few_thousand_customers(sales):
    baskets = transactions(sales)
    registered = [rows for rows in baskets.values() if rows[0]["CustomerFirstName"] not in NOTHING]
    assert 0.45 < len(registered) / len(baskets) < 0.55
    assert 2000 < len({rows[0]["CustomerNo"] for rows in registered}) < 5000


def test_nobody_is_written_in_the_three_ways_of_three_tills(sales):
    ways = {(row["SalesOutletNo"], row["CustomerNo"]) for row in sales if row["CustomerNo"] in ("", "NULL", "0")}
    assert ways == {("3", "NULL"), ("5", ""), ("8", "0")}


def test_repeated_lines(sales):
    assert len(sales) - len({tuple(row.values()) for row in sales}) > 200


def test_promotion_pastries_at_one_dollar(sales):
    bargains = [row for row in sales if row["UnitPrice"] == "1.00"]
    assert len(bargains) > 100
    assert {(row["ProductCategory"], row["IsPromoItem"]) for row in bargains} == {("Bakery", "Y")}


def test_amounts_of_zero_are_promotions(sales):
    gifts = [row for row in sales if row["SaleAmount"] == "0.00"]
    assert len(gifts) > 20
    assert {row["IsPromoItem"] for row in gifts} == {"Y"}


def test_amounts_that_are_not_quantity_times_price(sales):
    other = [r for r in sales if Decimal(r["SaleAmount"]) != Decimal(r["UnitPrice"]) * int(r["Quantity"])]
    assert len([row for row in other if row["SaleAmount"] != "0.00"]) > 100


def test_customer_numbers_that_nobody_knows(sales):
    unknown = [row for row in sales if row["CustomerNo"].isdigit() and int(row["CustomerNo"]) > 98_000]
    assert len(unknown) > 100
    assert {row[column] for row in unknown for column in ("CustomerFirstName", "CustomerEmail")} == {"", "NULL"}


def test_customers_without_surname(sales):
    without = {
        r["CustomerNo"] for r in sales if r["CustomerFirstName"] not in NOTHING and r["CustomerSurname"] in NOTHING
    }
    assert len(without) > 50


def test_customers_without_card_birthday_or_gender(sales):
    known = [row for row in sales if row["CustomerFirstName"] not in NOTHING]
    for column in ("LoyaltyCardNumber", "DateOfBirth", "BirthYear", "Gender", "CustomerEmail"):
        assert len({row["CustomerNo"] for row in known if row[column] in NOTHING}) > 50, column
    assert any(row["DateOfBirth"] in NOTHING and row["BirthYear"] not in NOTHING for row in known)


def test_blank_in_store_flags(sales):
    assert Counter(row["IsInStoreTransaction"] for row in sales).keys() == {"", "Y", "N"}


def test_outlets_that_appear_only_in_targets(sales):
    targets = [dict(zip(days.TARGET_COLUMNS, row, strict=True)) for row in days.targets_of(SHOP, APRIL[0])]
    assert {row["SalesOutletNo"] for row in sales} == {"3", "5", "8"}
    assert [row["SalesOutletNo"] for row in targets] == ["2", "3", "5", "8", "9"]
    assert {row["MonthYear"] for row in targets} == {"April 2019"}
    for row in targets:
        parts = [Decimal(row[column]) for column in ("Beans", "Beverage", "Food", "Merchendise")]
        assert sum(parts) == Decimal(row["TotalGoal"])


def test_units_without_a_volume(sales):
    assert {row["UnitOfMeasure"] for row in sales if not row["Volume"]} == {"piece", "each"}


def test_names_with_commas_accents_and_trailing_blanks(sales):
    names = {row["ProductName"] for row in sales} | {row["CustomerSurname"] for row in sales}
    assert {"Croissant, Almond", "Huila, Colombia Sm"} <= names
    assert any(name.endswith(", Jr.") for name in names)
    assert any(not name.isascii() for name in names)
    texts = names | {row["ProductType"] for row in sales} | {row["ProductDescription"] for row in sales}
    assert any(text != text.rstrip() for text in texts)
    assert any('"' in text for text in texts)


def test_one_product_is_sold_at_several_prices(sales):
    prices = defaultdict(set)
    for row in sales:
        if row["IsPromoItem"] == "N":
            prices[row["ProductNo"]].add(row["UnitPrice"])
    assert sum(len(found) > 1 for found in prices.values()) > 20


def test_a_product_without_a_wholesale_price(sales):
    assert {row["ProductName"] for row in sales if not row["CurrentWholesalePrice"]} == {"Enamel Badge, round"}


def test_staff_work_at_several_outlets_and_two_share_a_name(sales):
    outlets, names = defaultdict(set), defaultdict(set)
    for row in sales:
        outlets[row["StaffNo"]].add(row["SalesOutletNo"])
        names[row["StaffFirstName"], row["StaffLastName"]].add(row["StaffNo"])
    assert len(outlets["23"]) == 3
    assert names["Maria", "Silva"] == {"15", "21"}
    assert {"", "NULL"} <= outlets.keys()


def test_inventory_disagrees_with_the_till_here_and_there(sales, inventory):
    sold = Counter()
    for row in sales:
        sold[row["SalesOutletNo"], row["TransactionDate"], row["ProductNo"]] += int(row["Quantity"])
    keys = [(row["SalesOutletNo"], row["TransactionDate"], row["ProductNo"]) for row in inventory]
    assert len(set(keys)) == len(keys)
    different = sum(sold[key] != int(row["SoldQuantity"]) for key, row in zip(keys, inventory, strict=True))
    assert 0.05 < different / len(inventory) < 0.2
    assert all(int(row["StoctQuantity"]) - int(row["SoldQuantity"]) == int(row["Waste"]) >= 0 for row in inventory)
    assert {row["WastePercentage"].endswith("%") for row in inventory} == {True, False}


def test_one_product_is_only_in_the_inventory(sales, inventory):
    only = {row["ProductNo"] for row in inventory} - {row["ProductNo"] for row in sales}
    assert only == {str(catalogue.INVENTORY_ONLY_PRODUCT)}


def test_a_day_without_sales(sales, inventory):
    assert {row["TransactionDate"] for row in sales} == {str(day) for day in APRIL} - {"2019-04-21"}
    assert "2019-04-21" not in {row["TransactionDate"] for row in inventory}


@pytest.mark.parametrize(("year", "easter"), [(2008, "2008-03-23"), (2019, "2019-04-21"), (2038, "2038-04-25")])
def test_easter(year, easter):
    day = datetime.date.fromisoformat(easter)
    assert days.is_closed(day)
    assert not any(days.is_closed(day + datetime.timedelta(days=n)) for n in range(-20, 21) if n)


def test_mornings_weekdays_and_seasons(sales):
    hours = Counter(int(row["TransactionTime"][:2]) for row in sales)
    assert sum(hours[hour] for hour in range(6, 12)) > 0.5 * len(sales)
    assert hours[0] > 0
    assert not any(hours[hour] for hour in range(1, 6))
    weekdays = Counter(row["DayOfWeekName"] for row in sales)
    assert weekdays["Sunday"] / 3 < weekdays["Saturday"] / 4 < weekdays["Friday"] / 4
    chocolate = {month: hot_chocolate_share(month) for month in (1, 7)}
    assert chocolate[1] > 1.5 * chocolate[7]


def hot_chocolate_share(month):
    rows = days.sales_of(SHOP, datetime.date(2019, month, 9))
    return sum(row[days.SALES_COLUMNS.index("ProductCategory")] == "Drinking Chocolate" for row in rows) / len(rows)


def test_the_business_date_holds_past_midnight(sales):
    """A night's sales carry the evening's date and the highest transaction numbers."""
    night = [row for row in sales if row["TransactionTime"] < "04:00:00"]
    assert {row["DayOfWeekName"] for row in night} == {"Friday", "Saturday"}
    last = {}
    for row in sales:
        key = row["SalesOutletNo"], row["TransactionDate"]
        last[key] = max(last.get(key, 0), int(row["TransactionNo"]))
    evenings = {(row["SalesOutletNo"], row["TransactionDate"]) for row in night}
    numbers = {(row["SalesOutletNo"], row["TransactionDate"], int(row["TransactionNo"])) for row in night}
    assert all((*evening, last[evening]) in numbers for evening in evenings)


def test_customers_register_before_they_buy(sales):
    assert all(row["CustomerSince"] <= row["TransactionDate"] for row in sales if row["CustomerSince"] not in NOTHING)
    assert people.customers_known_on(datetime.date(2019, 4, 1)) == 3230


@pytest.mark.parametrize("lines", [1, 7, 300])
def test_small_shops_keep_to_their_size(lines):
    rows = [row for day in APRIL for row in days.sales_of(days.Shop(1, lines), day)]
    assert len(rows) == lines
    assert all(len(row) == len(days.SALES_COLUMNS) for row in rows)
