"""What tables the jobs of a load keep, against what the catalog says of them: whether a crawl has to look.

A job writes down its tables with their columns. Where the catalog has them all, the job itself makes the partitions
that it wrote known there; where it lacks one, the crawl that follows finds table and partitions.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from coffee_shop.lake.documents import FORMAT, Tables
from coffee_shop.lake.loads import read_document
from coffee_shop.lake.state import write_json

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client

Columns = Mapping[str, str | None]  # by name the type in the catalog, None where a crawler guesses it


def tables_key(load_id: str, zone: str) -> str:
    """Return where the tables of a zone (raw, clean, conform) lie in the state bucket."""
    return f"loads/{load_id}/tables/{zone}.json"


def read_tables(s3: "S3Client", state_bucket: str, load_id: str, zone: str) -> Tables:
    """Return the tables that the jobs of a load keep in a zone.

    Raises:
        LoadDocumentError: their job has not ended, or another version of this project wrote them.
    """
    return cast("Tables", read_document(s3, state_bucket, tables_key(load_id, zone), "the job that writes the zone"))


def write_tables(s3: "S3Client", state_bucket: str, load_id: str, zone: str, tables: Mapping[str, Columns]) -> None:
    """Write down the tables that a load keeps in a zone."""
    write_json(s3, state_bucket, tables_key(load_id, zone), {"format": FORMAT, "tables": tables})


def why_crawl(glue: "GlueClient", database: str, tables: Mapping[str, Columns]) -> str | None:
    """Return in words what the catalog lacks of some tables, None when it has all of it.

    A column that only the catalog has is no reason: readers find it empty.
    """
    reasons = (_why(glue, database, table, columns) for table, columns in tables.items())
    return next((reason for reason in reasons if reason), None)


def _why(glue: "GlueClient", database: str, table: str, columns: Columns) -> str | None:
    try:
        known = glue.get_table(DatabaseName=database, Name=table)["Table"]
    except glue.exceptions.EntityNotFoundException:
        return f"there is no table {database}.{table} in the catalog"
    entries = [*known["StorageDescriptor"]["Columns"], *known.get("PartitionKeys", [])]
    types = {entry["Name"]: entry["Type"] for entry in entries}
    new = [name for name, kind in columns.items() if name not in types or kind not in (None, types[name])]
    return f"{database}.{table} has no column {_in_words(new[0], columns)} in the catalog" if new else None


def _in_words(name: str, columns: Columns) -> str:
    return f"{name} of type {columns[name]}" if columns[name] else name
