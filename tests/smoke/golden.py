"""The golden record: what the demo's stack answers after it has loaded April 2019, kept as files in `golden/`.

`PYTHONPATH=dags:include/glue python -m tests.smoke.golden --home .local` compares a running stack with the files,
`--write` writes them anew. They say which result, table or permission moved when the local AWS changes; the stack must
be as `make demo` left it. Where the first rows do not show what differs, `--rows FOLDER` writes all rows, to be held
against those of an older commit.

A result has its columns with Athena's types, its number of rows, the SHA-256 over all rows and the first four. A null is
null, an empty text is "". A double is written as Python writes it, so that two ways to write one double are equal. The
rows of a query that orders its result are hashed in that request, all others sorted (`"ordered": false`).
"""

import argparse
import csv
import difflib
import hashlib
import io
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlparse

import jinja2
from coffee_shop.load.checks import render_checks
from coffee_shop.periods import CUSTOM, Period
from coffee_shop.report.data_quality import COMPLETE
from coffee_shop.report.tasks import HEADLINE, list_questions
from coffee_shop.settings import REPORT_NAMES

from laptop.demo import SETTINGS as DEMO
from laptop.stack import AIRFLOW_ROLE, ROOT, Stack, aws_client, read_names

GOLDEN = Path(__file__).parent / "golden"
SQL = ROOT / "include" / "sql"
# the start has too few days before it for a sum over seven days, the span ends after the last day with sales
PERIODS = {
    "day": ("2019-04-24", "2019-04-24"),
    "week": ("2019-04-22", "2019-04-28"),
    "month": ("2019-04-01", "2019-04-30"),
    "span": ("2019-04-27", "2019-05-03"),
    "start": ("2019-04-03", "2019-04-08"),
}
# the sales of each zone have 50,000 rows: one day of them is enough, found by this column
DAY, DAY_COLUMNS = "2019-04-24", {"RAW": "transactiondate", "CLEAN": "date", "CONFORM": "business_date"}
FIRST_ROWS = 4
AT_A_TIME = 4
LINE_LENGTH = 120

Json = dict[str, Any]
Row = list[str | None]


class RecordError(RuntimeError):
    """A query failed, or its result cannot be trusted; the message says which."""


@dataclass(frozen=True)
class Result:
    """What a query gave: columns with their types, all rows as text, and whether the query orders them."""

    columns: list[str]
    rows: list[Row]
    ordered: bool


# --- the queries, as the DAGs render them


def render_questions(first: str, last: str, names: Mapping[str, str]) -> dict[str, str]:
    """Return the SQL of every headline query and question for a period, by `<report>/<question>`."""
    period = Period(CUSTOM, date.fromisoformat(first), date.fromisoformat(last)).as_json()
    request = {"period": period, "reports": list(REPORT_NAMES), "target_unit": DEMO["target_unit"]}
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(SQL), undefined=jinja2.StrictUndefined)
    template = environment.from_string("{% include params.sql %}")  # the operator's template
    with patch.dict(os.environ, names):
        return {
            f"{report}/{params['question']}": template.render(params=params)
            for report in (HEADLINE, *REPORT_NAMES)
            for params in list_questions(report, request, {"status": COMPLETE, "has_inventory": True})
        }


def render_checks_of(first: str, last: str, names: Mapping[str, str]) -> dict[str, str]:
    """Return the SQL of every check for a load that touched a period, by name."""
    days = days_between(first, last)
    checks = render_checks(SQL / "checks", days, names["COFFEE_SHOP_CLEAN_DATABASE"])
    return {check.name: check.query for check in checks}


def select_tables(stack: Stack) -> dict[str, str]:
    """Return a query for the rows of every table of the three databases, by `<database>.<table>`; of sales for one day."""
    names, queries = read_names(stack), {}
    for zone, day in DAY_COLUMNS.items():
        database = names[f"COFFEE_SHOP_{zone}_DATABASE"]
        for table in tables_of(stack, database):
            where = f" where {day} = '{DAY}'" if table["Name"] == "sales_reciept" else ""
            queries[f"{database}.{table['Name']}"] = f"select * from {database}.{table['Name']}{where}"
    return queries


