"""Write docs/data-model.md from include/data_model.yaml, so that catalog, page and picture say the same.

Type `make docs` after a change of the data model; a test fails while the page is old.
"""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "data-model.md"
FACTS = ("sales_reciept", "pastry_inventory", "sales_target")
# names that Mermaid's diagrams reserve
QUOTED = {"date": "date_"}

INTRO = """# Data model

The eight tables of the conformed zone (database `coffee_shop_conform`), made by `make docs` from
[`include/data_model.yaml`](../include/data_model.yaml), from which the catalog's comments come too. Names are those of
the client's data model, misspellings included. Types are Athena's. Rules: [contract 3.3](contracts.md).

```mermaid
erDiagram
"""


def relations(tables: dict[str, Any]) -> list[str]:
    """Return a Mermaid line for each id of a fact that points to a dimension."""
    owners = {next(iter(table["columns"])): name for name, table in tables.items() if name not in FACTS}
    lines = []
    for fact in FACTS:
        for column in tables[fact]["columns"]:
            owner = owners.get(column) or ("date" if column == "month_id" else None)
            if owner:
                lines.append(f"    {QUOTED.get(owner, owner)} ||--o{{ {fact} : {column}")
    return lines


def boxes(tables: dict[str, Any]) -> list[str]:
    """Return the Mermaid lines of each table with its columns."""
    lines = []
    for name, table in tables.items():
        lines.append(f"    {QUOTED.get(name, name)} {{")
        lines += [f"        {column['type'].split('(')[0]} {key}" for key, column in table["columns"].items()]
        lines.append("    }")
    return lines


def table_section(name: str, table: dict[str, Any]) -> list[str]:
    """Return the page's section about one table."""
    lines = [f"## {name}", "", table["comment"], "", "| column | type | what it is |", "|---|---|---|"]
    lines += [f"| `{key}` | {column['type']} | {column['comment']} |" for key, column in table["columns"].items()]
    return [*lines, ""]


def page() -> str:
    """Return the whole page."""
    tables = yaml.safe_load((ROOT / "include" / "data_model.yaml").read_text())["tables"]
    lines = [*relations(tables), *boxes(tables), "```", ""]
    for name, table in tables.items():
        lines += table_section(name, table)
    return INTRO + "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page())
