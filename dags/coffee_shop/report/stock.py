"""Stock and waste of the pastry inventory for summary.json, the mail and the big figures (figures 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from coffee_shop.report.dashboard import Figure
from coffee_shop.report.documents import Draft, Inventory
from coffee_shop.report.history import amount_text
from coffee_shop.report.wording import Wording

Row = Mapping[str, Any]

LABELS = {
    "stock": "Stock",
    "stock_sold": "Sold",
    "waste": "Waste",
    "waste_share": "Waste of stock",
    "waste_cost": "Cost of waste",
    "inventory_agreement": "Agrees with the till",
}


def inventory_of(rows: Sequence[Row]) -> Inventory | None:
    """Return what summary.json says of the inventory, all outlets together; None without one.

    Args:
        rows: the rows of inventory/01_stock_and_waste_by_outlet.sql.

    Returns:
        ``stock``, ``sold`` and ``waste`` in items; ``waste_share`` of the stock; ``waste_cost`` at wholesale prices and
        ``waste_without_price``, the items that lack one; how many rows were ``compared`` with the till, and how many of
        them are ``agreeing``.
    """
    if not rows:
        return None

    def whole(name: str) -> int:
        return sum(int(row[name] or 0) for row in rows)

    stock, waste = whole("stock"), whole("waste")
    return {
        "stock": stock,
        "sold": whole("sold"),
        "waste": waste,
        "waste_share": waste / stock if stock else None,
        "waste_cost": amount_text(sum(row["waste_cost"] or 0 for row in rows)),
        "waste_without_price": whole("waste_without_price"),
        "compared": whole("compared"),
        "agreeing": whole("agreeing"),
    }


def stock_figures(summary: Draft) -> dict[str, Figure]:
    """Return the big figures of the inventory; without one all of them are ``n/a``.

    Args:
        summary: the draft of summary.json.
    """
    inventory = summary["inventory"]
    if not inventory:
        return {name: Figure(label, None, "text", "no inventory loaded") for name, label in LABELS.items()}
    agreement = inventory["agreeing"] / inventory["compared"] if inventory["compared"] else None
    without = inventory["waste_without_price"]
    cost = None if without and without == inventory["waste"] else Decimal(inventory["waste_cost"])
    values: dict[str, tuple[Any, str, str]] = {
        "stock": (inventory["stock"], "integer", "items of all days together"),
        "stock_sold": (inventory["sold"], "integer", "by the inventory"),
        "waste": (inventory["waste"], "integer", "items thrown away"),
        "waste_share": (inventory["waste_share"], "percent", "all waste / all stock"),
        "waste_cost": (cost, "money", f"{_items(without)} without a price" if without else "at wholesale prices"),
        "inventory_agreement": (agreement, "percent", f"{inventory['agreeing']:,} of {inventory['compared']:,} rows"),
    }
    return {name: Figure(LABELS[name], *value) for name, value in values.items()}


def waste_text(summary: Draft, words: Wording) -> str:
    """Return what was thrown away and what it cost, for the mail; nothing without an inventory."""
    inventory = summary.get("inventory")  # a summary that was made before there was stock in it has none
    if not inventory:
        return ""
    share = "" if inventory["waste_share"] is None else f", {inventory['waste_share']:.1%} of stock"
    return f"{_items(inventory['waste'])}{share}, {cost_text(inventory, words)}"


def cost_text(inventory: Inventory, words: Wording) -> str:
    """Return what the waste cost, and for how many items that is not known."""
    without = inventory["waste_without_price"]
    if without and without == inventory["waste"]:
        return "without a wholesale price"
    known = words.money(inventory["waste_cost"])
    return f"{known} ({_items(without)} without a wholesale price)" if without else known


def _items(number: int) -> str:
    return f"{number:,} item{'' if number == 1 else 's'}"
