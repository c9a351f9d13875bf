"""Comments of the conform tables and columns in the Glue catalog, from ``include/data_model.yaml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

# what UpdateTable takes back of what GetTable returns
_TABLE_INPUT = (
    "Name",
    "Description",
    "Owner",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "TableType",
    "Parameters",
)


class CatalogError(RuntimeError):
    """The catalog and the data model do not agree; the message names table and columns."""


@dataclass(frozen=True)
class Description:
    """What the data model says of one table: its comment, and one for each column."""

    comment: str
    columns: Mapping[str, str]


def read_descriptions(file: Path) -> dict[str, Description]:
    """Return what the data model says of the conform tables."""
    import yaml

    tables = yaml.safe_load(file.read_text(encoding="utf-8"))["tables"]
    return {
        name: Description(table["comment"], {column: of["comment"] for column, of in table["columns"].items()})
        for name, table in tables.items()
    }


def describe(glue: "GlueClient", database: str, wanted: Mapping[str, Description]) -> dict[str, bool]:
    """Write the comments where they differ; return for each table whether they did.

    A crawl can drop comments, so this runs after the last one.

    Raises:
        CatalogError: a table of the data model is not in the catalog, or a column of one has no comment.
    """
    return {table: _describe_table(glue, database, table, description) for table, description in wanted.items()}


def _describe_table(glue: "GlueClient", database: str, table: str, description: Description) -> bool:
    try:
        found: Any = glue.get_table(DatabaseName=database, Name=table)["Table"]
    except glue.exceptions.EntityNotFoundException as error:
        raise CatalogError(f"There is no table {database}.{table} in the catalog: look at crawl_conform.") from error
    new = with_comments(found, description)
    if new is None:
        return False
    glue.update_table(DatabaseName=database, TableInput=new)
    return True


def with_comments(found: Mapping[str, Any], description: Description) -> Any:
    """Return the TableInput that gives a table its comments, or None when it has them.

    Raises:
        CatalogError: a column has no comment in the data model.
    """
    table = {name: found[name] for name in _TABLE_INPUT if name in found}
    columns = _commented(found["Name"], found["StorageDescriptor"]["Columns"], description)
    keys = _commented(found["Name"], found.get("PartitionKeys", []), description)
    new = table | {
        "Description": description.comment,
        "StorageDescriptor": found["StorageDescriptor"] | {"Columns": columns},
        "PartitionKeys": keys,
    }
    return None if new == {"PartitionKeys": [], **table} else new


def _commented(table: str, columns: list[dict[str, Any]], description: Description) -> list[dict[str, Any]]:
    missing = [column["Name"] for column in columns if column["Name"] not in description.columns]
    if missing:
        raise CatalogError(f"The data model has no comment for {', '.join(missing)} of table {table}.")
    return [column | {"Comment": description.columns[column["Name"]]} for column in columns]
