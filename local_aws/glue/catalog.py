"""Tables and partitions of the catalog, as strict as AWS where moto takes anything.

Sources: the AWS Glue API reference (TableInput: names are folded to lower case; the numbers of entries that batch
operations take; page sizes) and botocore's service model.
"""

from typing import Any

from moto.glue import models as moto_glue
from moto.glue.exceptions import GlueClientError, InvalidInputException

BATCH_LIMITS = {
    "PartitionInputList": 100,  # BatchCreatePartition
    "PartitionsToDelete": 25,  # BatchDeletePartition
    "PartitionsToGet": 1000,  # BatchGetPartition
    "Entries": 100,  # BatchUpdatePartition
    "TablesToDelete": 100,  # BatchDeleteTable
}
PARTITIONS_PAGE = 1000
TABLES_PAGE = 100


class ValidationException(GlueClientError):
    """A request that breaks the service model."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


class Table(moto_glue.FakeTable):
    """A table that takes no second column of one name and no partition with too few values."""

    def __init__(
        self, database_name: str, table_name: str, table_input: dict[str, Any], *others: Any, **named: Any
    ) -> None:
        _check_columns("CreateTable", table_input)
        super().__init__(database_name, table_name, {**table_input, "Name": table_name}, *others, **named)

    def update(self, table_input: dict[str, Any]) -> None:
        """Add a version. Raises InvalidInputException for a column name that repeats."""
        _check_columns("UpdateTable", table_input)
        super().update({**table_input, "Name": self.name})

    def create_partition(self, partiton_input: dict[str, Any]) -> None:  # (moto's spelling)
        """Add a partition. Raises InvalidInputException for too few or too many values."""
        keys = self.as_dict().get("PartitionKeys") or []
        if len(keys) != len(partiton_input.get("Values", [])):
            raise InvalidInputException(
                "CreatePartition", "The number of partition keys do not match the number of partition values"
            )
        super().create_partition(partiton_input)


def _check_columns(operation: str, table_input: dict[str, Any]) -> None:
    storage = table_input.get("StorageDescriptor") or {}
    columns = [*(storage.get("Columns") or []), *(table_input.get("PartitionKeys") or [])]
    names = [column["Name"].lower() for column in columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInputException(operation, f"Duplicate column name: {', '.join(twice)}")


def check_batch(parameters: dict[str, Any]) -> None:
    """Raise ValidationException when a batch has more entries than the service takes."""
    for name, limit in BATCH_LIMITS.items():
        if len(parameters.get(name) or []) > limit:
            member = name[0].lower() + name[1:]
            raise ValidationException(
                f"1 validation error detected: Value at '{member}' failed to satisfy constraint: "
                f"Member must have length less than or equal to {limit}"
            )


def page(items: list[Any], token: str | None, asked: int | None, largest: int) -> tuple[list[Any], str | None]:
    """Return one page of a listing, and the token of the next one."""
    if token is not None and not token.isdigit():
        raise InvalidInputException("NextToken", "The pagination token is not valid")
    start = int(token or 0)
    end = start + min(asked or largest, largest)
    return items[start:end], str(end) if end < len(items) else None
