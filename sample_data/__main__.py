"""The command: `python -m sample_data --help`."""

import argparse
import datetime
import sys
from pathlib import Path

from sample_data.files import Request, write_files

_EXAMPLES = """examples:
  a month of about 50,000 lines:      python -m sample_data --from 2019-04-01 --to 2019-04-30 --output samples
  the next day, as a file of its own: python -m sample_data --from 2019-05-01 --to 2019-05-01 --per day --output next
  one day with other sales:           python -m sample_data --from 2019-04-24 --to 2019-04-24 --per day \\
                                        --lines-per-month 60000 --output correction

The folder is laid out as the raw bucket: sales-reciept/, pastry-inventory/, sales-target/. The same seed and size give
the same bytes, and a day's rows do not depend on the span asked for. Easter Sunday, Thanksgiving, Christmas and New
Year's Day are closed: a day without sales has no file of its own.
"""


def _date(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date: write it as 2019-04-24") from None


def _size(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of lines from 1 on")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sample_data",
        description="Make believable till exports of a coffee chain: sales, pastry inventory and sales targets as CSV.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--from", dest="first", type=_date, required=True, metavar="DATE", help="first day, 2019-04-01")
    parser.add_argument("--to", dest="last", type=_date, required=True, metavar="DATE", help="last day, included")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="where the three folders are made")
    parser.add_argument(
        "--per", choices=("month", "day"), default="month", help="one file of sales and inventory a month, or a day"
    )
    parser.add_argument(
        "--lines-per-month",
        type=_size,
        default=50_000,
        metavar="N",
        help="lines of sales in an April; other months by season (default: 50000)",
    )
    parser.add_argument("--seed", type=int, default=2019, help="another seed is another shop (default: 2019)")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Write the files and print what was written, one line a file. Returns the exit status."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.last < asked.first:
        parser.error(f"--to {asked.last} is before --from {asked.first}")
    request = Request(asked.first, asked.last, asked.per, asked.seed, asked.lines_per_month)
    total = 0
    for path, rows in write_files(request, asked.output):
        print(f"{path}  {rows:,} rows")
        total += 1
    if not total:
        print(f"Nothing to write: the shop is closed from {asked.first} to {asked.last}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
