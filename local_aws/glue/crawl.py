"""One crawl: list the files, look into them, and bring the catalog up to date, all as a client with the role's keys.

Sources: the AWS Glue developer guide, "Customizing crawler behavior"; the Glue API's SchemaChangePolicy. Which calls a
crawler makes is not documented ("Crawler prerequisites" names a policy with glue:*); here those that do what it does.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from local_aws.glue import files, folders, roles
from local_aws.glue.files import Schema
from local_aws.glue.folders import File, Table
from local_aws.glue.operations import Json

AT_ONCE = 100  # partitions in BatchCreatePartition and BatchUpdatePartition
READERS = 4
_HIVE = "org.apache.hadoop.hive."
_STORAGE = {  # input format, output format, SerDe
    "parquet": (
        _HIVE + "ql.io.parquet.MapredParquetInputFormat",
        _HIVE + "ql.io.parquet.MapredParquetOutputFormat",
        _HIVE + "ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "csv": (
        "org.apache.hadoop.mapred.TextInputFormat",
        _HIVE + "ql.io.HiveIgnoreKeyTextOutputFormat",
        _HIVE + "serde2.lazy.LazySimpleSerDe",
    ),
}
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
    """A crawl of one crawler (as GetCrawler shows it). created, updated: tables; `stopping` is set from outside."""

    def __init__(self, crawler: Json, keys: roles.Keys, classifiers: list[Json], log: Callable[[str], None]) -> None:
        self.crawler, self.classifiers, self.log = crawler, classifiers, log
        self.s3, self.glue = roles.client("s3", keys), roles.client("glue", keys)
        self.created, self.updated, self.stopping = 0, 0, False
        self.database: Json = {"DatabaseName": crawler["DatabaseName"]}
        self.known: dict[str, str] = {}  # table -> location

    def run(self) -> None:
        """Do it all. Raises StoppedError, and what the clients raise."""
        self.glue.get_database(Name=self.crawler["DatabaseName"])
        for page in self.glue.get_paginator("get_tables").paginate(**self.database):
            for table in page["TableList"]:
                self.known[table["Name"]] = table.get("StorageDescriptor", {}).get("Location", "").rstrip("/")
        for target in self.crawler["Targets"]["S3Targets"]:
            bucket, _, prefix = target["Path"].removeprefix("s3://").partition("/")
            prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
            found = folders.tables(self._look_into(bucket, self._objects(bucket, prefix)), prefix)
            present = {self._bring_up_to_date(bucket, table) for table in found}
            for name, location in self.known.items():
                if name not in present and f"{location}/".startswith(f"s3://{bucket}/{prefix}"):
                    self.log(f"INFO : Table {name} has no files; it stays (DeleteBehavior LOG)")

    # --- files

    def _objects(self, bucket: str, prefix: str) -> list[Json]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        entries = (entry for page in pages for entry in page.get("Contents", []))
        return [entry for entry in entries if entry["Size"] and folders.is_data(entry["Key"][len(prefix) :])]

    def _look_into(self, bucket: str, objects: list[Json]) -> list[File]:
        how = (self.crawler["Role"], bucket, repr(self.classifiers))
        unknown = [entry for entry in objects if (*how, entry["Key"], entry["ETag"]) not in _looked_into]
        with ThreadPoolExecutor(READERS) as pool:  # one is always read, so that it shows whether the role may
            schemas = list(pool.map(lambda entry: self._schema(bucket, entry), unknown or objects[:1]))
        for entry, schema in zip(unknown, schemas, strict=False):
            _looked_into[(*how, entry["Key"], entry["ETag"])] = schema
        recognised = []
        for entry in objects:
            schema = _looked_into[(*how, entry["Key"], entry["ETag"])]
            if schema is None:
                self.log(f"WARN : No classifier recognises s3://{bucket}/{entry['Key']}; it is left out")
            else:
                recognised.append(File(entry["Key"], entry["Size"], schema))
        return recognised

    def _schema(self, bucket: str, entry: Json) -> Schema | None:
        if self.stopping:
            raise StoppedError

        def read(some: str) -> bytes:
            body = self.s3.get_object(Bucket=bucket, Key=entry["Key"], Range=f"bytes={some}")["Body"]
            return body.read()  # type: ignore[no-any-return]

        sample = read(f"0-{files.SAMPLE_BYTES - 1}")
        if sample[:4] != b"PAR1":
            return files.text(sample, entry["Size"], self.classifiers)
        if len(sample) < entry["Size"]:
            sample = read(f"-{int.from_bytes(read('-8')[:4], 'little') + 8}")
        return files.parquet(sample)

    # --- tables

    def _bring_up_to_date(self, bucket: str, table: Table) -> str:
        """Make a table, or update the one that is at its place; returns its name."""
        location = f"s3://{bucket}/{table.prefix}"
        name = next((name for name, place in self.known.items() if place == location.rstrip("/")), None)
        if name is not None:
            self._update(name, location, table)
        else:
            name = folders.name_of(table.prefix, bucket)
            if name in self.known:  # the guide: a duplicate table name gets a hash as its suffix
                name = f"{name}_{hashlib.md5(location.encode(), usedforsecurity=False).hexdigest()}"
            rest = {"Name": name, "Owner": "owner", "Retention": 0, "TableType": "EXTERNAL_TABLE"}
            self.glue.create_table(**self.database, TableInput=rest | self._definition(table, location))
            self.known[name] = location.rstrip("/")
            self.created += 1
            self.log(f"INFO : Created table {name} at {location}")
        if table.keys:
            self._write_partitions(self.database | {"TableName": name}, bucket, table)
        return name

    def _definition(self, table: Table, location: str) -> Json:
        storage = self._described(table.schema, table.files, location)
        keys = [{"Name": key, "Type": "string"} for key in table.keys]
        return {"StorageDescriptor": storage, "PartitionKeys": keys, "Parameters": storage["Parameters"]}

    def _update(self, name: str, location: str, table: Table) -> None:
        """Bring an existing table up to date.

        A table whose schema is as before keeps what people wrote into it, comments too; one with another schema is
        written anew, which removes what is not the crawler's (the guide: "Remove any metadata that is not set by the
        crawler").
        """
        answer = self.glue.get_table(**self.database, Name=name)["Table"]
        before = {key: answer[key] for key in _TABLE_INPUT if answer.get(key) is not None}
        now = self._definition(table, location)
        if _shape(before) != _shape(now):
            before.pop("Description", None)
            self.updated += 1
            self.log(f"INFO : Updated table {name}")
        else:
            now = {"Parameters": before.get("Parameters", {}) | now["Parameters"]}
        if before | now != before:
            self.glue.update_table(**self.database, TableInput=before | now)

    def _described(self, schema: Schema, of_files: list[File], location: str) -> Json:
        """Return the StorageDescriptor that a crawler writes."""
        kind, *csv = schema.format
        size = sum(file.size for file in of_files)
        parameters = {
            "CrawlerSchemaDeserializerVersion": "1.0", "CrawlerSchemaSerializerVersion": "1.0",
            "UPDATED_BY_CRAWLER": self.crawler["Name"],
            "averageRecordSize": str(size // schema.rows if schema.rows else 0), "classification": kind,
            "compressionType": "none", "objectCount": str(len(of_files)), "recordCount": str(schema.rows),
            "sizeKey": str(size), "typeOfData": "file",
        }  # fmt: skip
        if csv:
            parameters |= {"areColumnsQuoted": "false", "columnsOrdered": "true", "delimiter": csv[0]}
            parameters |= {"skip.header.line.count": "1"} if csv[1] else {}
        takes, gives, serde = _STORAGE[kind]
        options = {"field.delim": csv[0]} if csv else {"serialization.format": "1"}
        return {
            "Columns": [{"Name": name, "Type": hive_type} for name, hive_type in schema.columns],
            "Location": location, "InputFormat": takes, "OutputFormat": gives, "Compressed": False,
            "NumberOfBuckets": -1, "SerdeInfo": {"SerializationLibrary": serde, "Parameters": options},
            "BucketColumns": [], "SortColumns": [], "Parameters": parameters, "StoredAsSubDirectories": False,
        }  # fmt: skip

    def _write_partitions(self, place: Json, bucket: str, table: Table) -> None:
        """Add new partitions and renew those whose files changed; those without files stay (DeleteBehavior LOG)."""
        pages = self.glue.get_paginator("get_partitions").paginate(**place)
        known = {tuple(entry["Values"]): entry for page in pages for entry in page["Partitions"]}
        new, renewed = [], []
        for (values, prefix), of_files in table.partitions.items():
            storage = self._described(folders.merged(of_files), of_files, f"s3://{bucket}/{prefix}")
            entry = {"Values": list(values), "StorageDescriptor": storage, "Parameters": storage["Parameters"]}
            before = known.get(values)
            if before is None:
                new.append(entry)
            elif any(before.get(name) != value for name, value in entry.items()):
                renewed.append({"PartitionValueList": entry["Values"], "PartitionInput": entry})
        for some in _batches(new):
            self.glue.batch_create_partition(**place, PartitionInputList=some)
        for some in _batches(renewed):
            self.glue.batch_update_partition(**place, Entries=some)
        self.log(f"INFO : Table {place['TableName']}: {len(new)} new partitions, {len(renewed)} renewed")


def _batches(entries: Iterable[Json]) -> Iterator[list[Json]]:
    rest = iter(entries)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def _shape(definition: Json) -> Any:
    """Return what makes two definitions of a table the same schema."""
    storage = definition["StorageDescriptor"]
    columns = [(column["Name"], column["Type"]) for column in storage["Columns"]]
    serde = storage.get("SerdeInfo", {}).get("SerializationLibrary")
    return columns, [key["Name"] for key in definition.get("PartitionKeys", [])], storage.get("InputFormat"), serde
