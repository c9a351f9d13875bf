"""One crawl: list the files, look into them, and bring the catalog up to date as the crawler's policies say.

Sources: the AWS Glue developer guide, "Customizing crawler behavior", "Preventing a crawler from changing an existing
schema", "Scheduling incremental crawls for adding new partitions"; the Glue API's SchemaChangePolicy.
"""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from moto.glue import models as moto_glue

from local_aws import access
from local_aws.access import Caller
from local_aws.actions import Permission, Place, glue_arns, s3_arn
from local_aws.glue import classifiers, files, folders, roles
from local_aws.glue.folders import File, FoundPartition, FoundTable, Grouping
from local_aws.glue.schema import SIMILAR_ENOUGH, Column, Schema, merged, similarity, storage_descriptor
from local_aws.s3 import object_store

Log = Callable[[str], None]


class FailedError(Exception):
    """The crawl cannot be done; the text is LastCrawl's ErrorMessage."""


class StoppedError(Exception):
    """Somebody asked the crawl to stop."""


@dataclass
class Counted:
    """Tables that a crawl created, updated and deleted."""

    created: int = 0
    updated: int = 0
    deleted: int = 0


@dataclass(frozen=True)
class Options:
    """The crawler's Configuration."""

    grouping: Grouping = field(default_factory=Grouping)
    merge_new_columns: bool = False
    partitions_inherit: bool = False


def options(configuration: str | None) -> Options:
    """Read a crawler's Configuration. Raises ValueError for what is wrong in it or not done here."""
    given = json.loads(configuration) if configuration else {"Version": 1.0}
    if not isinstance(given, dict) or given.get("Version") != 1.0:
        raise ValueError("must be a JSON object with Version 1.0")
    output, grouping = given.get("CrawlerOutput", {}), given.get("Grouping", {})
    _only(given, {"Version", "CrawlerOutput", "Grouping"}, "")
    _only(output, {"Tables", "Partitions"}, "CrawlerOutput.")
    _only(grouping, {"TableGroupingPolicy", "TableLevelConfiguration"}, "Grouping.")
    tables, partitions = output.get("Tables", {}), output.get("Partitions", {})
    _only(tables, {"AddOrUpdateBehavior"}, "CrawlerOutput.Tables.")
    _only(partitions, {"AddOrUpdateBehavior"}, "CrawlerOutput.Partitions.")
    policy, level = grouping.get("TableGroupingPolicy"), grouping.get("TableLevelConfiguration")
    for value, allowed in (
        (tables.get("AddOrUpdateBehavior"), "MergeNewColumns"),
        (partitions.get("AddOrUpdateBehavior"), "InheritFromTable"),
        (policy, "CombineCompatibleSchemas"),
    ):
        if value not in (None, allowed):
            raise ValueError(f"{value} is not supported, only {allowed}")
    if level is not None and (not isinstance(level, int) or level < 1):
        raise ValueError("TableLevelConfiguration must be a whole number from 1, the level of the bucket")
    return Options(
        Grouping(combine=policy is not None, table_level=level),
        merge_new_columns=tables.get("AddOrUpdateBehavior") is not None,
        partitions_inherit=partitions.get("AddOrUpdateBehavior") is not None,
    )


