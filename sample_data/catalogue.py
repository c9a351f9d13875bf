"""What the shop sells: about ninety products, made up, with numbers that never change."""

import dataclasses
from decimal import Decimal
from typing import NamedTuple


class Product(NamedTuple):
    """One product as the till exports it; prices in US dollars; an empty text is a value the till does not know."""

    number: int
    group: str
    category: str
    type: str
    name: str
    description: str
    volume: str
    unit: str
    wholesale: str
    retail: Decimal
    tax_exempt: str
    new: str
    popularity: float


@dataclasses.dataclass(frozen=True)
class _Line:
    """Products that differ only in their size: (suffix, volume, unit, retail price) each."""

    category: str
    type: str
    name: str
    sizes: tuple[tuple[str, str, str, str], ...]
    popularity: float
    cost_share: str = "0.25"
    new: str = "N"


GROUPS = {
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

DRINKS = ("Coffee", "Tea", "Drinking Chocolate")


def _cups(small: str, regular: str, large: str) -> tuple[tuple[str, str, str, str], ...]:
    return (("Sm", "8", "oz", small), ("Rg", "12", "oz", regular), ("Lg", "16", "oz", large))


def _bags(half: str, whole: str) -> tuple[tuple[str, str, str, str], ...]:
    return (("½ lb", ".5", "lb", half), ("1 lb", "1.0", "lb", whole))


def _one(price: str, volume: str = "", unit: str = "piece") -> tuple[tuple[str, str, str, str], ...]:
    return (("", volume, unit, price),)


# The order gives the product numbers: add at the end only.
_LINES = (
    _Line("Coffee", "Brewed coffee", "Lighthouse Blend", _cups("2.10", "2.60", "3.10"), 9.0, "0.18"),
    _Line("Coffee", "Brewed coffee", "Ferry Dark Roast", _cups("2.10", "2.60", "3.10"), 7.0, "0.18"),
    _Line("Coffee", "Organic coffee", "Sierra Azul", _cups("2.40", "2.95", "3.50"), 5.0, "0.21"),
    # this type's name ends in a blank on the till, as somebody once typed it
    _Line("Coffee", "Single origin ", "Huila, Colombia", _cups("2.50", "3.10", "3.75"), 4.0, "0.22"),
    _Line("Coffee", "Espresso", "Espresso", (("", "1.5", "oz", "2.50"),), 5.0, "0.15"),
    _Line("Coffee", "Espresso", "Cappuccino", _cups("3.25", "3.75", "4.25"), 8.0, "0.20"),
    _Line("Coffee", "Espresso", "Café Latte", _cups("3.25", "3.75", "4.25"), 9.0, "0.21"),
    _Line("Coffee", "Espresso", "Americano", _cups("2.60", "2.95", "3.35"), 4.0, "0.16"),
    _Line("Tea", "Brewed black tea", "Morning Breakfast", _cups("2.25", "2.50", "3.00"), 6.0, "0.15"),
    _Line("Tea", "Brewed black tea", "Earl's Garden", _cups("2.25", "2.50", "3.00"), 4.5, "0.15"),
    _Line("Tea", "Brewed green tea", "Jade Terrace", _cups("2.25", "2.50", "3.00"), 4.0, "0.15"),
    _Line("Tea", "Brewed herbal tea", "Mint & Lemon Balm", _cups("2.25", "2.50", "3.00"), 4.0, "0.14"),
    _Line("Tea", "Brewed herbal tea", "Rooibos Sunset", _cups("2.25", "2.50", "3.00"), 3.0, "0.15"),
    _Line("Tea", "Chai", "Spiced Chai", _cups("2.75", "3.25", "3.95"), 6.0, "0.19"),
    _Line("Tea", "Iced tea", "Peach Iced Tea", (("", "20", "oz", "3.40"),), 5.0, "0.15"),
    _Line("Drinking Chocolate", "Hot chocolate", "Dark Chocolate", _cups("3.20", "3.75", "4.50"), 6.0, "0.26"),
    _Line("Drinking Chocolate", "Hot chocolate", "Crème Chocolat", _cups("3.20", "3.75", "4.50"), 3.5, "0.27"),
    _Line("Bakery", "Croissant", "Butter Croissant", _one("3.25"), 8.0, "0.34"),
    _Line("Bakery", "Croissant", "Croissant, Almond", _one("3.85"), 6.0, "0.36"),
    _Line("Bakery", "Croissant", "Pain au Chocolat", _one("3.75"), 6.5, "0.35"),
    _Line("Bakery", "Scone", "Cranberry Scone", _one("3.25"), 5.0, "0.31"),
    _Line("Bakery", "Scone", "Oat & Ginger Scone", _one("3.25"), 5.0, "0.31"),
    _Line("Bakery", "Scone", "Cheddar Scone", _one("3.45"), 4.0, "0.33"),
    _Line("Bakery", "Biscotti", "Hazelnut Biscotti", _one("2.95"), 4.0, "0.28"),
    _Line("Bakery", "Biscotti", "Anise Biscotti", _one("2.95"), 3.0, "0.28"),
    _Line("Bakery", "Muffin", "Blueberry Muffin", _one("3.10"), 4.5, "0.30", new="Y"),
    _Line("Bakery", "Muffin", "Bran & Honey Muffin", _one("3.10"), 3.0, "0.30"),
    _Line("Bakery", "Pastry", "Cinnamon Roll", _one("3.60"), 5.0, "0.32"),
    _Line("Flavours", "Syrup", "Vanilla Syrup", _one("0.80", "1", "pump"), 5.0, "0.12"),
    _Line("Flavours", "Syrup", "Caramel Syrup", _one("0.80", "1", "pump"), 4.5, "0.12"),
    _Line("Flavours", "Syrup", "Hazelnut Syrup", _one("0.80", "1", "pump"), 3.5, "0.12"),
    _Line("Flavours", "Sugar-free syrup", "Sugar-free Vanilla", _one("0.80", "1", "pump"), 2.5, "0.12"),
    _Line("Flavours", "Syrup", "Gingerbread Syrup", _one("0.80", "1", "pump"), 2.0, "0.12"),
    _Line("Coffee beans", "House beans", "Lighthouse Blend Beans", _bags("8.50", "15.50"), 1.0, "0.52"),
    _Line("Coffee beans", "House beans", "Ferry Dark Roast Beans", _bags("8.50", "15.50"), 0.8, "0.52"),
    _Line("Coffee beans", "Organic beans", "Sierra Azul Beans", _bags("10.25", "19.00"), 0.6, "0.55"),
    _Line("Coffee beans", "Green beans", "Green Beans", _one("10.00", "1.0", "lb"), 0.3, "0.60"),
    _Line("Coffee beans", "Espresso beans", "Espresso Roast", _bags("9.10", "16.75"), 0.7, "0.53"),
    _Line("Coffee beans", "Decaf beans", "Quiet Night Decaf", _bags("9.40", "17.25"), 0.4, "0.54"),
    _Line("Loose Tea", "Black tea", "Morning Breakfast Leaves", _one("9.25", "3.5", "oz"), 0.8, "0.45"),
    _Line("Loose Tea", "Black tea", "Earl's Garden Leaves", _one("9.50", "3.5", "oz"), 0.7, "0.45"),
    _Line("Loose Tea", "Green tea", "Jade Terrace Leaves", _one("9.75", "3.5", "oz"), 0.6, "0.45"),
    _Line("Loose Tea", "Herbal tea", "Mint & Lemon Balm Leaves", _one("8.95", "2.75", "oz"), 0.5, "0.43"),
    _Line("Loose Tea", "Chai", "Spiced Chai Blend", _one("10.95", "4", "oz"), 0.6, "0.47"),
    _Line("Packaged Chocolate", "Drinking chocolate", "Dark Chocolate Tin", _one("7.60", "9", "oz"), 0.6, "0.50"),
    _Line("Packaged Chocolate", "Drinking chocolate", "Chili Mayan", _one("13.30", "9", "oz"), 0.4, "0.50"),
    _Line("Packaged Chocolate", "Organic chocolate", "Sustainably Grown", _one("7.60", "7", "oz"), 0.4, "0.50"),
    _Line("Packaged Chocolate", "Drinking chocolate", "Crème Chocolat Tin", _one("7.60", "9", "oz"), 0.4, "0.50"),
    _Line("Branded", "Housewares", "Lighthouse Mug", _one("12.00", "", "each"), 0.5, "0.42"),
    _Line("Branded", "Housewares", "Travel Cup", _one("16.50", "16", "oz"), 0.4, "0.44"),
    _Line("Branded", "Clothing", "Harbor Tee", _one("28.00", "", "each"), 0.2, "0.40"),
    _Line("Branded", "Clothing", "Canvas Tote", _one("14.00", "", "each"), 0.3, "0.41"),
    # nobody has entered what this one costs: income without production cost
    _Line("Branded", "Housewares", "Enamel Badge, round", _one("4.00", "", "each"), 0.3, "", new="Y"),
    _Line("Coffee", "Cold brew", "Cold Brew", (("", "16", "oz", "4.10"),), 3.0, "0.19", new="Y"),
)

# On the shelf and in the inventory, never at the till: no row of sales gives it a name.
INVENTORY_ONLY_PRODUCT = 190


def _describe(line: _Line) -> str:
    """Write a sentence for the export; every fourth one carries a comma and a quote, as copy writers do."""
    texts = {
        "Coffee": f"{line.name}: roasted in small batches, brewed to order.",
        "Tea": f"{line.name}, steeped for four minutes.",
        "Drinking Chocolate": f'{line.name} with steamed milk; ask for it "extra thick".',
        "Bakery": f"{line.name}, baked every morning.",
        "Flavours": "A dash of flavour for any drink.",
        "Branded": "Made for us.",
    }
    return texts.get(line.category, f"{line.name} to take home. ")


def _products() -> list[Product]:
    found: list[Product] = []
    for line in _LINES:
        for suffix, volume, unit, price in line.sizes:
            retail = Decimal(price)
            # four decimals, as a price list in a spreadsheet gives them
            cost = str((retail * Decimal(line.cost_share)).quantize(Decimal("0.0001"))) if line.cost_share else ""
            found.append(
                Product(
                    number=len(found) + 1,
                    group=GROUPS[line.category],
                    category=line.category,
                    type=line.type,
                    name=f"{line.name} {suffix}".strip(),
                    description=_describe(line),
                    volume=volume,
                    unit=unit,
                    wholesale=cost,
                    retail=retail,
                    tax_exempt="Y" if line.category in ("Coffee beans", "Loose Tea") else "N",
                    new=line.new,
                    popularity=line.popularity / len(line.sizes),
                )
            )
    return found


PRODUCTS = _products()
PASTRIES = [product for product in PRODUCTS if product.category == "Bakery"]
