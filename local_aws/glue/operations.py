"""The one place where Glue's API gets operations that ministack lacks, or has otherwise than AWS.

ministack ignores the Expression of GetPartitions and answers all partitions on one page, and has no
BatchDeletePartition, ListCrawlers and ListJobs (AWS Glue API reference).
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import duckdb
import sqlglot
from ministack.core.responses import error_response_json, json_response
from ministack.services import glue
from sqlglot import exp

from local_aws.hooks import replace

Json = dict[str, Any]
Operations = Mapping[str, Callable[[Json], Json]]

PAGE = 1000


class RefusedError(Exception):
    """An operation is refused with one of the API's error codes."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def not_found(what: str) -> RefusedError:
    """Return the error for something that is not there."""
    return RefusedError("EntityNotFoundException", f"{what} not found.")


def refuse_if(*checks: tuple[str, Any]) -> None:
    """Raise RefusedError with the words of the first check that is true."""
    for words, wrong in checks:
        if wrong:
            raise RefusedError("InvalidInputException", words)


def install(own: Operations) -> None:
    """Let these functions answer their operations; all others stay ministack's."""
    replace(glue, "_handle_request_sync", partial(_handle, glue._handle_request_sync, own))
    replace(glue, "_create_table", partial(_create_table, glue._create_table))


def _handle(plain: Any, own: Operations, method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
    operation = own.get(headers.get("x-amz-target", "").rpartition(".")[2])
    if operation is None:
        return plain(method, path, headers, body, query)
    try:
        return json_response(operation(json.loads(body or b"{}")))
    except RefusedError as refused:
        return error_response_json(refused.code, str(refused), 400)


def _create_table(plain: Any, request: Json) -> Any:
    """Show no owner where none was given: an empty one, read by GetTable, is refused by UpdateTable."""
    answer = plain(request)
    table = glue._tables.get(f"{request.get('DatabaseName')}/{request['TableInput'].get('Name')}", {})
    if table.get("Owner") == "":
        del table["Owner"]
    return answer


def page(items: list[Any], request: Json) -> tuple[list[Any], Json]:
    """Return a page of a listing, and the answer's NextToken when there is more."""
    start = int(request.get("NextToken") or 0)
    end = start + min(int(request.get("MaxResults") or PAGE), PAGE)
    return items[start:end], {"NextToken": str(end)} if end < len(items) else {}


def get_partitions(request: Json) -> Json:
    """Answer GetPartitions: those for which the Expression holds, page by page."""
    name = _table(request)
    partitions = list(glue._partitions.get(name, []))
    if request.get("Expression") and partitions:
        partitions = _matching(glue._tables[name]["PartitionKeys"], partitions, request["Expression"])
    some, more = page(partitions, request)
    return {"Partitions": some, **more}


def delete_partitions(request: Json) -> Json:
    """Answer BatchDeletePartition."""
    name = _table(request)
    values = [entry["Values"] for entry in request["PartitionsToDelete"]]
    before = glue._partitions.get(name, [])
    known = [partition["Values"] for partition in before]
    glue._partitions[name] = [partition for partition in before if partition["Values"] not in values]
    detail = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Partition not found."}
    return {"Errors": [{"PartitionValues": gone, "ErrorDetail": detail} for gone in values if gone not in known]}


def _table(request: Json) -> str:
    name = f"{request['DatabaseName']}/{request['TableName']}"
    if name not in glue._tables:
        raise not_found(f"Table {request['TableName']}")
    return name


def _matching(keys: list[Json], partitions: list[Json], expression: str) -> list[Json]:
    """Return the partitions for which an expression over their keys holds."""
    types = [key["Type"].replace("string", "varchar") for key in keys]
    columns = ", ".join(f'cast(v[{n + 1}] as {kind}) as "{keys[n]["Name"]}"' for n, kind in enumerate(types))
    try:
        condition = sqlglot.parse_one(expression, read="trino")
        calls = [part for part in condition.find_all(exp.Query, exp.Func) if not isinstance(part, exp.Connector)]
        refuse_if((f"Unsupported expression '{expression}'", calls))
        rows = f"select n, {columns} from (select unnest(?) as n, unnest(?) as v)"  # noqa: S608 - of the catalog
        sql = f"select n from ({rows}) where {condition.sql(dialect='duckdb')} order by n"  # noqa: S608 - no query
        values = [list(range(len(partitions))), [partition["Values"] for partition in partitions]]
        return [partitions[n] for (n,) in duckdb.connect().execute(sql, values).fetchall()]
    except (sqlglot.errors.ParseError, duckdb.Error) as error:
        raise RefusedError("InvalidInputException", f"Unsupported expression '{expression}': {error}") from error


CATALOG: Operations = {
    "GetPartitions": get_partitions,
    "BatchDeletePartition": delete_partitions,
    "ListCrawlers": lambda _: {"CrawlerNames": sorted(glue._crawlers)},
    "ListJobs": lambda _: {"JobNames": sorted(glue._jobs)},
}
