"""The table that `make bench` prints: a figure, its value, and the limit that it should keep to."""

DIGITS = {"s": 1, "ms": 0, "GB": 2, "%": 1, "": 2}


def show(figure: str, value: float | str, unit: str = "", at_most: float | None = None) -> None:
    """Print a line of the table, with OVER where the value is more than the limit; both are in the unit."""
    text = value if isinstance(value, str) else f"{value:,.{DIGITS[unit]}f} {unit}".rstrip()
    limit = "" if at_most is None else f"at most {at_most:g} {unit}".rstrip()
    over = "OVER" if at_most is not None and not isinstance(value, str) and value > at_most else ""
    print(f"  {figure:<72} {text:>12}   {limit:<16} {over}".rstrip(), flush=True)
