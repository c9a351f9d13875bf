"""Which folders are tables, and which are partitions of one.

Sources: the AWS Glue developer guide, "How does a crawler determine when to create partitions?", "Creating a single
schema for each Amazon S3 include path", "Specifying the table location and partitioning level"; AWS re:Post, "How
does the AWS Glue crawler detect the schema?" (70 % similarity).
"""

import fnmatch
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from local_aws.glue.schema import SIMILAR_ENOUGH, Schema, clusters, merged
from local_aws.s3.object_store import StoredObject

MOST_CLUSTERS = 5


@dataclass(frozen=True)
class File:
    """An object that a classifier recognised."""

    object: StoredObject
    schema: Schema


@dataclass(frozen=True)
class Grouping:
    """The crawler's Configuration.Grouping: one table whatever the columns, and the level where tables are."""

    combine: bool = False
    table_level: int | None = None


@dataclass(frozen=True)
class FoundPartition:
    """values: one for each partition key; prefix: of its folder, with the last slash."""

    values: tuple[str, ...]
    prefix: str
    files: tuple[File, ...]


@dataclass(frozen=True)
class FoundTable:
    """A table as its files show it. prefix: the key prefix of its root, or the key of its only file."""

    name: str
    prefix: str
    schema: Schema
    partition_keys: tuple[str, ...]
    partitions: tuple[FoundPartition, ...]
    files: tuple[File, ...]


def is_data(key: str) -> bool:
    """Tell whether Hive readers see the object: not a folder marker, nor hidden by an underscore or a dot."""
    return not key.endswith("/") and not any(part.startswith(("_", ".")) for part in key.split("/"))


def excluded(pattern: str) -> Callable[[str], bool]:
    """Return a test of keys (relative to the include path) for an exclude pattern, a glob whose * stops at a slash."""
    parts = re.split(r"(\*\*|\*|\?|\{[^}]*\}|\[[^]]*\])", pattern)
    regex = "".join(_glob_part(part) for part in parts)
    return lambda relative: re.fullmatch(regex, relative) is not None


def _glob_part(part: str) -> str:
    if part == "**":
        return ".*"
    if part == "*":
        return "[^/]*"
    if part == "?":
        return "[^/]"
    if part.startswith("{"):
        return "(" + "|".join(_glob_part(choice) for choice in part[1:-1].split(",")) + ")"
    if part.startswith("["):
        return fnmatch.translate(part).removeprefix("(?s:").removesuffix(")\\Z")
    return re.escape(part)


def table_name(prefix: str, bucket: str) -> str:
    """Return the name for a table at a folder, file or bucket: its last part, lower case, all else an underscore."""
    last = prefix.rstrip("/").rsplit("/", 1)[-1] or bucket
    return re.sub(r"[^a-z0-9_]", "_", last.lower())


def tables(files: Iterable[File], bucket: str, prefix: str, grouping: Grouping) -> list[FoundTable]:
    """Return the tables below an include path.

    prefix: the include path's key prefix, with its last slash, or empty.
    """
    several = sorted(files, key=lambda file: file.object.key)
    if grouping.table_level is None:
        return _tables(several, bucket, prefix, grouping)
    roots: dict[str, list[File]] = defaultdict(list)
    for file in several:
        folders = file.object.key.split("/")[:-1]
        root = folders[: grouping.table_level - 1]
        if len(root) == grouping.table_level - 1:
            roots["".join(f"{folder}/" for folder in root)].append(file)
    return [_table(_largest_cluster(below), bucket, root) for root, below in roots.items()]


def _tables(files: list[File], bucket: str, prefix: str, grouping: Grouping) -> list[FoundTable]:
    if not files:
        return []
    together = _one_table(files, prefix, grouping)
    if together:
        return [_table(together, bucket, prefix)]
    here = [file for file in files if "/" not in file.object.key[len(prefix) :]]
    below: dict[str, list[File]] = defaultdict(list)
    for file in files:
        folder, slash, _ = file.object.key[len(prefix) :].partition("/")
        if slash:
            below[f"{prefix}{folder}/"].append(file)
    found = [_table([file], bucket, file.object.key) for file in here]
    for folder, inside in below.items():
        found += _tables(inside, bucket, folder, grouping)
    return found


def _one_table(files: list[File], prefix: str, grouping: Grouping) -> list[File]:
    """Return the files of one table at this folder: the majority that goes together; none if it is no table."""
    groups = clusters(file.schema for file in files)
    if grouping.combine:
        alike = [file for file in files if file.schema.format == groups[0][0].format]
    else:
        largest = set(groups[0])
        alike = [file for file in files if file.schema in largest]
    if len(groups) > MOST_CLUSTERS or len(alike) / len(files) <= SIMILAR_ENOUGH:
        return []
    depths = {len(_folders(file, prefix)) for file in alike}
    named = any("=" in folder for file in alike for folder in _folders(file, prefix))
    return alike if len(depths) == 1 or not named else []


def _largest_cluster(files: list[File]) -> list[File]:
    """Return the files that make up a table whose place was given: those that go together, if not all do."""
    largest = set(clusters(file.schema for file in files)[0])
    return [file for file in files if file.schema in largest]


def _folders(file: File, prefix: str) -> list[str]:
    return file.object.key[len(prefix) :].split("/")[:-1]


def _table(files: list[File], bucket: str, prefix: str) -> FoundTable:
    keys = _partition_keys(files, prefix)
    inside: dict[str, list[File]] = defaultdict(list)
    for file in files if keys else []:
        inside[prefix + "".join(f"{folder}/" for folder in _folders(file, prefix))].append(file)
    partitions = tuple(
        FoundPartition(tuple(_value(folder) for folder in _folders(of_it[0], prefix)), folder, tuple(of_it))
        for folder, of_it in inside.items()
    )
    schema = merged(file.schema for file in files)
    columns = tuple(column for column in schema.columns if column.name not in keys)
    schema = Schema(schema.format, columns, schema.rows)
    return FoundTable(table_name(prefix, bucket), prefix, schema, keys, partitions, tuple(files))


def _partition_keys(files: list[File], prefix: str) -> tuple[str, ...]:
    """Return a key for each folder level below the root: the name in `name=value` folders, else partition_0 and on.

    Files at several depths (in folders without names) make a table without partitions.
    """
    paths = [_folders(file, prefix) for file in files]
    if len({len(path) for path in paths}) != 1:
        return ()
    keys = []
    for position in range(len(paths[0])):
        names = {path[position].partition("=")[0].lower() if "=" in path[position] else "" for path in paths}
        named = names.pop() if len(names) == 1 else ""
        keys.append(named or f"partition_{position}")
    return tuple(keys)


def _value(folder: str) -> str:
    return unquote(folder.partition("=")[2]) if "=" in folder else folder
