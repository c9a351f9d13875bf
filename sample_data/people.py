"""Outlets, staff and customers, all made up; telephone numbers and mail addresses are of the reserved kind."""

import datetime
import functools
import random
from typing import NamedTuple


class Outlet(NamedTuple):
    """A shop as the till exports it.

    `share` is its part of the chain's lines; `nothing` is what its till writes for a missing value, `nobody` for the
    number of a customer who is not registered.
    """

    number: int
    type: str
    square_feet: str
    address: str
    city: str
    state: str
    telephone: str
    postal_code: str
    longitude: str
    latitude: str
    neighbourhood: str
    manager: str
    share: float
    opens: int
    closes: int
    surcharge_cents: int
    nothing: str
    nobody: str


# Three tills of three makes: one writes NULL where it knows nothing, one leaves the cell empty, one writes customer 0.
OUTLETS = (
    Outlet(
        3, "retail", "1300", "118 Pier Street", "New York", "NY", "212-555-0131", "10031", "-73.924", "40.761",
        "Harbor Point", "Anaïs Whitfield", 0.33, 6, 20, 0, "NULL", "NULL",
    ),
    Outlet(
        5, "retail", "900", "27 Mill Lane, Unit 2", "New York", "NY", "212-555-0155", "10005", "-74.010", "40.707",
        "Old Mill", "Tomás Okafor", 0.30, 6, 21, 0, "", "",
    ),
    Outlet(
        8, "retail", "1500", "604 Orchard Avenue", "New York", "NY", "212-555-0188", "10034", "-73.921", "40.868",
        "Orchard Hill", "Bridget Nakamura", 0.37, 7, 24, 25, "", "0",
    ),
)  # fmt: skip

# Outlets that appear in the targets and nowhere else: one is not open yet, one is a warehouse.
TARGET_ONLY_OUTLETS = (2, 9)


class Employee(NamedTuple):
    """A member of staff and the outlets where they work; the first one is home."""

    number: int
    first_name: str
    last_name: str
    position: str
    start_date: str
    outlets: tuple[int, ...]


STAFF = (
    Employee(6, "Anaïs", "Whitfield", "Store Manager", "2011-03-07", (3,)),
    Employee(7, "Marcus", "Deane", "Coffee Wrangler", "2014-09-15", (3, 5)),
    Employee(8, "Priya", "Raman", "Coffee Wrangler", "2016-05-02", (3,)),
    Employee(9, "Jonah", "Fitzgerald", "Roaster", "2015-11-23", (3, 8)),
    Employee(12, "Tomás", "Okafor", "Store Manager", "2010-08-16", (5,)),
    Employee(13, "Wren", "Castellano", "Coffee Wrangler", "2017-02-13", (5,)),
    # two people of one name: told apart by number only
    Employee(15, "Maria", "Silva", "Coffee Wrangler", "2016-10-03", (5, 8)),
    Employee(17, "Dmitri", "Hale", "Coffee Wrangler", "2018-06-18", (5,)),
    Employee(20, "Bridget", "Nakamura", "Store Manager", "2012-01-09", (8,)),
    Employee(21, "Maria", "Silva", "Coffee Wrangler", "2018-01-22", (8,)),
    Employee(23, "Eamon", "", "Coffee Wrangler", "2017-07-31", (8, 3, 5)),
    Employee(26, "Sofía", "Lindqvist", "Roaster", "2013-04-29", (8,)),
)


class Customer(NamedTuple):
    """A customer as the till exports them; empty texts are values nobody entered. Dates ISO."""

    number: int
    first_name: str
    surname: str
    email: str
    since: str
    card: str
    date_of_birth: str
    gender: str
    birth_year: str