def days_between(first: str, last: str) -> list[str]:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(begin + timedelta(days=n)).isoformat() for n in range((end - begin).days + 1)]


# --- their results


def run_query(stack: Stack, sql: str) -> Result:
    """Run a query in the conform database and read all of its result.

    Raises:
        RecordError: it failed, or its result file has other rows than the API.
    """
    athena, names = aws_client(stack, "athena"), read_names(stack)
    query_id = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": names["COFFEE_SHOP_CONFORM_DATABASE"]},
        WorkGroup=names["COFFEE_SHOP_WORKGROUP"],
    )["QueryExecutionId"]
    place = wait_for(athena, query_id, sql)
    pages = list(athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id))
    described = pages[0]["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    rows = [[cell.get("VarCharValue") for cell in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]]
    if read_result_file(stack, place) != [[cell or "" for cell in row] for row in rows]:
        raise RecordError(f"The result file {place} has other rows than get_query_results:\n{sql}")
    doubles = [column["Type"] in ("double", "float", "real") for column in described]
    return Result(
        columns=[f"{column['Name']} {type_of(column)}" for column in described],
        rows=[normalised(row, doubles) for row in rows[1:]],  # the first row is the header
        ordered=re.search(r"^order by", sql, re.MULTILINE) is not None,  # sqlfluff indents those of subqueries
    )


def wait_for(athena: Any, query_id: str, sql: str) -> str:
    """Wait until a query has succeeded and return where its result file is."""
    while True:
        execution = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        state = execution["Status"]["State"]
        if state == "SUCCEEDED":
            return str(execution["ResultConfiguration"]["OutputLocation"])
        if state not in ("QUEUED", "RUNNING"):
            raise RecordError(f"{state}: {execution['Status'].get('StateChangeReason')}\n{sql}")
        time.sleep(0.05)


def read_result_file(stack: Stack, place: str) -> list[list[str]]:
    """Return header and rows of a result file; a null reads as an empty text, as in the reports."""
    url = urlparse(place)
    body = aws_client(stack, "s3").get_object(Bucket=url.netloc, Key=url.path.lstrip("/"))["Body"].read()
    lines = csv.reader(io.StringIO(body.decode("utf-8"), newline=""))
    return [line or [""] for line in lines]  # a lone null is an empty line


def type_of(column: Mapping[str, Any]) -> str:
    kind = str(column["Type"])
    return f"{kind}({column['Precision']},{column['Scale']})" if kind == "decimal" else kind


def normalised(row: Row, doubles: list[bool]) -> Row:
    return [
        repr(float(cell)) if double and cell is not None else cell for cell, double in zip(row, doubles, strict=True)
    ]


def run_all(stack: Stack, queries: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], Result]:
    """Run queries, four at a time."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return dict(zip(queries, pool.map(lambda sql: run_query(stack, sql), queries.values()), strict=True))


def rows_in_order(result: Result) -> list[Row]:
    return result.rows if result.ordered else sorted(result.rows, key=json.dumps)


def summary_of(result: Result) -> Json:
    """Return what the golden files keep of a result."""
    rows = rows_in_order(result)
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return {
        "columns": result.columns,
        "ordered": result.ordered,
        "rows": len(rows),
        "sha256": hashlib.sha256(lines.encode()).hexdigest(),
        "first": rows[:FIRST_ROWS],
    }


# --- the catalog


def tables_of(stack: Stack, database: str) -> list[Json]:
    """Return the tables of a database as the catalog has them, by name."""
    found = pages_of(aws_client(stack, "glue"), "get_tables", "TableList", DatabaseName=database)
    return sorted(found, key=lambda one: str(one["Name"]))


def record_catalog(stack: Stack) -> Json:
    """Return the tables of the three databases without what changes from load to load: sizes, counts, times."""
    glue, names = aws_client(stack, "glue"), read_names(stack)
    databases = [names[f"COFFEE_SHOP_{zone}_DATABASE"] for zone in DAY_COLUMNS]
    return {
        database: {table["Name"]: describe_table(glue, table) for table in tables_of(stack, database)}
        for database in databases
    }


def pages_of(client: Any, operation: str, found: str, **asked: str) -> list[Json]:
    return [one for page in client.get_paginator(operation).paginate(**asked) for one in page[found]]


def describe_table(glue: Any, table: Json) -> Json:
    """Return how a table is stored, its columns in request, and its partitions."""
    storage, keys = table["StorageDescriptor"], table.get("PartitionKeys") or []
    columns = [*storage["Columns"], *keys]
    described = {
        "location": storage["Location"],
        "classification": table["Parameters"].get("classification"),
        "skip_header_lines": table["Parameters"].get("skip.header.line.count"),
        "serde": storage["SerdeInfo"]["SerializationLibrary"],
        "input_format": storage["InputFormat"],
        "has_comment": bool(table.get("Description")),
        "columns_with_comment": sum(bool(column.get("Comment")) for column in columns),
        "columns": [f"{column['Name']} {column['Type']}" for column in storage["Columns"]],
        "partition_keys": [f"{key['Name']} {key['Type']}" for key in keys],
    }
    return described | (describe_partitions(glue, table) if keys else {})


def describe_partitions(glue: Any, table: Json) -> Json:
    asked = {"DatabaseName": table["DatabaseName"], "TableName": table["Name"]}
    found = pages_of(glue, "get_partitions", "Partitions", **asked)
    places = {one["StorageDescriptor"]["Location"].replace(one["Values"][0], "{value}") for one in found}
    return {
        "partition_locations": sorted(places),
        "partitions": len(found),
        "partition_values": sorted("/".join(one["Values"]) for one in found),
    }


# --- the permissions


def record_permissions(stack: Stack) -> dict[str, list[str]]:
    """Return what calls of each role needed, as "action resource", from the local AWS's record of permissions.

    Airflow's own calls are left out: how often it asks differs from run to run, and tests/dags/load holds them.
    """
    record = (stack.home / "aws" / "permissions.jsonl").read_text(encoding="utf-8")
    needed: dict[str, set[str]] = {}
    for line in map(json.loads, record.splitlines()):
        role = role_of(line["caller"])
        if role and role != AIRFLOW_ROLE:
            needed.setdefault(role, set()).add(f"{line['action']} {generalised(line['resource'])}")
    return {role: sorted(needed[role]) for role in sorted(needed)}


def role_of(caller: str) -> str:
    """Return the role's name of an ARN such as arn:aws:sts::123456789012:assumed-role/name/session, else nothing."""
    kind, _, rest = caller.rpartition(":")[2].partition("/")
    return rest.partition("/")[0] if kind == "assumed-role" else ""


