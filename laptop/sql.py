"""Ask the laptop's Athena: one query as a table or as a CSV file, or a prompt with history and completion."""

import cmd
import contextlib
import csv
import itertools
import logging
import readline
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyathena
from pyathena.cursor import Cursor
from pyathena.error import Error
from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from laptop.processes import answers
from laptop.stack import ACCOUNT_KEY, REGION, Stack, aws_client, read_names, stack_secrets

SHOWN_ROWS = 200
HISTORY_LINES = 1000
SQL_HELP = """The SQL is Athena's, which is Trino's. A table without a database is one of coffee_shop_conform.
`show tables` lists them, `describe sales_reciept` shows the columns of one. docs/querying.md has ten questions to
begin with."""
PROMPT_HELP = f"""A query may have several lines and ends with a semicolon. {SQL_HELP}

  csv FILE      write all rows of the latest query to a file
  help          show this
  quit          leave; Ctrl-D does the same, Ctrl-C gives up what is typed or stops what runs
"""


class SqlError(RuntimeError):
    """The query could not be answered; the message says why, and what to do."""


def connect(stack: Stack) -> "pyathena.connection.Connection[Cursor]":
    """Return a connection to the stack's Athena, as the account, whose queries run in the template's workgroup.

    Raises:
        SqlError: the local AWS does not answer, or has no infrastructure yet.
    """
    if not answers(f"{stack.aws_url}/_local_aws/ready"):
        raise SqlError(f"Nothing answers at {stack.aws_url}. Start the stack: make up")
    names = read_names(stack)
    if not names:
        raise SqlError("The infrastructure is not there yet. Apply it: make up")
    return pyathena.connect(
        work_group=names["COFFEE_SHOP_WORKGROUP"],
        schema_name=names["COFFEE_SHOP_CONFORM_DATABASE"],
        poll_interval=0.1,
        endpoint_url=stack.aws_url,
        region_name=REGION,
        aws_access_key_id=ACCOUNT_KEY,
        aws_secret_access_key=stack_secrets(stack)["aws_secret"],
    )


def open_sql(stack: Stack, query: str | None, csv_file: Path | None) -> None:
    """Answer one query, or open a prompt if there is none.

    Args:
        stack: whose Athena is asked.
        query: SQL of one statement, with or without a semicolon at its end.
        csv_file: gets all rows instead of the terminal, which shows the first 200.

    Raises:
        SqlError: the stack is not up, Athena refused the query, or a file was named without a query.
    """
    if csv_file and not query:
        raise SqlError('CSV=file needs a query: make sql QUERY="select * from product" CSV=product.csv')
    logging.getLogger("pyathena").addHandler(logging.NullHandler())  # what fails is said here, once
    console = Console(highlight=False)
    connection = connect(stack)
    tables = columns_of_tables(stack)
    if query:
        answer(connection.cursor(), query, tables, console, csv_file)
        return
    with line_editing(stack.home / "sql_history"):
        Prompt(connection.cursor(), tables, console).cmdloop()


def columns_of_tables(stack: Stack) -> dict[str, list[str]]:
    """Return the columns of every conform table that the catalog has, partition keys included."""
    pages = aws_client(stack, "glue").get_paginator("get_tables")
    database = read_names(stack)["COFFEE_SHOP_CONFORM_DATABASE"]
    return {
        table["Name"]: [
            column["Name"] for column in [*table["StorageDescriptor"]["Columns"], *table.get("PartitionKeys", [])]
        ]
        for page in pages.paginate(DatabaseName=database)
        for table in page["TableList"]
    }


def answer(cursor: Cursor, query: str, tables: Iterable[str], console: Console, csv_file: Path | None = None) -> None:
    """Run a query to its end, show its rows or write them to a file, and say how many there were.

    Raises:
        SqlError: Athena refused it, or it failed.
    """
    started = time.monotonic()
    try:
        cursor.execute(query.strip().rstrip(";"))
    except Error as error:
        raise SqlError(reason(str(error), tables)) from error
    names = [column[0] for column in cursor.description or ()]
    if csv_file:
        number = write_csv(csv_file, names, cursor)
        rows = f"{number} rows written to {csv_file}"
    else:
        shown = [cells(row, len(names)) for row in itertools.islice(cursor, SHOWN_ROWS + 1)] if names else []
        if names:
            show_rows(names, shown[:SHOWN_ROWS], console)
        rows = row_count(len(shown))
    scanned = (cursor.data_scanned_in_bytes or 0) / 1e6
    console.print(f"{rows}, {time.monotonic() - started:.1f} s, {scanned:.1f} MB scanned", soft_wrap=True)


def cells(row: Sequence[Any], number: int) -> Sequence[Any]:
    """Return as many cells as the result has columns: Athena answers `describe` with one text, parted by tabs."""
    if len(row) == number:
        return row
    parts = [part.strip() for part in "\t".join(map(str, row)).split("\t")]
    return [*parts, *[""] * number][:number]


def reason(words: str, tables: Iterable[str]) -> str:
    """Return Athena's words on a refused query, and what may help."""
    words = words.partition(" operation: ")[2] or words  # boto3 begins with the name of its call
    if "TABLE_NOT_FOUND" not in words:
        return words
    if known := ", ".join(sorted(tables)):
        return f"{words}\nThe tables of the data model are {known}."
    return f"{words}\nThere are no tables yet; a load makes them. Load the sample data: make demo"


