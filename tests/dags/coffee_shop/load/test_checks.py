from pathlib import Path
from unittest.mock import Mock

import pytest
from coffee_shop.load.checks import (
    ROWS_SHOWN,
    Check,
    CheckError,
    Finding,
    check_of,
    read_finding,
    reads_table,
    render_checks,
    verdict,
)
from coffee_shop.settings import include_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "b_orphans.sql").write_text("-- #warn\nselect x from {{ params.clean_database }}.t")
    (tmp_path / "a_totals.sql").write_text(
        "-- #fail\n-- why\nselect business_date\nfrom t\n"
        "where business_date between '{{ params.first_date }}' and '{{ params.last_date }}'\n"
    )
    return tmp_path


def test_checks_are_filled_in_and_carry_their_name(folder: Path) -> None:
    totals, orphans = render_checks(folder, ["2019-04-02", "2019-04-01", "2019-04-09"], "clean_db")
    assert (totals.name, totals.level) == ("a_totals", "fail")
    assert totals.query.splitlines() == [
        "-- a_totals #fail",
        "-- why",
        "select business_date",
        "from t",
        "where business_date between '2019-04-01' and '2019-04-09'",
    ]
    assert orphans.query == "-- b_orphans #warn\nselect x from clean_db.t"
    assert check_of(orphans.query) == orphans
    assert reads_table(orphans, "clean_db")
    assert not reads_table(orphans, "clean")


def test_a_check_imports_macros_that_lie_beside_its_folder(tmp_path: Path) -> None:
    for name in ("checks", "macros"):
        (tmp_path / name).mkdir()
    (tmp_path / "macros" / "rows.sql").write_text("{% macro rows_of(table) %}select * from {{ table }}{% endmacro %}")
    (tmp_path / "checks" / "odd.sql").write_text(
        "-- #warn\n{% from 'macros/rows.sql' import rows_of %}{{ rows_of('t') }}"
    )
    assert render_checks(tmp_path / "checks", [], "clean")[0].query == "-- odd #warn\nselect * from t"


def test_no_date_touched_is_a_span_without_dates(folder: Path) -> None:
    assert "between '9999-12-31' and '0001-01-01'" in render_checks(folder, [], "clean")[0].query


@pytest.mark.parametrize("first_line", ["select 1", "-- #error", "", "#fail"])
def test_a_file_that_does_not_say_what_a_row_means_is_refused(first_line: str, tmp_path: Path) -> None:
    (tmp_path / "odd.sql").write_text(f"{first_line}\nselect 1")
    with pytest.raises(CheckError, match=r"odd\.sql, line 1"):
        render_checks(tmp_path, [], "clean")


def test_an_unknown_parameter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.sql").write_text("-- #fail\nselect '{{ params.month }}'")
    with pytest.raises(Exception, match="month"):
        render_checks(tmp_path, [], "clean")


def test_the_projects_own_checks_can_be_rendered() -> None:
    found = render_checks(include_folder() / "sql" / "checks", ["2019-04-01"], "clean")
    assert {check.level for check in found} <= {"fail", "warn"}
    assert any(check.level == "fail" for check in found)


@pytest.mark.parametrize("absent", [[], ["sales_reciept"], ["pastry_inventory"], ["sales_reciept", "pastry_inventory"]])
def test_whatever_table_is_not_there_yet_all_checks_that_fail_a_load_are_made(absent: list[str]) -> None:
    found = render_checks(include_folder() / "sql" / "checks", ["2019-04-01"], "clean", absent)
    must_hold = [check for check in found if check.level == "fail"]
    assert len(must_hold) == 4
    assert [check.name for check in must_hold if any(reads_table(check, table) for table in absent)] == []


def test_rows_are_read_without_the_header() -> None:
    athena = Mock()
    athena.get_query_results.return_value = {
        "ResultSet": {
            "ResultSetMetadata": {"ColumnInfo": [{"Name": "day"}, {"Name": "n"}]},
            "Rows": [
                {"Data": [{"VarCharValue": "day"}, {"VarCharValue": "n"}]},
                {"Data": [{"VarCharValue": "2019-04-01"}, {}]},
            ],
        }
    }
    check = Check("a", "fail", "select")
    assert read_finding(athena, check, "q-1") == Finding(check, ["day", "n"], [["2019-04-01", None]])
    athena.get_query_results.assert_called_once_with(QueryExecutionId="q-1", MaxResults=ROWS_SHOWN + 1)


def test_the_verdict_shows_the_rows() -> None:
    bad = Finding(Check("a", "fail", ""), ["day", "n"], [["2019-04-01", None]])
    odd = Finding(Check("b", "warn", ""), ["x"], [["1"]] * ROWS_SHOWN)
    fine = Finding(Check("c", "fail", ""), ["x"], [])
    failures, warnings = verdict([bad, odd, fine])
    assert failures == ["a: 1 rows\n  day | n\n  2019-04-01 | NULL"]
    assert warnings[0].startswith(f"b: {ROWS_SHOWN}+ rows")