def generalised(resource: str) -> str:
    """Return a resource with `*` for what differs from run to run: objects below a folder, log streams, a secret's end."""
    if resource.startswith("arn:aws:s3:::"):
        return re.sub(r"^([^/]+/[^/]+/).+", r"\1*", resource)
    resource = re.sub(r"(:log-stream:).+", r"\1*", resource)
    return re.sub(r"(:secret:.+-)\w{6}$", r"\1*", resource)


def actions_of(permissions: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Return the actions of each role without their resources."""
    return {role: sorted({one.partition(" ")[0] for one in needed}) for role, needed in permissions.items()}


# --- the record


def record(stack: Stack, rows_folder: Path | None = None) -> dict[str, Json]:
    """Return what the golden files would hold for a stack, by file.

    Args:
        stack: runs, and has loaded the demo's month.
        rows_folder: where to write all rows of all results, for a look at what a SHA-256 hides.
    """
    names = read_names(stack)
    permissions = record_permissions(stack)  # before the queries, which add to the record of calls
    queries = {
        (file, name): sql
        for period, (first, last) in PERIODS.items()
        for file, rendered in (
            (f"questions/{period}.json", render_questions(first, last, names)),
            (f"checks/{period}", render_checks_of(first, last, names)),
        )
        for name, sql in rendered.items()
    } | {("tables.json", name): sql for name, sql in select_tables(stack).items()}
    results = run_all(stack, queries)
    if rows_folder:
        write_rows(rows_folder, results)
    files = {file: of_file(results, file) for file in (*(f"questions/{one}.json" for one in PERIODS), "tables.json")}
    checks = {period: of_file(results, f"checks/{period}") for period in PERIODS}
    return files | {"checks.json": checks, "catalog.json": record_catalog(stack), "permissions.json": permissions}


def of_file(results: Mapping[tuple[str, str], Result], file: str) -> Json:
    return {name: summary_of(result) for (of, name), result in results.items() if of == file}


def write_rows(folder: Path, results: Mapping[tuple[str, str], Result]) -> None:
    """Write all rows of all results as text, one file for each result, one row a line."""
    for (of, name), result in results.items():
        file = folder / of.removesuffix(".json") / f"{name}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in (result.columns, *rows_in_order(result))]
        file.write_text("".join(lines), encoding="utf-8")


def golden(file: str) -> Json:
    """Return what a golden file holds."""
    found: Json = json.loads((GOLDEN / file).read_text(encoding="utf-8"))
    return found


def as_text(value: Any, indent: str = "") -> str:
    """Return JSON for readers: each row is a line, and texts of a list share lines as long as they fit."""
    if isinstance(value, dict) and value:
        items = [f"{json.dumps(key)}: {as_text(one, indent + ' ')}" for key, one in value.items()]
        return joined("{", items, "}", indent)
    line = json.dumps(value, ensure_ascii=False)
    rows = isinstance(value, list) and any(isinstance(one, list) for one in value)
    if isinstance(value, list) and (rows or len(indent + line) > LINE_LENGTH):
        items = [json.dumps(one, ensure_ascii=False) for one in value]
        return joined("[", items if rows else filled(items, LINE_LENGTH - len(indent)), "]", indent)
    return line


def filled(items: list[str], width: int) -> list[str]:
    """Put items together into lines that are not longer than the width."""
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + len(item) + 2 < width:
            lines[-1] += f", {item}"
        else:
            lines.append(item)
    return lines


def joined(begin: str, items: list[str], end: str, indent: str) -> str:
    return f"{begin}\n{indent} " + f",\n{indent} ".join(items) + f"\n{indent}{end}"


def write(found: Mapping[str, Json]) -> None:
    """Write the golden files anew."""
    for file, content in found.items():
        (GOLDEN / file).parent.mkdir(parents=True, exist_ok=True)
        (GOLDEN / file).write_text(as_text(content) + "\n", encoding="utf-8")


def differences(was: Any, found: Any, where: str = "") -> list[str]:
    """Return a line for each difference: where it is, what the golden file has (-) and what was found (+)."""
    if isinstance(was, dict) and isinstance(found, dict):
        return [
            line
            for key in dict.fromkeys([*was, *found])
            for line in differences(was.get(key), found.get(key), f"{where} > {key}" if where else key)
        ]
    if was == found:
        return []
    if isinstance(was, list) and isinstance(found, list):
        old, new = ([json.dumps(one, ensure_ascii=False) for one in each] for each in (was, found))
        return [f"{where}: {line}" for line in difflib.ndiff(old, new) if line.startswith(("- ", "+ "))]
    return [f"{where}: {sign} {json.dumps(one)[:200]}" for sign, one in (("-", was), ("+", found)) if one is not None]


def parse_arguments() -> argparse.Namespace:
    """Return the command line's values."""
    parser = argparse.ArgumentParser(prog="python -m tests.smoke.golden", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--home", type=Path, default=ROOT / ".local", help="the stack's folder, LOCAL_HOME")
    parser.add_argument("--aws-port", type=int, default=int(os.environ.get("AWS_PORT") or 4566))
    parser.add_argument("--write", action="store_true", help="write the golden files instead of comparing with them")
    parser.add_argument("--rows", type=Path, metavar="FOLDER", help="also write all rows of all results there")
    return parser.parse_args()


def main() -> int:
    """Write the golden files, or compare a stack with them; return 0 if nothing differs."""
    arguments = parse_arguments()
    stack = Stack(home=arguments.home.resolve(), aws_port=arguments.aws_port, airflow_port=0)
    started = time.monotonic()
    found = record(stack, arguments.rows)
    print(f"Recorded {len(found)} files in {time.monotonic() - started:.0f} s")
    if arguments.write:
        write(found)
        return 0
    moved = [line for file in found for line in differences(golden(file), found[file], file)]
    print("\n".join(moved) or "Nothing differs")
    return 1 if moved else 0


if __name__ == "__main__":
    sys.exit(main())
