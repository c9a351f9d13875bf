"""One day of the shop: its sales, and its pastry inventory.

Every random choice of a day comes from a generator seeded with the seed, the day and the outlet, so the day's rows are
the same whatever span is asked for. How many lines a day has is planned for its whole calendar month.
"""

import bisect
import datetime
import functools
import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple, TypeVar

from sample_data.catalogue import DRINKS, INVENTORY_ONLY_PRODUCT, PASTRIES, PRODUCTS, Product
from sample_data.people import (
    OUTLETS,
    STAFF,
    TARGET_ONLY_OUTLETS,
    UNKNOWN_CUSTOMERS,
    Customer,
    Employee,
    Outlet,
    customer,
    customers_known_on,
)

SALES_COLUMNS = (  # noqa: SIM905
    "TransactionNo TransactionDate TransactionTime IsInStoreTransaction SalesOutletNo SalesOutletType StoreSquareFeet "
    "StoreAddress StoreCity StoreStateProvince StoreTelephone StorePostalCode StoreLongitude StoreLatitude "
    "Neighorhood StoreManagerName StaffNo StaffFirstName StaffLastName StaffPosition StaffStartDate CustomerNo "
    "CustomerFirstName CustomerSurname CustomerEmail CustomerSince LoyaltyCardNumber DateOfBirth Gender BirthYear "
    "ProductNo ProductGroup ProductCategory ProductType ProductName ProductDescription Volume UnitOfMeasure "
    "CurrentWholesalePrice CurrentRetailPrice IsTaxExempt IsPromoItem IsNewProduct Quantity UnitPrice SaleAmount "
    "DayOfWeekNo DayOfWeekName DayOfMonthNo WeekNo WeekName MonthNo MonthName QuarterNo QuarterName Year"
).split()
INVENTORY_COLUMNS = "SalesOutletNo TransactionDate ProductNo StoctQuantity SoldQuantity Waste WastePercentage".split()  # noqa: SIM905
TARGET_COLUMNS = "SalesOutletNo MonthYear Beans Beverage Food Merchendise TotalGoal".split()  # noqa: SIM905

_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()  # noqa: SIM905
_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905

# A month's lines against an April's; a weekday's against the average day's.
_SEASON = (0.94, 0.93, 0.98, 1.0, 1.02, 0.97, 0.90, 0.88, 0.98, 1.05, 1.08, 1.12)
_WEEK = (1.08, 1.05, 1.06, 1.04, 1.10, 0.90, 0.77)
# Visitors by hour of the day, 0 to 23, on a weekday and at the week-end; an outlet takes the hours at which it is open.
_HOURS = (0.3, 0, 0, 0, 0, 0, 6, 11, 14, 13, 12, 8, 6, 5, 5, 5, 5, 4.5, 4, 3, 2.5, 1.4, 1.0, 0.6)
_WEEKEND_HOURS = (0.6, 0, 0, 0, 0, 0, 3, 6, 9, 12, 13, 12, 9, 8, 7, 6, 5, 4.5, 4, 3.5, 3, 2, 1.5, 1)

_DAY = 24 * 3600  # seconds

_REPEATED = 0.008  # of the lines: the same product rung up twice, every column alike
_REGISTERED = 0.5  # of the transactions
_UNKNOWN_CUSTOMER = 0.006
_BLANK_FLAG = 0.02
_NO_STAFF = 0.004
_FREE = 0.004  # of the drinks, for registered customers: the tenth cup
_BARGAIN = 0.6  # of the day's promotion pastry in the afternoon, at 1.00
_OTHER_AMOUNT = 0.006  # of the lines: a discount that the unit price does not show
_STOCK_DISAGREES = 0.12  # of the inventory rows: what was counted as sold is not what the till says


class Shop(NamedTuple):
    """What a whole set of files has in common: the seed, and the lines that an April has."""

    seed: int
    lines_per_month: int


class _Visit(NamedTuple):
    """What all lines of one transaction share."""

    day: datetime.date
    outlet: Outlet
    number: int
    hour: int
    head: list[str]
    who: list[str]
    registered: bool


def is_closed(day: datetime.date) -> bool:
    """Whether the whole chain is closed: Easter Sunday, Thanksgiving, Christmas and New Year's Day."""
    if (day.month, day.day) in ((12, 25), (1, 1)):
        return True
    thanksgiving = day.month == 11 and day.weekday() == 3 and 22 <= day.day <= 28
    return thanksgiving or day == _easter_sunday(day.year)


