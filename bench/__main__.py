"""Measure the whole stack on this machine and print a table: each figure, its value, and the limit that it keeps to.

Figures of one run can be compared with each other. Stacks of the bench's own are started in new folders below
LOCAL_HOME, on free ports, and removed; what they say while they start goes to standard error.
"""

import argparse
import sys

from bench import loads, pages, workbooks
from bench.parsing import seconds_to_parse
from bench.stacks import MONTH, running_stack, upload_sample, wait_for_load
from bench.table import show

PARTS = {
    "parsing": "parsing all DAG files",
    "month": "a month from upload to mail, one more day, a burst of a hundred files",
    "workbooks": "the five workbooks of a month, and a sheet of a million rows",
    "pages": "Reports and Loads with three years of reports and a thousand loads",
    "twenty-months": "a million lines in one load, and one more day",
}


def measure_stack_of_a_month(parts: list[str]) -> float:
    """Measure those parts for which a month is loaded; return the seconds of one more day, 0 where nobody asked."""
    on_one = 0.0
    with running_stack("month") as (stack, airflow):
        if "month" in parts:
            loads.measure_month(stack, airflow)
        else:
            wait_for_load(stack, airflow, upload_sample(stack, *MONTH))
        if "workbooks" in parts:
            workbooks.measure(stack, airflow)
        if "month" in parts:
            on_one = loads.measure_next_days(stack, airflow, "1 month")
            loads.measure_burst(stack, airflow)
        if "pages" in parts:
            pages.measure(stack, airflow)
    return on_one


def main() -> int:
    """Print the table."""
    words = "\n".join(f"  {name:<14} {what}" for name, what in PARTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        epilog=f"parts:\n{words}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", nargs="*", choices=[[], *PARTS], metavar="part", help="what to measure (default: all)")
    parts = parser.parse_args().part or list(PARTS)
    on_one = on_twenty = 0.0
    if "parsing" in parts:
        show("parsing all DAG files beyond importing the operators", seconds_to_parse(), "s", 0.5)
    if {"month", "workbooks", "pages"} & set(parts):
        on_one = measure_stack_of_a_month(parts)
    if "twenty-months" in parts:
        on_twenty = loads.measure_twenty_months()
    if on_one and on_twenty:
        show("one more day on 20 months / on 1 month", on_twenty / on_one, "", 1.2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
