"""Tables as the Glue catalog describes them, and the files that hold their rows."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto.glue.models import FakeTable, GlueBackend, glue_backends

from local_aws import access, actions
from local_aws.access import Caller
from local_aws.athena.binding.scopes import TableColumn
from local_aws.athena.errors import QueryError, Refused
from local_aws.athena.expressions import Place
from local_aws.athena.trino_types import UnknownHiveType, from_hive

CATALOG = "awsdatacatalog"
# A query can read the list of a table's partitions: from the catalog, without a byte of data.
# Source: https://docs.aws.amazon.com/athena/latest/ug/querying-glue-catalog-listing-partitions.html
PARTITIONS = "$partitions"


@dataclass(frozen=True)
class StoredFile:
    """One object of a table: its local path, its key and its size in bytes."""

    path: Path
    uri: str
    size: int


@dataclass(frozen=True)
class Partition:
    """One place where rows lie: the values of the partition keys, and where."""

    values: tuple[str, ...]
    location: str


@dataclass(frozen=True)
class Table:
    """A table of the catalog, with what is needed to read it."""

    database: str
    name: str
    columns: list[TableColumn]
    format: str  # parquet, text, csv, partitions
    options: dict[str, str]
    partitions: list[Partition]

    @property
    def keys(self) -> list[TableColumn]:
        """Partition keys in order."""
        return [c for c in self.columns if c.partition]


ATHENA = "athena.amazonaws.com"
ACCOUNT = Caller("account")
# Which files lie under this location?
Lister = Callable[[str], list[StoredFile]]


def files_at(location: str) -> list[StoredFile]:
    """Objects of a table or partition, sub-folders included, without hidden ones (``_`` or ``.`` in front).

    Source: https://docs.aws.amazon.com/athena/latest/ug/tables-location-format.html
    """
    from local_aws.s3 import object_store

    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    if prefix and not prefix.endswith("/"):
        prefix += "/"
    return [
        StoredFile(Path(o.path), f"s3://{bucket}/{o.key}", o.size)
        for o in object_store.list_objects(bucket, prefix)
        if o.size and not o.key.rsplit("/", 1)[-1].startswith(("_", "."))
    ]


class GlueCatalog:
    """The Glue catalog of one account and region, as Athena sees it.

    Args:
        account: account id.
        region: region name.
        caller: whose policies say what of it can be seen and changed.
    """

    def __init__(self, account: str, region: str, caller: Caller = ACCOUNT) -> None:
        self.backend: GlueBackend = glue_backends[account][region]
        self.caller = caller
        self._place = actions.Place(account, region)
        self._allowed: set[tuple[str, str]] = set()

    def ask(self, action: str, database: str | None = None, *tables: str) -> None:
        """Ask whether the caller may do something to the catalog, a database or tables.

        Raises:
            AccessDenied: it may not.
        """
        self._ask(f"glue:{action}", *actions.glue_arns(self._place, database, *tables))

    def files_at(self, location: str) -> list[StoredFile]:
        """Return the files under a location, which the caller must be allowed to list and to read.

        Raises:
            AccessDenied: it is not.
        """
        bucket, _, _ = location.removeprefix("s3://").partition("/")
        self._ask("s3:ListBucket", actions.s3_arn(bucket))
        found = files_at(location)
        for file in found if self.caller.is_limited else []:
            self._ask("s3:GetObject", actions.s3_arn(bucket, file.uri.removeprefix(f"s3://{bucket}/")))
        return found

    def written(self, bucket: str, key: str) -> None:
        """Ask whether the caller may put an object. Raises AccessDenied."""
        self._ask("s3:PutObject", actions.s3_arn(bucket, key))

    def _ask(self, action: str, *arns: str) -> None:
        """Ask once for a query."""
        new = [one for one in arns if (action, one) not in self._allowed]
        if new:
            access.act(self.caller, ATHENA, [actions.Permission(action, one) for one in new])
            self._allowed |= {(action, one) for one in new}

    def glue_table(self, database: str, table: str, at: Place = None) -> FakeTable:
        """Return the catalog's own entry.

        Raises:
            QueryError: SCHEMA_NOT_FOUND, TABLE_NOT_FOUND.
        """
        self.ask("GetDatabase", database)
        if database not in self.backend.databases:
            raise QueryError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist", at)
        self.ask("GetTable", database, table)
        tables = self.backend.databases[database].tables
        if table not in tables:
            raise QueryError("TABLE_NOT_FOUND", f"Table '{CATALOG}.{database}.{table}' does not exist", at)
        return tables[table]

    def columns(self, database: str, table: str, at: Place) -> list[TableColumn]:
        """Columns of a table, partition keys last; of ``table$partitions`` the keys alone."""
        base = table.removesuffix(PARTITIONS)
        columns = _columns(self.glue_table(database, base, at).as_dict(), at)
        if base == table:
            return columns
        keys = [c for c in columns if c.partition]
        if not keys:
            raise QueryError("TABLE_NOT_FOUND", f"Table '{CATALOG}.{database}.{table}' does not exist", at)
        return keys

    def view(self, database: str, table: str) -> str | None:
        """Return the query of a view, or None for a table (or nothing) of that name."""
        self.ask("GetTable", database, table.removesuffix(PARTITIONS))
        found = self.backend.databases[database].tables.get(table) if database in self.backend.databases else None
        text = found.as_dict().get("ViewOriginalText") if found is not None else None
        m = re.fullmatch(r"/\* Presto View: (\S+) \*/", text or "")
        return str(json.loads(base64.b64decode(m[1]))["originalSql"]) if m else None

    def table(self, database: str, name: str) -> Table:
        """Return a table with its format and all its partitions."""
        entry = self.glue_table(database, name.removesuffix(PARTITIONS))
        described = entry.as_dict()
        storage = described.get("StorageDescriptor") or {}
        keys = described.get("PartitionKeys") or []
        if keys:
            self.ask("GetPartitions", database, entry.name)
            partitions = [
                Partition(tuple(p.values), p.partition_input["StorageDescriptor"]["Location"])
                for p in entry.partitions.values()
            ]
        else:
            partitions = [Partition((), storage.get("Location", ""))]
        if name.endswith(PARTITIONS):
            keys_only = [c for c in _columns(described, None) if c.partition]
            return Table(database, name, keys_only, "partitions", {}, partitions)
        kind, options = _format(described)
        return Table(database, name, _columns(described, None), kind, options, partitions)


def _columns(described: dict[str, Any], at: Place) -> list[TableColumn]:
    columns = []
    stored = (described.get("StorageDescriptor") or {}).get("Columns") or []
    for found, partition in ((stored, False), (described.get("PartitionKeys") or [], True)):
        for c in found:
            try:
                columns.append(TableColumn(c["Name"].lower(), from_hive(c["Type"]), partition))
            except UnknownHiveType as e:
                raise Refused(f"column type {e} of {described['Name']}.{c['Name']}", at) from e
    return columns


def _format(described: dict[str, Any]) -> tuple[str, dict[str, str]]:
    storage = described.get("StorageDescriptor") or {}
    parameters = {**(storage.get("Parameters") or {}), **(described.get("Parameters") or {})}
    serde = storage.get("SerdeInfo") or {}
    library = serde.get("SerializationLibrary", "")
    options = {**parameters, **(serde.get("Parameters") or {})}
    named = f"table {described['DatabaseName']}.{described['Name']}"
    if (described.get("TableType") or "") == "VIRTUAL_VIEW":
        raise Refused(f"view {named}")
    if parameters.get("projection.enabled", "").lower() == "true":
        raise Refused(f"partition projection ({named})")
    if (parameters.get("table_type") or "").upper() == "ICEBERG":
        raise Refused(f"Iceberg ({named})")
    for part, kind in (("Parquet", "parquet"), ("OpenCSVSerde", "csv"), ("LazySimpleSerDe", "text")):
        if part in library:
            return kind, options
    if re.search(r"Parquet", storage.get("InputFormat", "")):
        return "parquet", options
    raise Refused(f"format {library or parameters.get('classification') or 'unknown'} ({named})")
