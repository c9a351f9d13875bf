"""The queries of include/sql as they run: rendered with the folder as search path, as the DAGs do."""

import re
from pathlib import Path

import jinja2

SQL = Path(__file__).parents[3] / "include" / "sql"
CLEAN = "coffee_shop_clean"
ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(SQL), undefined=jinja2.StrictUndefined, autoescape=False
)


def question(text, first, last, target_unit="items"):
    """The SQL of a question, or of macros of questions, for a period and the unit of goals."""
    params = {"period_start": f"{first}", "period_end": f"{last}", "clean_database": CLEAN, "target_unit": target_unit}
    return rendered(text, params)


def check(text, first, last, absent=()):
    """The SQL of a check for the dates that a load touched, of a lake in which some facts have no table."""
    return rendered(text, {"first_date": first, "last_date": last, "clean_database": CLEAN, "absent": absent})


def rendered(text, params):
    return ENVIRONMENT.from_string(text).render(params=params)


def on_one_line(text):
    """A question with its macros filled in, but not yet its period, without comments and line breaks."""
    names = ("period_start", "period_end", "clean_database", "target_unit")
    sql = rendered(text, {name: f"{{{{ params.{name} }}}}" for name in names})
    return " ".join(re.sub(r"--.*", "", sql).split())