def row_count(number: int) -> str:
    """Return how many rows were shown; a query with more of them says how to get them all."""
    if number > SHOWN_ROWS:
        return f"the first {SHOWN_ROWS} rows; CSV=file, or csv FILE at the prompt, writes all of them"
    return "1 row" if number == 1 else f"{number} rows"


def show_rows(names: Sequence[str], rows: Sequence[Sequence[Any]], console: Console) -> None:
    """Print rows as a table, or one column a line where the terminal is too narrow for them."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for number, name in enumerate(names):
        is_number = any(isinstance(row[number], int | float | Decimal) for row in rows)
        table.add_column(Text(printable(name)), justify="right" if is_number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(printable(value)) for value in row))
    width = Measurement.get(console, console.options.update(max_width=10_000), table).maximum
    if width <= console.width:
        console.print(table)
    elif console.is_terminal:
        show_records(names, rows, console)
    else:
        Console(file=console.file, width=width, highlight=False).print(table)


def show_records(names: Sequence[str], rows: Sequence[Sequence[Any]], console: Console) -> None:
    """Print each row as lines of a name and a value."""
    room = max(len(name) for name in names)
    for number, row in enumerate(rows, start=1):
        console.print(f"row {number}", style="bold")
        for name, value in zip(names, row, strict=True):
            console.print(Text(f"  {printable(name):<{room}}  {printable(value)}"), soft_wrap=True)


def printable(value: Any) -> str:
    """Return a value as a terminal may show it: nulls in words, control characters of the data as escapes."""
    if value is None:
        return "null"
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in str(value)
    )


def write_csv(file: Path, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write rows below a header line as UTF-8, an empty cell for a null, and return how many they were.

    Raises:
        SqlError: the file cannot be written.
    """
    number = 0
    try:
        with file.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.writer(opened, lineterminator="\n")
            writer.writerow(names)
            for row in rows:
                writer.writerow(cells(row, len(names)))
                number += 1
    except OSError as error:
        raise SqlError(f"{file} cannot be written: {error.strerror}") from error
    return number


@contextlib.contextmanager
def line_editing(history: Path) -> Iterator[None]:
    """Let the prompt know what was typed in earlier ones, and keep it for the next."""
    with contextlib.suppress(OSError):
        readline.read_history_file(history)
    readline.set_history_length(HISTORY_LINES)
    readline.set_completer_delims(" \t\n,.()=<>'\";")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            readline.write_history_file(history)


class Prompt(cmd.Cmd):
    """The prompt: lines are collected until one ends with a semicolon, then Athena is asked."""

    intro = "Athena of this laptop. Try: select * from sales_outlet;   help explains, quit leaves."
    prompt = first_prompt = "athena> "
    next_prompt = "     -> "

    def __init__(self, cursor: Cursor, tables: dict[str, list[str]], console: Console) -> None:
        super().__init__()
        self._cursor, self._tables, self._console = cursor, tables, console
        self._lines: list[str] = []
        self._latest = ""
        if not sys.stdin.isatty():  # queries come from a file
            self.intro = self.prompt = self.first_prompt = self.next_prompt = ""

    def onecmd(self, line: str) -> bool:
        """Take one line: a word of the prompt's own, or a part of a query; return whether to leave."""
        words = line.strip().rstrip(";").split(maxsplit=1)
        try:
            if line == "EOF" or (not self._lines and words in (["quit"], ["exit"])):
                return True
            if not self._lines and words == ["help"]:
                self._console.print(PROMPT_HELP)
            elif not self._lines and words[:1] == ["csv"]:
                self._write(words[1:])
            else:
                self._collect(line)
        except SqlError as error:
            self._console.print(Text(str(error)), style="red", soft_wrap=True)
        return False

    def cmdloop(self, intro: str | None = None) -> None:
        """Take lines until somebody leaves; Ctrl-C gives up what was typed so far."""
        while True:
            try:
                super().cmdloop(intro)
                return
            except KeyboardInterrupt:
                self._console.print()
                self._lines, self.prompt, intro = [], self.first_prompt, ""

    def completenames(self, text: str, *ignored: Any) -> list[str]:
        """Complete the names of tables and columns; the standard library asks this for a line's first word."""
        names = {*self._tables, *itertools.chain(*self._tables.values())}
        return sorted(name for name in names if name.startswith(text.lower()))

    completedefault = completenames  # and this for all others

    def _collect(self, line: str) -> None:
        if line.strip():
            self._lines.append(line)
        if not line.rstrip().endswith(";"):
            self.prompt = self.next_prompt if self._lines else self.first_prompt
            return
        query, self._lines, self.prompt = "\n".join(self._lines), [], self.first_prompt
        if query.strip(" ;\n"):
            self._latest = query
            answer(self._cursor, query, self._tables, self._console)

    def _write(self, words: list[str]) -> None:
        if not words:
            raise SqlError("Which file? For example: csv rows.csv")
        if not self._latest:
            raise SqlError("There is no query yet whose rows could be written.")
        answer(self._cursor, self._latest, self._tables, self._console, Path(words[0]))
