"""Operations of the catalog that ministack lacks or has otherwise than AWS.

It ignores the Expression of GetPartitions and answers all partitions on one page, and has no BatchDeletePartition,
ListCrawlers and ListJobs.
"""

from typing import Any

import duckdb
import sqlglot
from ministack.services import glue
from sqlglot import exp

from local_aws.glue.operations import Json, RefusedError, add, not_found

PARTITIONS_A_PAGE = 1000
DELETED_AT_ONCE = 25


def install() -> None:
    """Put the operations into ministack."""
    names = {
        "ListCrawlers": lambda _: {"CrawlerNames": sorted(glue._crawlers)},
        "ListJobs": lambda _: {"JobNames": sorted(glue._jobs)},
    }
    add({"GetPartitions": get_partitions, "BatchDeletePartition": delete_partitions, **names})


def page(items: list[Any], request: Json, largest: int) -> tuple[list[Any], Json]:
    """Return a page of a listing, and the answer's NextToken when there is more."""
    start = int(request.get("NextToken") or 0)
    end = start + min(int(request.get("MaxResults") or largest), largest)
    return items[start:end], {"NextToken": str(end)} if end < len(items) else {}


def get_partitions(request: Json) -> Json:
    """Answer GetPartitions: those for which the Expression holds, page by page."""
    name = _table(request)
    partitions = list(glue._partitions.get(name, []))
    if request.get("Expression") and partitions:
        partitions = _matching(glue._tables[name]["PartitionKeys"], partitions, request["Expression"])
    some, more = page(partitions, request, PARTITIONS_A_PAGE)
    if request.get("ExcludeColumnSchema"):
        some = [entry | {"StorageDescriptor": entry["StorageDescriptor"] | {"Columns": []}} for entry in some]
    return {"Partitions": some, **more}


def delete_partitions(request: Json) -> Json:
    """Answer BatchDeletePartition."""
    name = _table(request)
    values = [entry["Values"] for entry in request["PartitionsToDelete"]]
    if len(values) > DELETED_AT_ONCE:
        raise RefusedError("ValidationException", f"partitionsToDelete: at most {DELETED_AT_ONCE} at once")
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
    """Return the partitions for which an expression over their keys holds (the API reference of GetPartitions)."""
    types = [key["Type"].partition("(")[0].replace("string", "varchar") for key in keys]
    columns = [
        f'cast(v[{n}] as {kind}) as "{key["Name"]}"' for n, (key, kind) in enumerate(zip(keys, types, strict=True), 1)
    ]
    try:
        condition = sqlglot.parse_one(expression, read="trino")
        if condition.find(exp.Query, exp.Func):
            raise RefusedError("InvalidInputException", f"Unsupported expression '{expression}'")
        rows = f"select n, {', '.join(columns)} from (select unnest(?) as n, unnest(?) as v)"  # noqa: S608
        sql = f"select n from ({rows}) where {condition.sql(dialect='duckdb')} order by n"  # noqa: S608
        values = [list(range(len(partitions))), [partition["Values"] for partition in partitions]]
        return [partitions[n] for (n,) in duckdb.connect().execute(sql, values).fetchall()]
    except (sqlglot.errors.ParseError, duckdb.Error) as error:
        raise RefusedError("InvalidInputException", f"Unsupported expression '{expression}': {error}") from error
