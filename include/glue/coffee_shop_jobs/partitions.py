"""The partitions of the catalog, kept by the job that writes and empties days; tables are made by crawlers."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from coffee_shop.lake.tables import why_crawl

log = logging.getLogger(__name__)

CREATED_AT_ONCE = 100  # what one BatchCreatePartition call takes
DELETED_AT_ONCE = 25  # what one BatchDeletePartition call takes


class PartitionError(RuntimeError):
    """The catalog did not take a partition, or did not let it go."""


def register_days(
    glue: Any, place: tuple[str, str], columns: Mapping[str, str | None], key_name: str, days: Sequence[str]
) -> None:
    """Make the partitions of days known to the catalog; those that it knows stay as they are.

    A table that the catalog lacks, or of which it lacks a column, is left to the crawl that follows.

    Args:
        glue: boto3 client.
        place: the catalog's database and the table.
        columns: the table's columns with their types, and the partition key.
        key_name: the partition key.
        days: ISO dates whose objects are in place.

    Raises:
        PartitionError: the catalog did not take one.
    """
    database, table = place
    if reason := why_crawl(glue, database, {table: columns}):
        log.info("%s: partitions are left to the crawl: %s", table, reason)
        return
    storage = glue.get_table(DatabaseName=database, Name=table)["Table"]["StorageDescriptor"]
    plain = [{"Name": column["Name"], "Type": column["Type"]} for column in storage["Columns"]]
    folder = storage["Location"].rstrip("/")
    for first in range(0, len(days), CREATED_AT_ONCE):
        inputs = [
            {
                "Values": [day],
                "StorageDescriptor": storage | {"Columns": plain, "Location": f"{folder}/{key_name}={day}/"},
            }
            for day in days[first : first + CREATED_AT_ONCE]
        ]
        answer = glue.batch_create_partition(DatabaseName=database, TableName=table, PartitionInputList=inputs)
        _check(answer, place, "AlreadyExistsException")


def drop_days(glue: Any, place: tuple[str, str], days: Sequence[str]) -> None:
    """Take the partitions of days out of the catalog. Twice does no harm.

    Raises:
        PartitionError: the catalog did not let one go.
    """
    database, table = place
    for first in range(0, len(days), DELETED_AT_ONCE):
        some = [{"Values": [day]} for day in days[first : first + DELETED_AT_ONCE]]
        try:
            answer = glue.batch_delete_partition(DatabaseName=database, TableName=table, PartitionsToDelete=some)
        except glue.exceptions.EntityNotFoundException:
            return  # no crawl has made the table yet
        _check(answer, place, "EntityNotFoundException")


def _check(answer: Any, place: tuple[str, str], done_before: str) -> None:
    for error in answer.get("Errors", []):
        detail = error["ErrorDetail"]
        if detail["ErrorCode"] != done_before:
            raise PartitionError(
                f"partition {error['PartitionValues']} of {'.'.join(place)}: {detail['ErrorCode']}:"
                f" {detail.get('ErrorMessage', '')}"
            )