def _only(given: dict[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise ValueError(f"{where or 'it '}contains unsupported keys: {', '.join(unknown)}")


def carry_out(crawler: Any, counted: Counted, stop_asked: Callable[[], bool], log: Log) -> None:
    """Do a crawl of `crawler` (crawlers.Crawler) as its role. Raises FailedError and StoppedError."""
    try:
        _carry_out(crawler, counted, stop_asked, log)
    except access.AccessDenied as error:
        raise FailedError(str(error)) from error


def caller_of(crawler: Any) -> Caller:
    """Return the role that a crawler works as. Raises FailedError when Glue may not assume it (any more)."""
    backend = crawler.backend
    role = roles.find(backend.account_id, backend.region_name, crawler.role)
    if role is None:
        raise FailedError(
            f"Service is unable to assume provided role. Please verify role's TrustPolicy: {crawler.role}"
        )
    return access.role(role.arn, "AWS-Crawler")


def _carry_out(crawler: Any, counted: Counted, stop_asked: Callable[[], bool], log: Log) -> None:
    work = _Work(crawler, counted, stop_asked, log)
    incremental = crawler.recrawl_policy.get("RecrawlBehavior") == "CRAWL_NEW_FOLDERS_ONLY" and bool(crawler.seen)
    for target in crawler.targets["S3Targets"]:
        bucket, _, prefix = target["Path"].removeprefix("s3://").partition("/")
        place = _Place(bucket, prefix.rstrip("/") + "/" if prefix.strip("/") else "")
        objects = work.objects(place, target.get("Exclusions") or [])
        if incremental:
            work.add_new_folders(place, objects)
        else:
            work.crawl_all(place, objects)
        crawler.seen |= {f"s3://{bucket}/{one.key.rpartition('/')[0]}/" for one in objects}


@dataclass(frozen=True)
class _Place:
    bucket: str
    prefix: str

    def address(self, prefix: str) -> str:
        return f"s3://{self.bucket}/{prefix}"


class _Work:
    """What all steps of one crawl share."""

    def __init__(self, crawler: Any, counted: Counted, stop_asked: Callable[[], bool], log: Log) -> None:
        self.crawler, self.counted, self.stop_asked, self.log = crawler, counted, stop_asked, log
        self.options = options(crawler.configuration)
        self.caller = caller_of(crawler)
        backend = crawler.backend
        self.place = Place(backend.account_id, backend.region_name)
        self.asked: set[tuple[str, ...]] = set()
        self.ask("GetDatabase")
        if crawler.database_name not in backend.databases:
            raise FailedError(f"Database {crawler.database_name} not found")
        self.tables: dict[str, moto_glue.FakeTable] = backend.databases[crawler.database_name].tables
        self.ask("GetTables", "*")
        self.readers = tuple(
            classifiers.as_reader(classifiers.get(backend.classifiers, name)) for name in crawler.classifiers or []
        )
        self.updates = crawler.schema_change_policy["UpdateBehavior"] == "UPDATE_IN_DATABASE"
        self.deletes = crawler.schema_change_policy["DeleteBehavior"]

    def ask(self, action: str, *tables: str) -> None:
        """Ask, once for each table, what Glue asks of the crawler's role. Raises AccessDenied.

        Which calls a crawler makes is not documented ("Crawler prerequisites" names a policy with glue:*); these are
        the ones that do what it does.
        """
        if (action, *tables) not in self.asked:
            arns = glue_arns(self.place, self.crawler.database_name, *tables)
            access.act(self.caller, roles.SERVICE, [Permission(f"glue:{action}", one) for one in arns])
            self.asked.add((action, *tables))

    def objects(self, place: _Place, exclusions: list[str]) -> list[object_store.StoredObject]:
        if place.bucket not in object_store.buckets():
            raise FailedError(f"The specified bucket does not exist: {place.bucket} (NoSuchBucket)")
        access.act(self.caller, roles.SERVICE, [Permission("s3:ListBucket", s3_arn(place.bucket))])
        tests = [folders.excluded(pattern) for pattern in exclusions]
        return [
            one
            for one in object_store.list_objects(place.bucket, place.prefix)
            if folders.is_data(one.key[len(place.prefix) :])
            and not any(test(one.key[len(place.prefix) :]) for test in tests)
        ]

    def look_into(self, place: _Place, objects: list[object_store.StoredObject]) -> list[File]:
        found = []
        for one in objects:
            if self.stop_asked():
                raise StoppedError
            access.act(self.caller, roles.SERVICE, [Permission("s3:GetObject", s3_arn(place.bucket, one.key))])
            schema = files.schema_of(one.path, one.etag, one.size, self.readers)
            if schema is None:
                self.log(f"WARN : No classifier recognises {place.address(one.key)}; it is left out")
            else:
                found.append(File(one, schema))
        return found

    # ------------------------------------------------------------------------------------------- a crawl of all

    def crawl_all(self, place: _Place, objects: list[object_store.StoredObject]) -> None:
        recognised = self.look_into(place, objects)
        found = folders.tables(recognised, place.bucket, place.prefix, self.options.grouping)
        if self.stop_asked():
            raise StoppedError
        present = set()
        for table in found:
            existing = self._table_at(place.address(table.prefix))
            if existing is None:
                present.add(self._create(place, table))
            else:
                present.add(existing.name)
                self._update(place, existing, table)
        self._handle_missing(place, present)

    def _table_at(self, location: str) -> moto_glue.FakeTable | None:
        wanted = location.rstrip("/")
        for table in self.tables.values():
            storage = table.as_dict().get("StorageDescriptor") or {}
            if storage.get("Location", "").rstrip("/") == wanted:
                return table
        return None

    def _create(self, place: _Place, found: FoundTable) -> str:
        location = place.address(found.prefix)
        name = (self.crawler.table_prefix or "").lower() + found.name
        if name in self.tables:
            name = f"{name}_{hashlib.md5(location.encode(), usedforsecurity=False).hexdigest()}"
        parameters = self._parameters(found.files, found.schema)
        definition = {
            "Name": name,
            "Owner": "owner",
            "Retention": 0,
            "StorageDescriptor": _own_columns(storage_descriptor(found.schema, location, parameters)),
            "PartitionKeys": [{"Name": key, "Type": "string"} for key in found.partition_keys],
            "TableType": "EXTERNAL_TABLE",
            "Parameters": parameters,
        }
        self.ask("CreateTable", name)
        table = self.crawler.backend.create_table(self.crawler.database_name, name, definition)
        self._add_partitions(place, table, found.partitions, found.schema)
        self.counted.created += 1
        self.log(f"INFO : Created table {name} with {len(found.partitions)} partitions at {location}")
        return name

    def _parameters(self, of_files: tuple[File, ...], schema: Schema) -> dict[str, str]:
        size = sum(file.object.size for file in of_files)
        return {
            **dict(schema.format.table_parameters),
            "CrawlerSchemaDeserializerVersion": "1.0",
            "CrawlerSchemaSerializerVersion": "1.0",
            "UPDATED_BY_CRAWLER": self.crawler.name,
            "averageRecordSize": str(size // schema.rows if schema.rows else 0),
            "classification": schema.format.classification,
            "compressionType": schema.format.compression,
            "objectCount": str(len(of_files)),
            "recordCount": str(schema.rows),
            "sizeKey": str(size),
            "typeOfData": "file",
        }

    def _update(self, place: _Place, table: moto_glue.FakeTable, found: FoundTable) -> None:
        """Bring an existing table up to date.

        Without a change of the schema only what the crawler itself counts is renewed. With one, UPDATE_IN_DATABASE
        writes the table anew, which removes what is not the crawler's, comments too; with MergeNewColumns the columns
        that are there stay as they are.
        """
        self.ask("GetTable", table.name)
        before = table.as_dict()
        storage = before["StorageDescriptor"]
        parameters = self._parameters(found.files, found.schema)
        now = _own_columns(storage_descriptor(found.schema, storage["Location"], parameters))
        if self.options.merge_new_columns:
            now["Columns"] = _with_new_columns(storage["Columns"], found.schema.columns)
        keys = [{"Name": key, "Type": "string"} for key in found.partition_keys]
        changed = _shape(storage, before.get("PartitionKeys") or []) != _shape(now, keys)
        if not self.updates:
            if changed:
                self.log(f"INFO : Schema of table {table.name} has changed; not updated (UpdateBehavior LOG)")
        elif changed:
            self.ask("UpdateTable", table.name)
            self._write_anew(table, before, now, keys)
        else:
            self.ask("UpdateTable", table.name)
            counted = now["Parameters"]
            current = table.versions[str(table._current_version)]
            current["Parameters"] = {**(current.get("Parameters") or {}), **counted}
            current["Parameters"].pop("DEPRECATED_BY_CRAWLER", None)
        if len(before.get("PartitionKeys") or []) == len(keys) or self.updates:
            self._update_partitions(place, table, found)

    def _write_anew(
        self, table: moto_glue.FakeTable, before: dict[str, Any], now: dict[str, Any], keys: list[dict[str, str]]
    ) -> None:
        names = ["Name", "Owner", "Retention", "TableType"]
        if self.options.merge_new_columns:
            names.append("Description")
            now["Parameters"] = {**(before.get("Parameters") or {}), **now["Parameters"]}
            keys = before.get("PartitionKeys") or keys
        old_keys = [key["Name"] for key in before.get("PartitionKeys") or []]
        if old_keys != [key["Name"] for key in keys]:
            table.partitions.clear()
        kept: dict[str, Any] = {name: before[name] for name in names if before.get(name) is not None}
        table.update({**kept, "StorageDescriptor": now, "PartitionKeys": keys, "Parameters": now["Parameters"]})
        self.counted.updated += 1
        self.log(f"INFO : Updated table {table.name}")

    def _partition_storage(
        self, place: _Place, table: moto_glue.FakeTable, found: FoundPartition, whole: Schema
    ) -> dict[str, Any]:
        own = merged(file.schema for file in found.files)
        if self.options.partitions_inherit:
            columns = table.as_dict()["StorageDescriptor"]["Columns"]
            own = Schema(whole.format, tuple(Column(one["Name"], one["Type"]) for one in columns), own.rows)
        return storage_descriptor(own, place.address(found.prefix), self._parameters(found.files, own))

    def _add_partitions(
        self, place: _Place, table: moto_glue.FakeTable, found: tuple[FoundPartition, ...], whole: Schema
    ) -> int:
        """Partitions that the catalog does not have yet. Returns how many."""
        added = 0
        if found:
            self.ask("GetPartitions", table.name)
        for partition in found:
            if str(list(partition.values)) not in table.partitions:
                storage = self._partition_storage(place, table, partition, whole)
                self.ask("BatchCreatePartition", table.name)
                table.create_partition(
                    {
                        "Values": list(partition.values),
                        "StorageDescriptor": storage,
                        "Parameters": storage["Parameters"],
                    }
                )
                added += 1
        return added

    def _update_partitions(self, place: _Place, table: moto_glue.FakeTable, found: FoundTable) -> None:
        for partition in found.partitions:
            existing = table.partitions.get(str(list(partition.values)))
            if existing is not None and self.updates:
                storage = self._partition_storage(place, table, partition, found.schema)
                self.ask("BatchUpdatePartition", table.name)
                existing.partition_input = {
                    "Values": list(partition.values),
                    "StorageDescriptor": storage,
                    "Parameters": storage["Parameters"],
                }
        added = self._add_partitions(place, table, found.partitions, found.schema)
        if added:
            self.log(f"INFO : Added {added} partitions to table {table.name}")
        present = {one.values for one in found.partitions}
        gone = [one for one in table.partitions.values() if tuple(one.values) not in present]
        for missing in gone if found.partition_keys else []:
            self._partition_is_gone(table, missing)

    def _partition_is_gone(self, table: moto_glue.FakeTable, partition: moto_glue.FakePartition) -> None:
        if self.deletes == "DELETE_FROM_DATABASE":
            self.ask("BatchDeletePartition", table.name)
            table.delete_partition(partition.values)
        elif self.deletes == "DEPRECATE_IN_DATABASE":
            self.ask("BatchUpdatePartition", table.name)
            _deprecate(partition.partition_input)
        self.log(f"INFO : Partition {partition.values} of table {table.name} has no files ({self.deletes})")

    def _handle_missing(self, place: _Place, present: set[str]) -> None:
        """Tables of this crawler below the target whose files are gone."""
        below = place.address(place.prefix)
        for name, table in list(self.tables.items()):
            shown = table.as_dict()
            ours = (shown.get("Parameters") or {}).get("UPDATED_BY_CRAWLER") == self.crawler.name
            location = (shown.get("StorageDescriptor") or {}).get("Location", "").rstrip("/") + "/"
            if name in present or not ours or not location.startswith(below):
                continue
            if self.deletes == "DELETE_FROM_DATABASE":
                self.ask("DeleteTable", name)
                self.crawler.backend.delete_table(self.crawler.database_name, name)
                self.counted.deleted += 1
            elif self.deletes == "DEPRECATE_IN_DATABASE":
                self.ask("UpdateTable", name)
                _deprecate(table.versions[str(table._current_version)])
            self.log(f"INFO : Table {name} has no files ({self.deletes})")

    # ------------------------------------------------------------------------------------ an incremental crawl

    def add_new_folders(self, place: _Place, objects: list[object_store.StoredObject]) -> None:
        """Add the partitions of folders that no earlier crawl saw. Never a table, never a change of one."""
        new = [
            one
            for one in objects
            if place.address(one.key.rpartition("/")[0]).rstrip("/") + "/" not in self.crawler.seen
        ]
        for table in self.tables.values():
            shown = table.as_dict()
            storage, keys = shown.get("StorageDescriptor") or {}, shown.get("PartitionKeys") or []
            root = storage.get("Location", "").rstrip("/") + "/"
            if not keys or not root.startswith(place.address(place.prefix)):
                continue
            inside = [one for one in new if place.address(one.key).startswith(root)]
            recognised = self.look_into(place, inside)
            self._add_compatible(place, table, recognised, root.removeprefix(place.address("")))

    def _add_compatible(self, place: _Place, table: moto_glue.FakeTable, found: list[File], root: str) -> None:
        storage = table.as_dict()["StorageDescriptor"]
        columns = [Column(one["Name"], one["Type"]) for one in storage["Columns"]]
        fitting = [
            file
            for file in found
            if file.schema.format.serde == storage["SerdeInfo"]["SerializationLibrary"]
            and similarity(file.schema.columns, columns) > SIMILAR_ENOUGH
        ]
        for file in found:
            if file not in fitting:
                self.log(f"WARN : {place.address(file.object.key)} does not fit table {table.name}; it is left out")
        for new in folders.tables(fitting, place.bucket, root, Grouping(combine=True)):
            if len(new.partition_keys) == len(table.as_dict()["PartitionKeys"]) and new.prefix == root:
                added = self._add_partitions(place, table, new.partitions, new.schema)
                self.log(f"INFO : Added {added} partitions to table {table.name}")


def _own_columns(storage: dict[str, Any]) -> dict[str, Any]:
    """Return a description with columns that no partition shares: people write comments on a table's."""
    return {**storage, "Columns": [dict(column) for column in storage["Columns"]]}


def _with_new_columns(there: list[dict[str, str]], found: tuple[Column, ...]) -> list[dict[str, str]]:
    names = {column["Name"] for column in there}
    return there + [{"Name": column.name, "Type": column.type} for column in found if column.name not in names]


def _shape(storage: dict[str, Any], keys: list[dict[str, str]]) -> Any:
    """Return what makes two descriptions of a table the same schema."""
    return (
        [(column["Name"], column["Type"]) for column in storage["Columns"]],
        [key["Name"] for key in keys],
        storage.get("InputFormat"),
        (storage.get("SerdeInfo") or {}).get("SerializationLibrary"),
    )


def _deprecate(definition: dict[str, Any]) -> None:
    parameters = {**(definition.get("Parameters") or {})}
    definition["Parameters"] = {"DEPRECATED_BY_CRAWLER": str(int(time.time() * 1000)), **parameters}
