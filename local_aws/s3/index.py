"""The index of all object versions: a SQLite file, so that it survives a kill at any moment.

The bytes are plain files; a row says which file, and by inode, modification time and size whether it is still the one
that the row describes.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SCHEMA = """
create table if not exists version (
    seq integer primary key autoincrement,  -- the order of writing
    bucket text not null,
    key text not null,
    version_id text not null,               -- 'null' in buckets without versions
    latest integer not null,
    marker integer not null,                -- 1: a delete marker
    size integer not null,
    etag text not null,
    modified real not null,                 -- seconds since 1970
    path text not null,                     -- below the bucket's folder
    kept text,                              -- name in the folder of versions, which holds it when it is not the newest
    work text,                              -- name in the work folder until it is in place
    inode integer not null,
    mtime_ns integer not null,
    attributes text not null                -- JSON: headers, metadata, tags, checksum, parts, encryption
);
create unique index if not exists version_by_id on version (bucket, key, version_id);
create index if not exists version_by_key on version (bucket, key, seq);
create index if not exists version_by_path on version (bucket, path);
create index if not exists version_by_work on version (work);
create table if not exists upload (
    upload_id text primary key,
    bucket text not null,
    key text not null,
    initiated real not null,
    attributes text not null,
    completed integer                       -- seq of the version it became
);
create table if not exists part (
    upload_id text not null references upload on delete cascade,
    number integer not null,
    file text not null,
    size integer not null,
    etag text not null,
    modified real not null,
    checksum text,
    primary key (upload_id, number)
);
"""


@dataclass(frozen=True)
class Version:
    """One version of an object, or a delete marker."""

    bucket: str
    key: str
    version_id: str
    size: int
    etag: str
    modified: float
    path: str
    latest: bool = True
    marker: bool = False
    kept: str | None = None
    work: str | None = None
    inode: int = 0
    mtime_ns: int = 0
    attributes: dict[str, Any] = field(default_factory=dict)
    seq: int = 0

    @property
    def last_modified(self) -> datetime:
        """The time of the upload in whole seconds, UTC, as S3 gives it."""
        return datetime.fromtimestamp(int(self.modified), UTC)

    @property
    def identity(self) -> tuple[int, int, int]:
        """What tells one file from another that took its name."""
        return self.inode, self.mtime_ns, self.size


@dataclass(frozen=True)
class Upload:
    """A multipart upload."""

    upload_id: str
    bucket: str
    key: str
    initiated: float
    attributes: dict[str, Any]
    completed: int | None = None


@dataclass(frozen=True)
class Part:
    """One part of a multipart upload."""

    number: int
    file: str
    size: int
    etag: str
    modified: float
    checksum: str | None


COLUMNS = "bucket, key, version_id, latest, marker, size, etag, modified, path, kept, work, inode, mtime_ns, attributes"


class Index:
    """Rows of versions and uploads. Callers hold the store's lock."""

    def __init__(self, file: Path) -> None:
        """Open or create the index."""
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.execute("pragma foreign_keys = on")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all rows written inside count at once, or none."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def latest(self, bucket: str, key: str) -> Version | None:
        """Return the newest version or delete marker of a key."""
        return self._one("bucket = ? and key = ? and latest = 1", bucket, key)

    def by_id(self, bucket: str, key: str, version_id: str) -> Version | None:
        """Return one version of a key."""
        return self._one("bucket = ? and key = ? and version_id = ?", bucket, key, version_id)

    def by_seq(self, seq: int) -> Version | None:
        """Return the version with this number."""
        return self._one("seq = ?", seq)

    def by_work(self, work: str) -> Version | None:
        """Return the version whose bytes are in this work file, if it was committed."""
        return self._one("work = ?", work)

    def newest_before(self, version: Version) -> Version | None:
        """Return the version of the same key that comes before all others but this one."""
        return self._one(
            "bucket = ? and key = ? and seq <> ? order by seq desc limit 1", version.bucket, version.key, version.seq
        )

    def newest(self, bucket: str, start: str = "") -> Iterator[Version]:
        """Yield the newest version of every key from `start` on, in UTF-8 order; no delete markers."""
        return self._many("bucket = ? and key >= ? and latest = 1 and marker = 0 order by key", bucket, start)

    def all_versions(self, bucket: str, start: str = "") -> Iterator[Version]:
        """Yield all versions and delete markers from a key on: by key, newest first."""
        return self._many("bucket = ? and key >= ? order by key, seq desc", bucket, start)

    def is_empty(self, bucket: str) -> bool:
        """Tell whether a bucket has neither an object, nor an old version, nor a delete marker."""
        return self._one("bucket = ? limit 1", bucket) is None

    def insert(self, version: Version) -> Version:
        """Add a version; the newest one so far of its key is the newest no longer."""
        self._db.execute(
            "update version set latest = 0 where bucket = ? and key = ? and latest = 1", (version.bucket, version.key)
        )
        marks = ", ".join("?" * 14)
        cursor = self._db.execute(f"insert into version ({COLUMNS}) values ({marks})", _row(version))  # noqa: S608
        return Version(**{**version.__dict__, "seq": cursor.lastrowid})

    def remove(self, version: Version) -> None:
        """Forget a version; the one before it becomes the newest."""
        self._db.execute("delete from version where seq = ?", (version.seq,))
        self._db.execute(
            "update version set latest = 1 where seq = (select max(seq) from version where bucket = ? and key = ?)",
            (version.bucket, version.key),
        )

    def keep(self, version: Version, kept: str) -> None:
        """Note where a version lies when it is not the newest."""
        self._db.execute("update version set kept = ? where seq = ?", (kept, version.seq))

    def put_back(self, version: Version, work: str, inode: int, mtime_ns: int) -> None:
        """Note the copy of an older version that becomes the newest one's file again."""
        self._db.execute(
            "update version set work = ?, inode = ?, mtime_ns = ? where seq = ?", (work, inode, mtime_ns, version.seq)
        )

    def set_attributes(self, version: Version, attributes: dict[str, Any]) -> None:
        """Replace what is noted beside the bytes (tags)."""
        self._db.execute("update version set attributes = ? where seq = ?", (json.dumps(attributes), version.seq))

    def forget_bucket(self, bucket: str) -> None:
        """Forget a deleted bucket's uploads; it has no versions."""
        self._db.execute("delete from upload where bucket = ?", (bucket,))

    def add_upload(self, upload: Upload) -> None:
        """Note a new multipart upload."""
        self._db.execute(
            "insert into upload (upload_id, bucket, key, initiated, attributes) values (?, ?, ?, ?, ?)",
            (upload.upload_id, upload.bucket, upload.key, upload.initiated, json.dumps(upload.attributes)),
        )

    def upload(self, upload_id: str) -> Upload | None:
        """Return a multipart upload, completed or not."""
        return next(self._uploads("upload_id = ?", upload_id), None)

    def open_uploads(self, bucket: str) -> list[Upload]:
        """Return the bucket's unfinished uploads by key and start."""
        return list(self._uploads("bucket = ? and completed is null order by key, initiated", bucket))

    def complete_upload(self, upload_id: str, seq: int) -> None:
        """Note what an upload became, so that completing it once more gives the same answer; forget its parts."""
        self._db.execute("update upload set completed = ? where upload_id = ?", (seq, upload_id))
        self._db.execute("delete from part where upload_id = ?", (upload_id,))

    def remove_upload(self, upload_id: str) -> None:
        """Forget an upload and its parts."""
        self._db.execute("delete from upload where upload_id = ?", (upload_id,))

    def put_part(self, upload_id: str, part: Part) -> None:
        """Note a part; one of the same number is replaced."""
        self._db.execute(
            "insert or replace into part (upload_id, number, file, size, etag, modified, checksum)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            (upload_id, part.number, part.file, part.size, part.etag, part.modified, part.checksum),
        )

    def parts(self, upload_id: str) -> list[Part]:
        """Return an upload's parts by number."""
        rows = self._db.execute(
            "select number, file, size, etag, modified, checksum from part where upload_id = ? order by number",
            (upload_id,),
        )
        return [Part(*row) for row in rows]

    def part_files(self) -> set[str]:
        """Return the names of all files that hold a part."""
        return {row[0] for row in self._db.execute("select file from part")}

    def kept_files(self) -> set[str]:
        """Return the names of all files that hold a version."""
        return {row[0] for row in self._db.execute("select bucket || '/' || kept from version where kept is not null")}

    def _uploads(self, where: str, *values: object) -> Iterator[Upload]:
        rows = self._db.execute(
            f"select upload_id, bucket, key, initiated, attributes, completed from upload where {where}",  # noqa: S608
            values,
        )
        for upload_id, bucket, key, initiated, attributes, completed in rows:
            yield Upload(upload_id, bucket, key, initiated, json.loads(attributes), completed)

    def _one(self, where: str, *values: object) -> Version | None:
        return next(self._many(where, *values), None)

    def _many(self, where: str, *values: object) -> Iterator[Version]:
        rows = self._db.execute(f"select {COLUMNS}, seq from version where {where}", values)  # noqa: S608
        for row in rows:
            yield _version(row)


def _row(version: Version) -> tuple[Any, ...]:
    return (
        version.bucket,
        version.key,
        version.version_id,
        int(version.latest),
        int(version.marker),
        version.size,
        version.etag,
        version.modified,
        version.path,
        version.kept,
        version.work,
        version.inode,
        version.mtime_ns,
        json.dumps(version.attributes),
    )


def _version(row: tuple[Any, ...]) -> Version:
    (
        bucket,
        key,
        version_id,
        latest,
        marker,
        size,
        etag,
        modified,
        path,
        kept,
        work,
        inode,
        mtime_ns,
        attributes,
        seq,
    ) = row
    return Version(
        bucket=bucket,
        key=key,
        version_id=version_id,
        latest=bool(latest),
        marker=bool(marker),
        size=size,
        etag=etag,
        modified=modified,
        path=path,
        kept=kept,
        work=work,
        inode=inode,
        mtime_ns=mtime_ns,
        attributes=json.loads(attributes),
        seq=seq,
    )
