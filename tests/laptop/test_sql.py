"""`make sql`: what it shows and writes, asked of a real local Athena with one small table."""

import io
import os
import re
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from laptop import sql
from laptop.sql import Prompt, SqlError, answer, columns_of_tables, connect, open_sql, printable, show_rows, write_csv
from laptop.stack import ACCOUNT_KEY, ROOT, Stack, aws_client, stack_secrets
from tests.local_aws_process import running_local_aws

OUTLETS = """
    create table sales_outlet with (format = 'PARQUET', external_location = 's3://lake/sales_outlet/') as
    select * from (values
        ('3', 'Harbor Point', cast(21339.27 as decimal(7,2)), date '2019-04-24'),
        ('5', cast(null as varchar), cast(0.50 as decimal(7,2)), cast(null as date))
    ) as outlets (salesoutletno, neighbourhood, income, opened)
"""
NAMES = "COFFEE_SHOP_WORKGROUP=analysts\nCOFFEE_SHOP_CONFORM_DATABASE=shop\n"
TIME_AND_BYTES = re.compile(r", \d+\.\d s, \d+\.\d MB scanned")


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A local AWS with a workgroup and a database of one table."""
    home = tmp_path_factory.mktemp("stack")
    key = {"AWS_ACCESS_KEY_ID": ACCOUNT_KEY, "AWS_SECRET_ACCESS_KEY": stack_secrets(Stack(home, 0, 0))["aws_secret"]}
    with running_local_aws(home, os.environ | key) as url:
        made = Stack(home, int(url.rpartition(":")[2]), 0)
        made.names_file.write_text(NAMES)
        aws_client(made, "s3").create_bucket(Bucket="lake")
        aws_client(made, "glue").create_database(DatabaseInput={"Name": "shop"})
        place = {"ResultConfiguration": {"OutputLocation": "s3://lake/results/"}}
        aws_client(made, "athena").create_work_group(Name="analysts", Configuration=place)
        connect(made).cursor().execute(OUTLETS)
        yield made


@pytest.fixture
def shown():
    return io.StringIO()


@pytest.fixture
def console(shown):
    return Console(file=shown, width=80, highlight=False)


def lines(shown) -> list[str]:
    return [line.rstrip() for line in TIME_AND_BYTES.sub("", shown.getvalue()).splitlines()]


@pytest.fixture
def ask(stack, console, shown):
    """Run a query and return the lines that are shown."""

    def run(query: str, csv_file: Path | None = None) -> list[str]:
        answer(connect(stack).cursor(), query, columns_of_tables(stack), console, csv_file)
        return lines(shown)

    return run


# --- one query


def test_rows_are_a_table_with_numbers_to_the_right(ask):
    assert ask("select salesoutletno, neighbourhood, income, opened from sales_outlet order by 1;") == [
        "salesoutletno   neighbourhood     income   opened",
        "─────────────────────────────────────────────────────",
        "3               Harbor Point    21339.27   2019-04-24",
        "5               null                0.50   null",
        "2 rows",
    ]


def test_no_rows(ask):
    assert ask("select salesoutletno from sales_outlet where salesoutletno = '4'") == [
        "salesoutletno",
        "─────────────",
        "0 rows",
    ]


def test_describe_shows_columns_and_types(ask):
    assert ask("describe sales_outlet")[2:] == [
        "salesoutletno   string",
        "neighbourhood   string",
        "income          decimal(7,2)",
        "opened          date",
        "4 rows",
    ]


def test_more_rows_than_are_shown(ask):
    shown = ask("select number from unnest(sequence(1, 1500)) as numbers (number) order by number")
    assert shown[2:4] == ["     1", "     2"]
    assert shown[-2:] == ["   200", "the first 200 rows; CSV=file, or csv FILE at the prompt, writes all of them"]


def test_a_file_gets_all_rows(ask, tmp_path):
    file = tmp_path / "numbers.csv"
    query = "select number, 'a \"b\", c' as text from unnest(sequence(1, 1500)) as numbers (number) order by number"
    assert ask(query, file) == [f"1500 rows written to {file}"]
    written = file.read_text().splitlines()
    assert written[:2] == ["number,text", '1,"a ""b"", c"']
    assert len(written) == 1501


def test_a_null_is_an_empty_cell(tmp_path):
    file = tmp_path / "rows.csv"
    assert write_csv(file, ["a", "b", "c"], [(None, Decimal("0.50"), date(2019, 4, 24))]) == 1
    assert file.read_text() == "a,b,c\n,0.50,2019-04-24\n"


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(SqlError, match="cannot be written: No such file or directory"):
        write_csv(tmp_path / "none" / "rows.csv", ["a"], [])


# --- what is refused


def test_a_table_that_is_not_there_is_answered_with_those_that_are(ask):
    with pytest.raises(SqlError, match=r"shop\.outlet' does not exist\nThe tables .* are sales_outlet\.$"):
        ask("select * from outlet")


def test_before_the_first_load_it_says_how_to_get_one():
    words = sql.reason("TABLE_NOT_FOUND: Table 'shop.product' does not exist", [])
    assert words.endswith("There are no tables yet; a load makes them. Load the sample data: make demo")


def test_no_sql_is_refused_in_athena_s_words_alone(ask):
    with pytest.raises(SqlError, match=r"^Invalid expression"):
        ask("selekt 1")


def test_without_a_stack_it_says_how_to_start_one(tmp_path):
    with pytest.raises(SqlError, match=r"Nothing answers at http://127\.0\.0\.1:9\. Start the stack: make up"):
        open_sql(Stack(tmp_path, 9, 9), "select 1", None)


def test_without_infrastructure_it_says_how_to_apply_it(stack, tmp_path):
    with pytest.raises(SqlError, match=r"The infrastructure is not there yet\. Apply it: make up"):
        open_sql(Stack(tmp_path, stack.aws_port, 0), "select 1", None)


def test_a_file_needs_a_query(stack, tmp_path):
    with pytest.raises(SqlError, match="CSV=file needs a query"):
        open_sql(stack, None, tmp_path / "rows.csv")


# --- the terminal


def test_a_narrow_terminal_shows_a_column_a_line(shown):
    terminal = Console(file=shown, width=20, highlight=False, force_terminal=True, color_system=None)
    show_rows(["salesoutletno", "income"], [("3", Decimal("21339.27")), ("5", None)], terminal)
    assert lines(shown) == [
        "row 1",
        "  salesoutletno  3",
        "  income         21339.27",
        "row 2",
        "  salesoutletno  5",
        "  income         null",
    ]


def test_what_is_no_terminal_gets_the_whole_width(shown):
    show_rows(["a", "b"], [("x" * 30, "y" * 30)], Console(file=shown, width=20, highlight=False))
    assert lines(shown)[-1] == "x" * 30 + "   " + "y" * 30


def test_data_cannot_steer_the_terminal():
    assert printable("\x1b[31mred\r\nAnaïs") == r"\x1b[31mred\r\nAnaïs"


def test_data_is_no_markup(shown, console):
    show_rows(["name"], [("[red]Latte[/red]",)], console)
    assert lines(shown)[-1] == "[red]Latte[/red]"


# --- the prompt


@pytest.fixture
def prompt(stack, console):
    return Prompt(connect(stack).cursor(), columns_of_tables(stack), console)


def test_a_query_may_have_several_lines(prompt, shown):
    assert not prompt.onecmd("select salesoutletno")
    assert not prompt.onecmd("")
    assert shown.getvalue() == ""
    assert not prompt.onecmd("from sales_outlet where income > 1;")
    assert lines(shown)[-2:] == ["3", "1 row"]


def test_a_refused_query_leaves_the_prompt_open(prompt, shown):
    assert not prompt.onecmd("selekt 1;")
    assert not prompt.onecmd("select 7 as seven;")
    assert lines(shown)[-2:] == ["    7", "1 row"]


def test_csv_writes_the_latest_query(prompt, shown, tmp_path):
    file = tmp_path / "rows.csv"
    prompt.onecmd(f"csv {file}")
    prompt.onecmd("select salesoutletno from sales_outlet order by 1;")
    prompt.onecmd("csv")
    prompt.onecmd(f"csv {file}")
    assert file.read_text() == "salesoutletno\n3\n5\n"
    assert lines(shown)[0] == "There is no query yet whose rows could be written."
    assert lines(shown)[-2:] == ["Which file? For example: csv rows.csv", f"2 rows written to {file}"]


@pytest.mark.parametrize("line", ["quit", "exit", "quit;", "EOF"])
def test_ways_out(prompt, line):
    assert prompt.onecmd(line)


def test_quit_within_a_query_is_a_part_of_it(prompt):
    prompt.onecmd("select 1 as")
    assert not prompt.onecmd("quit")


def test_names_are_completed(prompt):
    assert prompt.completenames("sales") == ["sales_outlet", "salesoutletno"]
    assert prompt.completedefault("NEIGH", "", 0, 0) == ["neighbourhood"]


# --- the command


def command(stack, *words, typed="") -> subprocess.CompletedProcess:
    place = {"LOCAL_HOME": str(stack.home), "AWS_PORT": str(stack.aws_port)}
    place["PYTHONPATH"] = "include/glue:dags:plugins"  # as the Makefile has it
    return subprocess.run(
        [sys.executable, "-m", "laptop", "sql", *words],
        cwd=ROOT,
        env=os.environ | place,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_says_what_can_be_asked(stack):
    done = command(stack, "--help")
    assert done.returncode == 0
    assert "--csv FILE" in done.stdout
    assert "docs/querying.md" in done.stdout


def test_queries_from_a_file_come_without_prompts(stack):
    done = command(stack, typed="select salesoutletno\nfrom sales_outlet order by 1;\nquit\n")
    assert TIME_AND_BYTES.sub("", done.stdout).splitlines()[2:] == ["3            ", "5            ", "2 rows"]


def test_a_refusal_is_the_exit_status(stack):
    done = command(stack, "--query", "select * from outlet")
    assert (done.returncode, done.stdout) == (1, "")
    assert "does not exist" in done.stderr
    assert "Traceback" not in done.stderr


def test_make_passes_quotes_on(stack, tmp_path):
    query = "select \"salesoutletno\", '$' as money from sales_outlet order by 1"
    place = {"LOCAL_HOME": str(stack.home), "AWS_PORT": str(stack.aws_port)}
    words = ["make", "sql", f"QUERY={query.replace('$', '$$')}", f"CSV={tmp_path / 'a b.csv'}"]
    subprocess.run(words, cwd=ROOT, env=os.environ | place, check=True, capture_output=True)
    assert (tmp_path / "a b.csv").read_text() == "salesoutletno,money\n3,$\n5,$\n"