_FIRST_NAMES = (  # noqa: SIM905
    "Aaliyah Abel Adèle Ahmed Alice Amara Anders Beatriz Ben Camila Carlos Chloé Connor Daria David Devon Elena "
    "Elijah Emma Esther Fatima Felix Fiona Gabriel Grace Hannah Hugo Ibrahim Imani Ines Isaac Ivy Jamal Jasper José "
    "Julia Kai Keiko Kiran Lara Leon Lila Lucía Malik Mara Mateo Maya Mei Miles Nadia Nils Noor Olga Oscar Paloma "
    "Pavel Quinn Rafael Renée Rosa Ruth Salma Samuel Simone Theo Uma Vera Victor Wanda William Xavier Yara Yusuf Zoë"
).split()
_SURNAMES = (  # noqa: SIM905
    "Abbott Adeyemi Álvarez Andersson Baker Barros Beck Bergmann Blake Bouchard Brennan Calloway Carver Chaudhry Chen "
    "Cole Cortés Cruz Dawson Delgado Diallo Donovan Duarte Ekström Ellis Farouk Fischer Flores Foster Gallagher "
    "Garner Ghosh Grant Haddad Hayes Herrera Holloway Hughes Ito Iyer Jansen Jensen Kaplan Keller Kim Kowalski "
    "Lambert Larsen Leclère Lopez Lowell Marsh Mbeki Mendoza Meyer Moreau Müller Nguyen Novak Núñez O'Brien O'Neill "
    "Okonkwo Ortiz Osborne Palmer Park Patel Pérez Petrov Quigley Ramírez Reyes Rossi Rourke Sandoval Schmidt Sharma "
    "Sato Sörensen Stein Tanaka Thorne Tremblay Vargas Vaughn Volkov Walsh Weber Winters Wójcik Yamamoto Yilmaz Zhang "
    "Zimmer"
).split()

FOUNDING_CUSTOMERS = 2000
_REGISTER_OPENED = datetime.date(2017, 1, 1)
_NEW_CUSTOMERS_A_DAY = 1.5
# Numbers from here on are typed wrong at the till: nobody knows them, and their rows carry no name.
UNKNOWN_CUSTOMERS = range(98_001, 98_041)


def customers_known_on(day: datetime.date) -> int:
    """How many customers the register holds on a day: their numbers are 1 to this."""
    days_open = max((day - _REGISTER_OPENED).days, 0)
    return FOUNDING_CUSTOMERS + int(days_open * _NEW_CUSTOMERS_A_DAY)


def _joined(number: int, chance: random.Random) -> datetime.date:
    """When a customer registered; never after the first day on which `customers_known_on` counts them."""
    if number <= FOUNDING_CUSTOMERS:
        return _REGISTER_OPENED - datetime.timedelta(days=1 + int(chance.random() * 900))
    return _REGISTER_OPENED + datetime.timedelta(days=int((number - FOUNDING_CUSTOMERS) / _NEW_CUSTOMERS_A_DAY))


@functools.cache
def customer(seed: int, number: int) -> Customer:
    """Make up the customer with this number: the same for a seed, whatever else is asked for."""
    chance = random.Random(f"{seed}|customer|{number}")
    first = _FIRST_NAMES[int(chance.random() * len(_FIRST_NAMES))]
    surname = _SURNAMES[int(chance.random() * len(_SURNAMES))]
    since = _joined(number, chance)
    oddity = chance.random()
    mail = f"{first}.{surname}.{number}@example.com".lower().replace("'", "")
    if oddity < 0.04:
        surname = ""
    elif oddity < 0.06:
        surname += ", Jr."
    elif oddity < 0.08:
        surname += " "
    card = f"{400 + number % 500}-{int(chance.random() * 1000):03d}-{number:05d}" if chance.random() < 0.92 else ""
    year = since.year - 16 - int(64 * chance.random() ** 1.3)
    born = datetime.date(year, 1, 1) + datetime.timedelta(days=int(chance.random() * 365))
    known = chance.random()
    gender = chance.random()
    return Customer(
        number=number,
        first_name=first,
        surname=surname,
        email=mail if chance.random() < 0.95 else "",
        since=since.isoformat(),
        card=card,
        # some gave their birthday, some the year alone, a few neither
        date_of_birth=born.isoformat() if known < 0.8 else "",
        gender="F" if gender < 0.47 else "M" if gender < 0.92 else "N" if gender < 0.97 else "",
        birth_year=str(year) if known < 0.95 else "",
    )
