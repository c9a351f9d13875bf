"""The command writes files laid out as uploads; the same seed gives the same bytes, whatever the span."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sample_data.__main__ import main

ROOT = Path(__file__).parents[2]


def make(folder, first, last, *more):
    assert main(["--from", first, "--to", last, "--output", str(folder), "--lines-per-month", "600", *more]) == 0
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.csv")}


def rows_of(files, prefix, day):
    found = []
    for name, body in sorted(files.items()):
        if name.startswith(prefix):
            found += [row for row in csv.reader(body.decode("utf-8").splitlines()) if day in row]
    return found


def test_files_are_laid_out_as_uploads(tmp_path):
    files = make(tmp_path, "2019-03-30", "2019-04-02")
    assert sorted(files) == [
        "pastry-inventory/PastryInventory-2019-03.csv",
        "pastry-inventory/PastryInventory-2019-04.csv",
        "sales-reciept/SalesReciept-2019-03.csv",
        "sales-reciept/SalesReciept-2019-04.csv",
        "sales-target/SalesTarget-2019-03.csv",
        "sales-target/SalesTarget-2019-04.csv",
    ]


def test_a_file_a_day_and_none_for_a_closed_day(tmp_path):
    files = make(tmp_path, "2019-04-20", "2019-04-22", "--per", "day")
    assert sorted(files) == [
        "pastry-inventory/PastryInventory-2019-04-20.csv",
        "pastry-inventory/PastryInventory-2019-04-22.csv",
        "sales-reciept/SalesReciept-2019-04-20.csv",
        "sales-reciept/SalesReciept-2019-04-22.csv",
        "sales-target/SalesTarget-2019-04.csv",
    ]


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    first = make(tmp_path / "first", "2019-04-01", "2019-04-30")
    assert make(tmp_path / "second", "2019-04-01", "2019-04-30") == first
    assert make(tmp_path / "third", "2019-04-01", "2019-04-30", "--seed", "7") != first


def test_bytes_do_not_depend_on_hash_seeds_or_the_machine_s_language(tmp_path):
    """Run as users do, in an interpreter of its own, isolated from every installed package."""
    here = make(tmp_path / "here", "2019-04-01", "2019-04-08")
    there = tmp_path / "there"
    command = [sys.executable, "-S", "-m", "sample_data", "--from", "2019-04-01", "--to", "2019-04-08"]
    environment = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "5", "LC_ALL": "C"}
    more = ["--output", there, "--lines-per-month", "600"]
    subprocess.run([*command, *more], check=True, cwd=ROOT, env=environment, capture_output=True)
    assert {str(path.relative_to(there)): path.read_bytes() for path in there.rglob("*.csv")} == here


@pytest.mark.parametrize("prefix", ["sales-reciept", "pastry-inventory"])
def test_a_day_s_rows_do_not_depend_on_the_span(tmp_path, prefix):
    month = make(tmp_path / "month", "2019-04-01", "2019-04-30")
    day = make(tmp_path / "day", "2019-04-24", "2019-04-24", "--per", "day")
    months = make(tmp_path / "months", "2019-03-15", "2019-05-02")
    expected = rows_of(day, prefix, "2019-04-24")
    assert len(expected) > 10
    assert rows_of(month, prefix, "2019-04-24") == expected
    assert rows_of(months, prefix, "2019-04-24") == expected


def test_a_closed_day_alone_writes_its_month_s_targets_only(tmp_path):
    assert sorted(make(tmp_path, "2019-04-21", "2019-04-21")) == ["sales-target/SalesTarget-2019-04.csv"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "24/04/2019", "--to", "2019-04-30"], "write it as 2019-04-24"),
        (["--from", "2019-04-30", "--to", "2019-04-01"], "--to 2019-04-01 is before --from 2019-04-30"),
        (["--from", "2019-04-01", "--to", "2019-04-30", "--lines-per-month", "0"], "not a number of lines"),
    ],
)
def test_what_cannot_be_made_is_said(tmp_path, capsys, arguments, said):
    with pytest.raises(SystemExit) as stopped:
        main([*arguments, "--output", str(tmp_path)])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_help(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    assert "--lines-per-month" in capsys.readouterr().out