def _easter_sunday(year: int) -> datetime.date:
    """Find the Gregorian date of Easter, by the Meeus/Jones/Butcher rule."""
    golden, (century, rest) = year % 19, divmod(year, 100)
    correction = (century - (century + 8) // 25 + 1) // 3
    full_moon = (19 * golden + century - century // 4 - correction + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - full_moon - rest % 4) % 7
    late = (golden + 11 * full_moon + 22 * weekday) // 451
    month, day = divmod(full_moon + weekday - 7 * late + 114, 31)
    return datetime.date(year, month, day + 1)


def month_days(first: datetime.date) -> list[datetime.date]:
    """All days of the calendar month that starts on `first`."""
    following = (first + datetime.timedelta(days=32)).replace(day=1)
    return [first + datetime.timedelta(days=n) for n in range((following - first).days)]


@functools.cache
def _planned_lines(shop: Shop, month: datetime.date) -> dict[tuple[datetime.date, int], int]:
    """Lines per (day, outlet number) of a month: they add up to the month's size exactly, by largest remainders."""
    weights: dict[tuple[datetime.date, int], float] = {}
    for day in month_days(month):
        for outlet in OUTLETS:
            chance = random.Random(f"{shop.seed}|size|{day}|{outlet.number}")
            noise = 0.88 + 0.24 * chance.random()
            weights[day, outlet.number] = 0 if is_closed(day) else outlet.share * _WEEK[day.weekday()] * noise
    size = round(shop.lines_per_month * _SEASON[month.month - 1])
    total = sum(weights.values())
    exact = {key: size * weight / total for key, weight in weights.items()}
    planned = {key: int(value) for key, value in exact.items()}
    by_remainder = sorted(exact, key=lambda key: (planned[key] - exact[key], key))
    for key in by_remainder[: size - sum(planned.values())]:
        planned[key] += 1
    return planned


@functools.cache
def _hours(outlet: Outlet, weekday: int) -> tuple[list[int], list[float]]:
    """Give the hours at which an outlet sells on a weekday, and their cumulated weights."""
    pattern = _WEEKEND_HOURS if weekday >= 5 else _HOURS
    open_hours = [hour for hour in range(24) if outlet.opens <= hour < outlet.closes]
    if outlet.closes == 24 and weekday in (4, 5):
        # open past midnight on Fridays and Saturdays; the till keeps the business date
        open_hours = [0, *open_hours]
    return open_hours, list(itertools.accumulate(pattern[hour] for hour in open_hours))


@functools.cache
def _appetite(hour: int, month: int) -> tuple[list[Product], list[float]]:
    """Products for a first choice at an hour of a month, with cumulated weights; no flavour without a drink."""
    cold = month in (11, 12, 1, 2, 3)
    hot = month in (6, 7, 8)
    factors = {
        "Coffee": 1.6 if hour < 11 else 0.9,
        "Tea": 0.9 if hour < 11 else 1.5,
        "Drinking Chocolate": (1.5 if cold else 0.6 if hot else 1.0) * (0.7 if hour < 11 else 1.2),
        "Bakery": 0.35 if hour < 12 else 0.2,
        "Flavours": 0.0,
    }
    products = [product for product in PRODUCTS if product.category != "Flavours"]
    weights = [
        product.popularity
        * factors.get(product.category, 2.0 if month == 12 else 1.0)
        * ((2.5 if hot else 0.4 if cold else 1.0) if product.type in ("Iced tea", "Cold brew") else 1.0)
        for product in products
    ]
    return products, list(itertools.accumulate(weights))


def _by_popularity(category: str) -> tuple[list[Product], list[float]]:
    products = [product for product in PRODUCTS if product.category == category]
    return products, list(itertools.accumulate(product.popularity for product in products))


_T = TypeVar("_T")


def _pick(chance: random.Random, choices: tuple[Sequence[_T], list[float]]) -> _T:
    """One of the items, by cumulated weight."""
    items, cumulated = choices
    return items[bisect.bisect(cumulated, chance.random() * cumulated[-1])]


_FLAVOURS = _by_popularity("Flavours")
_PASTRY_CHOICE = _by_popularity("Bakery")


@functools.cache
def _staff_of(outlet: Outlet) -> tuple[list[Employee], list[float]]:
    """Who works at an outlet; those who have their home elsewhere come less often."""
    present = [person for person in STAFF if outlet.number in person.outlets]
    weights = [1.0 if person.outlets[0] == outlet.number else 0.15 for person in present]
    return present, list(itertools.accumulate(weights))


@functools.cache
def _outlet_values(outlet: Outlet) -> list[str]:
    return [
        str(outlet.number), outlet.type, outlet.square_feet, outlet.address, outlet.city, outlet.state,
        outlet.telephone, outlet.postal_code, outlet.longitude, outlet.latitude, outlet.neighbourhood, outlet.manager,
    ]  # fmt: skip


@functools.cache
def _calendar_values(day: datetime.date) -> list[str]:
    week = day.isocalendar().week
    quarter = (day.month + 2) // 3
    return [
        str(day.isoweekday()), _WEEKDAYS[day.weekday()], str(day.day), str(week), f"Week {week}", str(day.month),
        _MONTHS[day.month - 1], str(quarter), f"Q{quarter}", str(day.year),
    ]  # fmt: skip


def _list_price(product: Product, year: int) -> Decimal:
    """Look a price up in the list of a year: about two percent more each January, on the cent."""
    return (product.retail * (1 + Decimal("0.02") * (year - 2019))).quantize(Decimal("0.01"))


@functools.cache
def _product_values(product: Product, year: int) -> tuple[list[str], list[str]]:
    """Give a product's columns before and after IsPromoItem."""
    before = [
        str(product.number), product.group, product.category, product.type, product.name, product.description,
        product.volume, product.unit, product.wholesale, str(_list_price(product, year)), product.tax_exempt,
    ]  # fmt: skip
    return before, [product.new]


def _customer_values(person: Customer) -> list[str]:
    return [str(person.number), *person[1:]]


def _staff_values(chance: random.Random, outlet: Outlet) -> list[str]:
    if chance.random() < _NO_STAFF:
        return [outlet.nothing] * 5
    person = _pick(chance, _staff_of(outlet))
    names = [person.first_name, person.last_name or outlet.nothing]
    return [str(person.number), *names, person.position, person.start_date]


def _customer_choice(chance: random.Random, shop: Shop, day: datetime.date, outlet: Outlet) -> tuple[list[str], bool]:
    """Give the customer's columns, and whether somebody registered bought."""
    if chance.random() >= _REGISTERED:
        return [outlet.nobody] + [outlet.nothing] * 8, False
    if chance.random() < _UNKNOWN_CUSTOMER / _REGISTERED:
        return [str(UNKNOWN_CUSTOMERS[int(chance.random() * len(UNKNOWN_CUSTOMERS))])] + [outlet.nothing] * 8, False
    # the early customers are the loyal ones, and most people buy around the corner
    number = 1 + int(customers_known_on(day) * chance.random() ** 1.5)
    if chance.random() < 0.85:
        number = max(number - number % len(OUTLETS) + OUTLETS.index(outlet), 1)
        number = min(number, customers_known_on(day))
    return [value or outlet.nothing for value in _customer_values(customer(shop.seed, number))], True


def _visit(chance: random.Random, shop: Shop, day: datetime.date, outlet: Outlet, number: int, time: int) -> _Visit:
    """Everything of a transaction but its lines; `time` in seconds since midnight."""
    flag = "" if chance.random() < _BLANK_FLAG else "Y" if chance.random() < 0.72 else "N"
    clock = f"{time // 3600:02d}:{time // 60 % 60:02d}:{time % 60:02d}"
    people = _staff_values(chance, outlet)
    customer_values, registered = _customer_choice(chance, shop, day, outlet)
    head = [str(number), day.isoformat(), clock, flag]
    return _Visit(day, outlet, number, time // 3600, head, people + customer_values, registered)


def _basket(chance: random.Random, day: datetime.date, hour: int) -> list[Product]:
    """Fill a basket: a first choice, perhaps a flavour for a drink, perhaps a pastry, perhaps more; five at most."""
    appetite = _appetite(hour, day.month)
    basket = [_pick(chance, appetite)]
    if basket[0].category in ("Coffee", "Drinking Chocolate") and chance.random() < 0.16:
        basket.append(_pick(chance, _FLAVOURS))
    if basket[0].category in DRINKS and chance.random() < (0.34 if hour < 12 else 0.2):
        basket.append(_pick(chance, _PASTRY_CHOICE))
    while len(basket) < 5 and chance.random() < 0.18:
        basket.append(_pick(chance, appetite))
    return basket


def _baskets(
    chance: random.Random, day: datetime.date, outlet: Outlet, lines: int
) -> list[tuple[int, list[tuple[Product, int]]]]:
    """Make the baskets of an outlet's day, by time: (time, [(product, how many equal rows)]).

    Times are seconds since midnight; those after the next midnight come last, as they do in the shop. The rows add up
    to `lines`.
    """
    hours = _hours(outlet, day.weekday())
    baskets: list[tuple[int, list[tuple[Product, int]]]] = []
    while lines:
        hour = _pick(chance, hours)
        time = hour * 3600 + int(chance.random() * 3600)
        basket = []
        for product in _basket(chance, day, hour)[:lines]:
            times = min(2 if chance.random() < _REPEATED else 1, lines)
            if times:
                basket.append((product, times))
                lines -= times
        baskets.append((time + (_DAY if hour < 4 else 0), basket))
    return sorted(baskets, key=lambda entry: entry[0])


def _quantity(chance: random.Random, product: Product) -> int:
    if product.category not in (*DRINKS, "Flavours", "Bakery"):
        return 1
    luck = chance.random()
    return 1 if luck < 0.66 else 2 if luck < 0.94 else 3 if luck < 0.98 else 4 if luck < 0.997 else 8


def _line(chance: random.Random, visit: _Visit, product: Product, bargain: Product) -> list[str]:
    """One row of sales: what was bought at which price, in the columns of `SALES_COLUMNS`."""
    quantity = _quantity(chance, product)
    price = _list_price(product, visit.day.year)
    promotion = "N"
    if product.category in DRINKS:
        price += Decimal(visit.outlet.surcharge_cents) / 100
    if product is bargain and visit.hour >= 12 and chance.random() < _BARGAIN:
        price, promotion = Decimal("1.00"), "Y"
    amount = price * quantity
    if visit.registered and product.category in DRINKS and chance.random() < _FREE:
        amount, promotion = Decimal("0.00"), "Y"
    elif chance.random() < _OTHER_AMOUNT:
        amount = (amount * Decimal("0.9")).quantize(Decimal("0.01"))
    before, after = _product_values(product, visit.day.year)
    sale = [str(quantity), f"{price:.2f}", f"{amount:.2f}"]
    outlet = _outlet_values(visit.outlet)
    return [*visit.head, *outlet, *visit.who, *before, promotion, *after, *sale, *_calendar_values(visit.day)]


def _outlet_day(shop: Shop, day: datetime.date, outlet: Outlet) -> Iterator[list[str]]:
    """Make the rows of one outlet and day, by time; exactly as many as the month's plan says."""
    wanted = _planned_lines(shop, day.replace(day=1))[day, outlet.number]
    if not wanted:
        return
    chance = random.Random(f"{shop.seed}|{day}|{outlet.number}")
    bargain = PASTRIES[(day.toordinal() + outlet.number) % len(PASTRIES)]
    for number, (time, basket) in enumerate(_baskets(chance, day, outlet, wanted), start=1):
        visit = _visit(chance, shop, day, outlet, number, time % _DAY)
        for product, times in basket:
            row = _line(chance, visit, product, bargain)
            yield from itertools.repeat(row, times)


def sales_of(shop: Shop, day: datetime.date) -> list[list[str]]:
    """All rows of sales of a day, outlet by outlet, in the columns of `SALES_COLUMNS`; none on a closed day."""
    return [row for outlet in OUTLETS for row in _outlet_day(shop, day, outlet)]


def inventory_of(shop: Shop, day: datetime.date, sales: list[list[str]]) -> list[list[str]]:
    """Make the pastry inventory of a day: a row per outlet and pastry, in the columns of `INVENTORY_COLUMNS`.

    `sales` are the day's rows. What was counted as sold disagrees with the till here and there, and one product in
    the inventory never meets the till at all.
    """
    sold: Counter[tuple[str, str]] = Counter()
    outlet_at, product_at, quantity_at = (SALES_COLUMNS.index(n) for n in ("SalesOutletNo", "ProductNo", "Quantity"))
    for row in sales:
        sold[row[outlet_at], row[product_at]] += int(row[quantity_at])
    rows = []
    for outlet in OUTLETS if sales else ():
        chance = random.Random(f"{shop.seed}|inventory|{day}|{outlet.number}")
        for product in (*(pastry.number for pastry in PASTRIES), INVENTORY_ONLY_PRODUCT):
            counted = sold[str(outlet.number), str(product)]
            if chance.random() < _STOCK_DISAGREES:
                counted = max(counted + (-2, -1, 1, 2)[int(chance.random() * 4)], 0)
            # what is baked comes in dozens
            stock = 12 * max(-(-counted // 12) + (chance.random() < 0.25), 1)
            waste = stock - counted
            share = round(100 * waste / stock)
            percentage = f"{share}%" if outlet.number == 5 else str(share)
            rows.append(
                [str(outlet.number), day.isoformat(), str(product), str(stock), str(counted), str(waste), percentage]
            )
    return rows


def targets_of(shop: Shop, month: datetime.date) -> list[list[str]]:
    """Make the targets of a month: a row per outlet, those included that sell nothing.

    The columns are `TARGET_COLUMNS`.
    """
    rows = []
    shares = [(outlet.number, outlet.share) for outlet in OUTLETS] + [(number, 0.1) for number in TARGET_ONLY_OUTLETS]
    for number, share in sorted(shares):
        # a line brings about five dollars; the target is a little more than that
        goal = shop.lines_per_month * _SEASON[month.month - 1] * share * 4.9
        parts = [int(goal * part / 100) * 100 for part in (0.11, 0.69, 0.16, 0.04)]
        amounts = [f"{part:.2f}" for part in (*parts, sum(parts))]
        rows.append([str(number), f"{_MONTHS[month.month - 1]} {month.year}", *amounts])
    return rows
