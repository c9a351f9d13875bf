"""Operations of Glue's catalog that ministack lacks, or has otherwise than AWS.

ministack ignores the Expression of GetPartitions, and has no BatchDeletePartition, ListCrawlers and ListJobs (AWS Glue
API reference).
"""

from typing import Any

from ministack.services import glue

from local_aws.hooks import replaces

Json = dict[str, Any]


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
    """Answer GetPartitions, all on one page."""
    refuse_if(("The local AWS does not do GetPartitions with an Expression", request.get("Expression")))
    return {"Partitions": glue._partitions.get(_table(request), [])}


def delete_partitions(request: Json) -> Json:
    """Answer BatchDeletePartition."""
    name, gone = _table(request), [entry["Values"] for entry in request["PartitionsToDelete"]]
    before = glue._partitions.get(name, [])
    glue._partitions[name] = [partition for partition in before if partition["Values"] not in gone]
    missing = [values for values in gone if values not in [partition["Values"] for partition in before]]
    detail = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Partition not found."}
    return {"Errors": [{"PartitionValues": values, "ErrorDetail": detail} for values in missing]}
