"""One crawl: list the files, look into them, and bring the catalog up to date, all as a client with the role's keys.

Sources: the AWS Glue developer guide, "Customizing crawler behavior", "Preventing a crawler from changing an existing
schema"; the Glue API's SchemaChangePolicy. Which calls a crawler makes is not documented ("Crawler prerequisites" names
a policy with glue:*); here those that do what it does.
"""

import fnmatch
import hashlib
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local_aws.glue import csv_files, roles, tables
from local_aws.glue.operations import Json
from local_aws.glue.tables import File, Schema, Table

AT_ONCE = 100  # partitions in BatchCreatePartition and BatchUpdatePartition
READERS = 4
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
_looked_into: dict[tuple[Any, ...], Schema | None] = {}  # a file that has not changed is not read again


class StoppedError(Exception):
    """Somebody asked the crawl to stop."""


class Crawl:
    """A crawl of one crawler (as GetCrawler shows it), from `run` to its end.

    created, updated, deleted: tables, for GetCrawlerMetrics; `stopping` is set from outside.
    """

    def __init__(self, crawler: Json, keys: roles.Keys, log: Callable[[str], None]) -> None:
        self.crawler, self.log, self.stopping = crawler, log, False
        self.created = self.updated = self.deleted = 0
        self.s3, self.glue = roles.client("s3", keys), roles.client("glue", keys)
        self.database = crawler["DatabaseName"]
        self.policy = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"}
        self.policy |= crawler.get("SchemaChangePolicy") or {}
        self.classifiers: list[csv_files.Settings] = []
        self.known: dict[str, Json] = {}

    def run(self) -> None:
        """Do it all. Raises StoppedError, and what the clients raise."""
        self.glue.get_database(Name=self.database)
        pages = self.glue.get_paginator("get_tables").paginate(DatabaseName=self.database)
        self.known = {table["Name"]: table for page in pages for table in page["TableList"]}
        for target in self.crawler["Targets"]["S3Targets"]:
            bucket, _, prefix = target["Path"].removeprefix("s3://").partition("/")
            prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
            files = self._look_into(bucket, self._objects(bucket, prefix, target.get("Exclusions") or []))
            present = {self._bring_up_to_date(bucket, table) for table in tables.tables(files, prefix)}
            self._handle_missing(f"s3://{bucket}/{prefix}", present)

    # --- files

    def _objects(self, bucket: str, prefix: str, exclusions: list[str]) -> list[Json]:
        excluded = [re.compile(_glob(pattern)) for pattern in exclusions]
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [
            entry
            for page in pages
            for entry in page.get("Contents", [])
            if entry["Size"] and tables.is_data(relative := entry["Key"].removeprefix(prefix))
            if not any(pattern.fullmatch(relative) for pattern in excluded)
        ]

    def _look_into(self, bucket: str, objects: list[Json]) -> list[File]:
        how = (self.crawler["Role"], bucket, repr(self.classifiers))
        unknown = [entry for entry in objects if (*how, entry["Key"], entry["ETag"]) not in _looked_into]
        with ThreadPoolExecutor(READERS) as pool:  # one is always read, so that it shows whether the role may
            schemas = list(pool.map(lambda entry: self._schema(bucket, entry), unknown or objects[:1]))
        for entry, schema in zip(unknown, schemas, strict=False):
            _looked_into[(*how, entry["Key"], entry["ETag"])] = schema
        files = []
        for entry in objects:
            schema = _looked_into[(*how, entry["Key"], entry["ETag"])]
            if schema is None:
                self.log(f"WARN : No classifier recognises s3://{bucket}/{entry['Key']}; it is left out")
            else:
                files.append(File(entry["Key"], entry["Size"], schema))
        return files

    def _schema(self, bucket: str, entry: Json) -> Schema | None:
        if self.stopping:
            raise StoppedError

        def read(some: str) -> bytes:
            answer = self.s3.get_object(Bucket=bucket, Key=entry["Key"], Range=f"bytes={some}")
            body: bytes = answer["Body"].read()
            return body

        sample = read(f"0-{tables.SAMPLE_BYTES - 1}")
        if sample[:4] != b"PAR1":
            return tables.look(sample, entry["Size"], self.classifiers)
        if len(sample) < entry["Size"]:
            length = int.from_bytes(read("-8")[:4], "little")
            sample = read(f"-{length + 8}")
        return tables.look_at_parquet(sample)

    # --- tables

    def _bring_up_to_date(self, bucket: str, table: Table) -> str:
        """Make a table or update the one that is there; returns its name."""
        location = f"s3://{bucket}/{table.prefix}"
        for name, there in self.known.items():
            if (there.get("StorageDescriptor") or {}).get("Location", "").rstrip("/") == location.rstrip("/"):
                self._update(name, bucket, table)
                return name
        name = (self.crawler.get("TablePrefix") or "").lower() + tables.name_of(table.prefix, bucket)
        if name in self.known:  # the guide: a duplicate table name gets a hash as its suffix
            name = f"{name}_{hashlib.md5(location.encode(), usedforsecurity=False).hexdigest()}"
        described = self._described(table.schema, table.files, location)
        definition = {
            "Name": name,
            "Owner": "owner",
            "Retention": 0,
            "StorageDescriptor": described,
            "PartitionKeys": [{"Name": key, "Type": "string"} for key in table.keys],
            "TableType": "EXTERNAL_TABLE",
            "Parameters": described["Parameters"],
        }
        self.glue.create_table(DatabaseName=self.database, TableInput=definition)
        self.known[name] = definition
        self.created += 1
        self._write_partitions(name, bucket, table)
        self.log(f"INFO : Created table {name} with {len(table.partitions)} partitions at {location}")
        return name

    def _update(self, name: str, bucket: str, table: Table) -> None:
        """Bring an existing table up to date.

        A table whose schema is as before keeps what people wrote into it, comments too; UPDATE_IN_DATABASE writes one
        with another schema anew, which removes what is not the crawler's (the guide: "Remove any metadata that is not
        set by the crawler").
        """
        answer = self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]
        before = {key: answer[key] for key in _TABLE_INPUT if answer.get(key) is not None}
        now = self._described(table.schema, table.files, before["StorageDescriptor"]["Location"])
        keys = [{"Name": key, "Type": "string"} for key in table.keys]
        changed = _shape(before["StorageDescriptor"], before.get("PartitionKeys", [])) != _shape(now, keys)
        parameters = before.get("Parameters", {}) | now["Parameters"]
        parameters.pop("DEPRECATED_BY_CRAWLER", None)
        if self.policy["UpdateBehavior"] == "LOG":
            self.log(f"INFO : Table {name} is not updated (UpdateBehavior LOG)" if changed else "")
        elif changed:
            new = before | {"StorageDescriptor": now, "PartitionKeys": keys, "Parameters": now["Parameters"]}
            new.pop("Description", None)
            self.glue.update_table(DatabaseName=self.database, TableInput=new)
            self.updated += 1
            self.log(f"INFO : Updated table {name}")
        elif parameters != before.get("Parameters"):
            self.glue.update_table(DatabaseName=self.database, TableInput=before | {"Parameters": parameters})
        self._write_partitions(name, bucket, table)

    def _described(self, schema: Schema, files: list[File], location: str) -> Json:
        """Return the StorageDescriptor that a crawler writes."""
        size = sum(file.size for file in files)
        parameters = {
            **dict(schema.table),
            "CrawlerSchemaDeserializerVersion": "1.0",
            "CrawlerSchemaSerializerVersion": "1.0",
            "UPDATED_BY_CRAWLER": self.crawler["Name"],
            "averageRecordSize": str(size // schema.rows if schema.rows else 0),
            "classification": schema.kind,
            "compressionType": schema.compression,
            "objectCount": str(len(files)),
            "recordCount": str(schema.rows),
            "sizeKey": str(size),
            "typeOfData": "file",
        }
        takes, gives, serde = schema.storage
        return {
            "Columns": [{"Name": name, "Type": kind} for name, kind in schema.columns],
            "Location": location,
            "InputFormat": takes,
            "OutputFormat": gives,
            "Compressed": schema.compression != "none",
            "NumberOfBuckets": -1,
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": dict(schema.serde)},
            "BucketColumns": [],
            "SortColumns": [],
            "Parameters": parameters,
            "StoredAsSubDirectories": False,
        }

    # --- partitions

    def _write_partitions(self, name: str, bucket: str, table: Table) -> None:
        """Add new partitions, renew those whose files changed, and do what the policy says with those without files."""
        if not table.keys:
            return
        place = {"DatabaseName": self.database, "TableName": name}
        pages = self.glue.get_paginator("get_partitions").paginate(**place)
        there = {tuple(entry["Values"]): entry for page in pages for entry in page["Partitions"]}
        new, renewed = [], []
        for (values, prefix), files in table.partitions.items():
            storage = self._described(tables.merged(files), files, f"s3://{bucket}/{prefix}")
            entry = {"Values": list(values), "StorageDescriptor": storage, "Parameters": storage["Parameters"]}
            before = there.pop(values, None)
            if before is None:
                new.append(entry)
            elif self.policy["UpdateBehavior"] != "LOG" and any(before.get(key) != entry[key] for key in entry):
                renewed.append({"PartitionValueList": entry["Values"], "PartitionInput": entry})
        for first in range(0, len(new), AT_ONCE):
            self.glue.batch_create_partition(**place, PartitionInputList=new[first : first + AT_ONCE])
        renewed += [self._without_files(place, entry) for entry in there.values()]
        renewed = [entry for entry in renewed if entry]
        for first in range(0, len(renewed), AT_ONCE):
            self.glue.batch_update_partition(**place, Entries=renewed[first : first + AT_ONCE])
        self.log(f"INFO : Table {name}: {len(new)} new partitions, {len(renewed)} renewed")

    def _without_files(self, place: Json, partition: Json) -> Json:
        """Do what the policy says with a partition whose files are gone; returns what is to be written of it."""
        values, behaviour = partition["Values"], self.policy["DeleteBehavior"]
        self.log(f"INFO : Partition {values} of table {place['TableName']} has no files ({behaviour})")
        if behaviour == "DELETE_FROM_DATABASE":
            self.glue.batch_delete_partition(**place, PartitionsToDelete=[{"Values": values}])
        if behaviour != "DEPRECATE_IN_DATABASE":
            return {}
        entry = {key: partition[key] for key in ("Values", "StorageDescriptor", "Parameters") if key in partition}
        return {"PartitionValueList": values, "PartitionInput": _deprecated(entry)}

    def _handle_missing(self, below: str, present: set[str]) -> None:
        """Do what the policy says with tables of this crawler below a target whose files are gone."""
        behaviour = self.policy["DeleteBehavior"]
        for name, table in list(self.known.items()):
            ours = (table.get("Parameters") or {}).get("UPDATED_BY_CRAWLER") == self.crawler["Name"]
            location = (table.get("StorageDescriptor") or {}).get("Location", "").rstrip("/") + "/"
            if name in present or not ours or not location.startswith(below):
                continue
            self.log(f"INFO : Table {name} has no files ({behaviour})")
            if behaviour == "DELETE_FROM_DATABASE":
                self.glue.delete_table(DatabaseName=self.database, Name=name)
                self.deleted += 1
            elif behaviour == "DEPRECATE_IN_DATABASE":
                before = {key: table[key] for key in _TABLE_INPUT if table.get(key) is not None}
                self.glue.update_table(DatabaseName=self.database, TableInput=_deprecated(before))


def _deprecated(definition: Json) -> Json:
    now = {"DEPRECATED_BY_CRAWLER": str(int(time.time() * 1000))}
    return definition | {"Parameters": now | definition.get("Parameters", {})}


def _shape(storage: Json, keys: list[Json]) -> Any:
    """Return what makes two descriptions of a table the same schema."""
    columns = [(column["Name"], column["Type"]) for column in storage["Columns"]]
    serde = storage.get("SerdeInfo", {}).get("SerializationLibrary")
    return columns, [key["Name"] for key in keys], storage.get("InputFormat"), serde


def _glob(pattern: str) -> str:
    """Return the regular expression of an exclude pattern, a glob whose * stops at a slash."""
    parts = re.split(r"(\*\*|\*|\?|\{[^}]*\}|\[[^]]*\])", pattern)
    plain = {"**": ".*", "*": "[^/]*", "?": "[^/]"}

    def translated(part: str) -> str:
        if part[:1] == "{":
            return "(" + "|".join(_glob(choice) for choice in part[1:-1].split(",")) + ")"
        if part[:1] == "[":
            return fnmatch.translate(part).removeprefix("(?s:").removesuffix(")\\Z")
        return plain.get(part) or re.escape(part)

    return "".join(map(translated, parts))
