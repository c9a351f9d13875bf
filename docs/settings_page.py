"""Write docs/settings.md from the model of the settings, so that page, errors and program say the same.

Type `make docs` after a change of the settings; a test fails while the page is old.
"""

import ast
import inspect
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

from coffee_shop import settings
from coffee_shop.settings import Settings, expectations
from pydantic import TypeAdapter

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "settings.md"

INTRO = """# Settings

All settings of a shop are in one Airflow Variable, `coffee_shop` (*Admin* > *Variables*), as JSON, such as
`{"shop_name": "Coffee Shop", "mail_recipients": ["manager@coffee-shop.example"]}`. Each has a default, so name only
what you change. The first task that reads the settings refuses a name that does not exist and a value that is none of
those below, and says which.

This page is made by `make docs` from `dags/coffee_shop/settings.py`. What shapes the schedules comes from environment
variables instead, because Airflow needs it before it can read a Variable:

| variable | what it is | default |
|---|---|---|
| `COFFEE_SHOP_TIME_ZONE` | the shop's time zone, also of the times below | `America/New_York` |
| `COFFEE_SHOP_LOAD_CRON` | when the daily load runs | `0 5 * * *` |
| `COFFEE_SHOP_DAILY_CRON` | when the daily report runs | `0 6 * * *` |
| `COFFEE_SHOP_WEEKLY_CRON` | when the weekly report runs | `30 6 * * 1` |
| `COFFEE_SHOP_MONTHLY_CRON` | when the monthly report runs | `0 7 1 * *` |
| `COFFEE_SHOP_START_DATE` | no scheduled run before it; on a laptop the day of the set-up | `2019-01-01` |
| `COFFEE_SHOP_DEFERRABLE` | 1: waiting tasks wait in the triggerer | `1` |
| `COFFEE_SHOP_POLL_SECONDS` | after how many seconds a task looks at a job or a query again, 0.1 or more | `10` |
| `COFFEE_SHOP_FILES_WAIT_SECONDS` | how long the first load waits for each kind of file | `600` |

On a laptop the first `make up` or `make demo` writes a Variable of its own, with recipients, `quiet_minutes` 0 and what
fits the sample data; change it before you load your own files.

| setting | what it is | must be | default |
|---|---|---|---|
"""

OBJECTS = {"closed_outlets": "ClosedOutlet", "prices": "Prices", "mail_lists": "MailList"}
OBJECT = """
## What {setting} holds

| field | what it is | default |
|---|---|---|
"""


def descriptions() -> dict[str, dict[str, str]]:
    """Return the text below each field, by class.

    Pydantic would read them too, but in each process that imports the settings: a fifth of the time that a task takes.
    """
    classes = [node for node in ast.parse(inspect.getsource(settings)).body if isinstance(node, ast.ClassDef)]
    return {each.name: _texts_below_fields(each.body) for each in classes}


def _texts_below_fields(body: list[ast.stmt]) -> dict[str, str]:
    return {
        field.target.id: inspect.cleandoc(below.value.value)
        for field, below in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    }


def rows(properties: dict[str, Any], texts: dict[str, str], must_be: dict[str, str] | None = None) -> str:
    """Return one line of a table for each setting, or for each field of an object in it."""
    lines = []
    for name, rule in properties.items():
        if must_be is not None and name not in must_be:
            continue
        default = f"`{json.dumps(rule['default'])}`" if "default" in rule else "none: it is needed"
        columns = [f"`{name}`", texts[name], *([must_be[name]] if must_be else []), default]
        lines.append("| " + " | ".join(columns) + " |\n")
    return "".join(lines)


def page() -> str:
    """Return the whole page."""
    schema, texts = TypeAdapter(Settings).json_schema(), descriptions()
    objects = [
        OBJECT.format(setting=setting) + rows(schema["$defs"][name]["properties"], texts[name])
        for setting, name in OBJECTS.items()
    ]
    return INTRO + rows(schema["properties"], texts["Settings"], expectations()) + "".join(objects)


if __name__ == "__main__":
    PAGE.write_text(page())
