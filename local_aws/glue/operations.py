"""Operations of Glue's catalog that ministack lacks, or has otherwise than AWS.

ministack ignores the Expression of GetPartitions and answers all partitions on one page, and has no
BatchDeletePartition, ListCrawlers and ListJobs (AWS Glue API reference).
"""

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
import sqlglot
from ministack.services import glue
from sqlglot import exp

from local_aws.hooks import replaces

Json = dict[str, Any]
PAGE = 1000
_engine = duckdb.connect()  # a new one for each question costs more than the question


class RefusedError(Exception):
    """An operation is refused: one of the API's error codes, and a message."""


def refuse_if(*checks: tuple[str, Any]) -> None:
    """Raise RefusedError with the words of the first check that is true."""
    for words, wrong in checks:
        if wrong:
            raise RefusedError("InvalidInputException", words)


def known(records: Any, name: str, kind: str) -> Any:
    """Return a record of ministack's. Raises RefusedError when it is not there."""
    if records.get(name) is None:
        raise RefusedError("EntityNotFoundException", f"{kind} {name} not found.")
    return records[name]


@replaces(glue, "_create_table")
def create_table(plain: Any, request: Json) -> Any:
    """Show no owner where none was given: ministack's empty one, read by GetTable, is refused by UpdateTable."""
    return plain(request | {"TableInput": {"Owner": None} | request["TableInput"]})


def _table(request: Json) -> str:
    name = f"{request['DatabaseName']}/{request['TableName']}"
    known(glue._tables, name, "Table")
    return name


def get_partitions(request: Json) -> Json:
    """Answer GetPartitions: those for which the Expression holds, page by page."""
    name = _table(request)
    partitions = list(glue._partitions.get(name, []))
    if request.get("Expression") and partitions:
        partitions = _matching(glue._tables[name]["PartitionKeys"], partitions, request["Expression"])
    start = int(request.get("NextToken") or 0)
    end = start + min(int(request.get("MaxResults") or PAGE), PAGE)
    return {"Partitions": partitions[start:end]} | ({"NextToken": str(end)} if end < len(partitions) else {})


def _matching(keys: list[Json], partitions: list[Json], expression: str) -> list[Json]:
    """Return the partitions for which an expression over their keys holds."""
    columns = [f'cast(v[{n}] as {key["Type"]}) as "{key["Name"]}"' for n, key in enumerate(keys, 1)]
    try:
        condition = sqlglot.parse_one(expression, read="trino")
        calls = [part for part in condition.find_all(exp.Query, exp.Func) if not isinstance(part, exp.Connector)]
        refuse_if((f"Unsupported expression '{expression}'", calls))
        values = [partition["Values"] for partition in partitions]
        return [partitions[n] for n in matching(columns, values, condition.sql(dialect="duckdb"))]
    except (sqlglot.errors.ParseError, duckdb.Error) as error:
        raise RefusedError("InvalidInputException", f"Unsupported expression '{expression}': {error}") from error


def matching(columns: Iterable[str], values: Sequence[Sequence[str | None]], condition: str) -> list[int]:
    """Return for which partitions, given by their values, a condition holds; its columns are made of the list ``v``."""
    rows = f"select n, {', '.join(columns)} from (select unnest(?) as n, unnest(?) as v)"  # noqa: S608 - catalog's
    sql = f"select n from ({rows}) where {condition} order by n"  # noqa: S608 - no query
    with _engine.cursor() as cursor:
        return [n for (n,) in cursor.execute(sql, [list(range(len(values))), values]).fetchall()]


def delete_partitions(request: Json) -> Json:
    """Answer BatchDeletePartition."""
    name, gone = _table(request), [entry["Values"] for entry in request["PartitionsToDelete"]]
    before = glue._partitions.get(name, [])
    glue._partitions[name] = [partition for partition in before if partition["Values"] not in gone]
    missing = [values for values in gone if values not in [partition["Values"] for partition in before]]
    detail = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Partition not found."}
    return {"Errors": [{"PartitionValues": values, "ErrorDetail": detail} for values in missing]}
