"""Which folders are tables, and which are partitions of one.

Sources: the AWS Glue developer guide, "How does a crawler determine when to create partitions?"; AWS re:Post, "How does
the AWS Glue crawler detect the schema?" (70 % similarity).
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import unquote

from local_aws.glue.files import Schema

SIMILAR_ENOUGH = 0.7
_WHOLE = ("tinyint", "smallint", "int", "bigint")


@dataclass(frozen=True)
class File:
    """An object that a classifier recognised."""

    key: str
    size: int
    schema: Schema

    def folders(self, prefix: str) -> list[str]:
        """Return the folders that it is in, below a prefix."""
        return self.key[len(prefix) :].split("/")[:-1]


@dataclass(frozen=True)
class Table:
    """A table as its files show it. prefix: of its folder with the last slash, or the key of its only file.

    partitions: values and prefix of each, with its files.
    """

    prefix: str
    keys: tuple[str, ...]
    partitions: dict[tuple[tuple[str, ...], str], list[File]]
    files: list[File]

    @property
    def schema(self) -> Schema:
        """The columns of all its files, but not the partition keys."""
        whole = merged(self.files)
        return Schema(whole.format, tuple(column for column in whole.columns if column[0] not in self.keys), whole.rows)


def is_data(key: str) -> bool:
    """Tell whether Hive's readers see an object: not a folder's marker, nor hidden by an underscore or a dot."""
    return not key.endswith("/") and not any(part.startswith(("_", ".")) for part in key.split("/"))


def name_of(prefix: str, bucket: str) -> str:
    """Return the name of a table in a folder or file: its last part in lower case, all else an underscore."""
    return re.sub(r"[^a-z0-9_]", "_", (prefix.rstrip("/").rpartition("/")[2] or bucket).lower())


def tables(files: list[File], prefix: str) -> list[Table]:
    """Return the tables below a folder: the folder itself when most of its files go together, else what is in it."""
    if not files:
        return []
    alike = max(([file for file in files if _similar(file, first)] for first in _firsts(files)), key=len)
    named = any("=" in folder for file in alike for folder in file.folders(prefix))
    one_depth = len({len(file.folders(prefix)) for file in alike}) == 1
    if len(alike) > SIMILAR_ENOUGH * len(files) and (one_depth or not named):
        return [_table(alike, prefix)]
    below: dict[str, list[File]] = defaultdict(list)
    for file in files:
        below[prefix + "".join(f"{folder}/" for folder in file.folders(prefix)[:1])].append(file)
    alone = [_table([file], file.key) for file in below.pop(prefix, [])]
    return alone + [table for folder, inside in below.items() for table in tables(inside, folder)]


def _firsts(files: list[File]) -> list[File]:
    return list({file.schema: file for file in reversed(files)}.values())


def _similar(file: File, other: File) -> bool:
    names, others = ({name for name, _ in one.schema.columns} for one in (file, other))
    return file.schema.format == other.schema.format and len(names & others) >= SIMILAR_ENOUGH * len(names | others)


def merged(files: list[File]) -> Schema:
    """Return one schema for files of one table: all columns in order of appearance, with types wide enough for all."""
    types: dict[str, str] = {}
    for schema in dict.fromkeys(file.schema for file in files):
        for name, kind in schema.columns:
            types[name] = _wider(types.get(name, kind), kind)
    return Schema(files[0].schema.format, tuple(types.items()), sum(file.schema.rows for file in files))


def _wider(left: str, right: str) -> str:
    if left == right:
        return left
    if left in _WHOLE and right in _WHOLE:
        return max(left, right, key=_WHOLE.index)
    return "double" if {left, right} <= {*_WHOLE, "float", "double"} else "string"


def _table(files: list[File], prefix: str) -> Table:
    """Return a table; files at several depths, in folders without names, make one without partitions."""
    paths = [file.folders(prefix) for file in files]
    keys = []
    for position, level in enumerate(zip(*paths, strict=True) if len({len(path) for path in paths}) == 1 else ()):
        names = {folder.partition("=")[0].lower() if "=" in folder else "" for folder in level}
        keys.append((names.pop() if len(names) == 1 else "") or f"partition_{position}")
    partitions: dict[tuple[tuple[str, ...], str], list[File]] = defaultdict(list)
    for file, path in zip(files, paths, strict=True):
        values = tuple(unquote(folder.partition("=")[2]) if "=" in folder else folder for folder in path)
        partitions[values, prefix + "".join(f"{folder}/" for folder in path)].append(file)
    return Table(prefix, tuple(keys), partitions, files)
