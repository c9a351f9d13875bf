"""Operations of the catalog that ministack lacks or has otherwise than AWS."""

import re
from typing import Any

import duckdb
import sqlglot
from ministack.services import glue
from sqlglot import exp

from local_aws.glue.operations import Json, RefusedError, add, not_found

PARTITIONS_A_PAGE = 1000
DELETED_AT_ONCE = 25
_PLAIN = (exp.Column, exp.Identifier, exp.Literal, exp.Connector, exp.Predicate, exp.Paren, exp.Not, exp.Null)
_MORE = (exp.Boolean, exp.Cast, exp.DataType, exp.DataTypeParam, exp.Tuple, exp.Neg)


def install() -> None:
    """Put the operations into ministack.

    It ignores the Expression of GetPartitions and answers all partitions on one page, and has no BatchDeletePartition,
    ListCrawlers and ListJobs.
    """
    add(
        {
            "GetPartitions": get_partitions,
            "BatchDeletePartition": delete_partitions,
            "ListCrawlers": lambda _: {"CrawlerNames": sorted(glue._crawlers)},
            "ListJobs": lambda _: {"JobNames": sorted(glue._jobs)},
        }
    )


def page(items: list[Any], request: Json, largest: int) -> tuple[list[Any], Json]:
    """Return a page of a listing, and the answer's NextToken when there is more."""
    start = int(request.get("NextToken") or 0)
    end = start + min(int(request.get("MaxResults") or largest), largest)
    return items[start:end], {"NextToken": str(end)} if end < len(items) else {}


def get_partitions(request: Json) -> Json:
    """Answer GetPartitions: those for which the Expression holds, page by page."""
    name = _table(request)
    partitions = list(glue._partitions.get(name, []))
    if request.get("Expression"):
        partitions = _matching(glue._tables[name]["PartitionKeys"], partitions, request["Expression"])
    some, more = page(partitions, request, PARTITIONS_A_PAGE)
    if request.get("ExcludeColumnSchema"):
        some = [one | {"StorageDescriptor": {**one["StorageDescriptor"], "Columns": []}} for one in some]
    return {"Partitions": some, **more}


def delete_partitions(request: Json) -> Json:
    """Answer BatchDeletePartition."""
    name = _table(request)
    values = [entry["Values"] for entry in request["PartitionsToDelete"]]
    if len(values) > DELETED_AT_ONCE:
        raise RefusedError("ValidationException", f"partitionsToDelete: at most {DELETED_AT_ONCE} at once")
    there = glue._partitions.get(name, [])
    known = [partition["Values"] for partition in there]
    glue._partitions[name] = [partition for partition in there if partition["Values"] not in values]
    detail = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Partition not found."}
    return {"Errors": [{"PartitionValues": gone, "ErrorDetail": detail} for gone in values if gone not in known]}


def _table(request: Json) -> str:
    name = f"{request['DatabaseName']}/{request['TableName']}".lower()
    if name not in glue._tables:
        raise not_found(f"Table {request['TableName']}")
    return name


def _matching(keys: list[Json], partitions: list[Json], expression: str) -> list[Json]:
    """Return the partitions for which an expression holds.

    Source: the Glue API reference, GetPartitions: comparisons, IN, BETWEEN, LIKE, AND, OR, NOT over partition keys.
    """
    try:
        condition = sqlglot.parse_one(expression, read="trino")
        odd = next((part for part in condition.walk() if not isinstance(part, _PLAIN + _MORE)), None)
        if odd is not None or not partitions:
            if odd is None:
                return []
            raise RefusedError("InvalidInputException", f"Unsupported expression '{expression}'")
        columns = ", ".join(f'cast(v[{n}] as {_duckdb_type(key)}) as "{key["Name"]}"' for n, key in enumerate(keys, 1))
        rows = [[number, partition["Values"]] for number, partition in enumerate(partitions)]
        holds = condition.sql(dialect="duckdb")
        sql = f"select n from (select n, {columns} from (values {', '.join('(?, ?)' for _ in rows)}) as p(n, v)) where {holds}"  # noqa: S608
        numbers = duckdb.connect().execute(sql, [value for row in rows for value in row]).fetchall()
    except (sqlglot.errors.ParseError, duckdb.Error) as error:
        raise RefusedError("InvalidInputException", f"Unsupported expression '{expression}': {error}") from error
    return [partitions[number] for number in sorted(number for (number,) in numbers)]


def _duckdb_type(key: Json) -> str:
    return re.sub("^string$|^char.*|^varchar.*", "varchar", key.get("Type") or "string")
