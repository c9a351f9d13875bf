"""Objects as plain files, with an index beside them.

    <home>/s3/<bucket>/<key>       the newest version of every object
    <home>/s3-versions/<bucket>/   a copy of every version of a bucket that has versions
    <home>/s3-uploads/             parts of unfinished multipart uploads
    <home>/s3-work/                bytes on their way in
    <home>/s3-index.sqlite         what is known of every version

A write counts once its row is committed; the file follows, and `recover` finishes what a kill interrupted. A file
that somebody wrote or removed behind the API (Spark, DuckDB, an editor) is noticed when it is asked for.
"""

import hashlib
import os
import secrets
import shutil
import stat
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from local_aws.s3 import names
from local_aws.s3.errors import ConditionalRequestConflict, NoSuchKey
from local_aws.s3.index import Index, Part, Upload, Version

CHUNK = 1024 * 1024
NULL = "null"

Identity = tuple[int, int, int]
Announce = Callable[[str, Version], None]
Condition = Callable[[Version | None], None]


@dataclass(frozen=True)
class StoredObject:
    """The newest version of an object: `path` holds its bytes, `etag` has no quotes, `last_modified` whole seconds."""

    key: str
    path: Path
    size: int
    last_modified: datetime
    etag: str
    version_id: str


class Store:
    """All buckets' objects. Every public method may be called from any thread."""

    def __init__(self, home: Path, versioning: Callable[[str], str | None], announce: Announce) -> None:
        """Open the store below `home`.

        `versioning` gives a bucket's status (None, Enabled, Suspended) and raises NoSuchBucket; `announce` is told of
        each change, with the S3 event's name and the version.
        """
        self.folder = home / "s3"
        self.versions = home / "s3-versions"
        self.uploads = home / "s3-uploads"
        self.work = home / "s3-work"
        for folder in (self.folder, self.versions, self.uploads, self.work):
            folder.mkdir(parents=True, exist_ok=True)
        self.index = Index(home / "s3-index.sqlite")
        self.lock = threading.RLock()
        self._versioning = versioning
        self._announce = announce
        self._deleted_at: dict[tuple[str, str], float] = {}
        self.recover()

    def close(self) -> None:
        """Close the index."""
        with self.lock:
            self.index.close()

    def recover(self) -> None:
        """Finish the writes that were committed and drop those that were not."""
        for file in self.work.iterdir():
            version = self.index.by_work(file.name)
            if version is not None and version.latest:
                self._put_in_place(file, version)
            else:
                file.unlink()
        parts = self.index.part_files()
        for file in self.uploads.iterdir():
            if file.name not in parts:
                file.unlink()
        kept = self.index.kept_files()
        for file in self.versions.glob("*/*"):
            if f"{file.parent.name}/{file.name}" not in kept:
                file.unlink()

    # buckets

    def bucket_folder(self, bucket: str) -> Path:
        """Return the folder of a bucket's newest versions; raise NoSuchBucket."""
        self._versioning(bucket)
        return self.folder / bucket

    def make_bucket(self, bucket: str) -> None:
        """Make a new bucket's folders."""
        (self.folder / bucket).mkdir(exist_ok=True)
        (self.versions / bucket).mkdir(exist_ok=True)

    def bucket_is_empty(self, bucket: str) -> bool:
        """Tell whether the bucket has neither object nor old version nor delete marker."""
        self.take_in(bucket)
        with self.lock:
            return self.index.is_empty(bucket)

    def drop_bucket(self, bucket: str) -> None:
        """Remove an empty bucket's folders."""
        with self.lock:
            self.index.forget_bucket(bucket)
            shutil.rmtree(self.folder / bucket, ignore_errors=True)
            shutil.rmtree(self.versions / bucket, ignore_errors=True)

    # reading

    def find(self, bucket: str, key: str, version_id: str | None = None) -> Version | None:
        """Return a version or delete marker, the newest when none is named, after a look at the file itself."""
        self._refresh(bucket, key)
        with self.lock:
            if version_id is None:
                return self.index.latest(bucket, key)
            return self.index.by_id(bucket, key, version_id)

    def open(self, bucket: str, key: str, version_id: str | None = None) -> tuple[Version | None, BinaryIO | None]:
        """Return a version together with its open file, so that a later write cannot mix the two."""
        for _ in range(10):
            version = self.find(bucket, key, version_id)
            if version is None or version.marker:
                return version, None
            with self.lock:
                try:
                    file = self.file_of(version).open("rb")
                except FileNotFoundError:  # removed behind the API since we looked
                    continue
                if version.kept or _identity(os.fstat(file.fileno())) == version.identity:
                    return version, file
                file.close()
        return None, None

    def file_of(self, version: Version) -> Path:
        """Return the file that holds a version's bytes."""
        if version.kept:
            return self.versions / version.bucket / version.kept
        return self.folder / version.bucket / version.path

    def newest(self, bucket: str, prefix: str, start: str = "") -> Iterator[Version]:
        """Yield the newest versions below a prefix from `start` on. The caller holds the lock and has taken in."""
        for version in self.index.newest(bucket, max(prefix, start)):
            if not version.key.startswith(prefix):
                return
            yield version

    # writing

    def new_work_file(self) -> Path:
        """Return the name of a file for bytes on their way in."""
        return self.work / secrets.token_hex(16)

    def put(
        self,
        bucket: str,
        key: str,
        work: Path,
        etag: str,
        attributes: dict[str, Any],
        *,
        event: str = "s3:ObjectCreated:Put",
        condition: Condition | None = None,
        began: float | None = None,
    ) -> Version:
        """Make a work file the newest version of a key.

        Args:
            bucket: the bucket.
            key: the key.
            work: a complete file in the work folder; it is moved.
            etag: its entity tag without quotes.
            attributes: what else to note, see the index.
            event: the S3 event's name.
            condition: called under the lock with the version that is about to be replaced; raises to refuse.
            began: when the request began (time.monotonic), to tell a delete that came in between.

        """
        self._refresh(bucket, key)
        with self.lock:
            status = self._versioning(bucket)
            before = self.index.latest(bucket, key)
            if condition is not None:
                self._refuse_if_deleted_since(bucket, key, began)
                condition(None if before is None or before.marker else before)
            path = before.path if before is not None and not before.marker else self._free_path(bucket, key)
            found = work.stat()
            version = Version(
                bucket=bucket,
                key=key,
                version_id=_new_version_id() if status == "Enabled" else NULL,
                size=found.st_size,
                etag=etag,
                modified=time.time(),
                path=path,
                kept=self._keep(bucket, work) if status == "Enabled" else None,
                work=work.name,
                inode=found.st_ino,
                mtime_ns=found.st_mtime_ns,
                attributes=attributes,
            )
            version = self._commit(version, before)
            self._put_in_place(work, version)
        self._announce(event, version)
        return version

    def set_attributes(self, version: Version, attributes: dict[str, Any]) -> None:
        """Replace what is noted beside a version's bytes."""
        with self.lock:
            self.index.set_attributes(version, attributes)

    def delete(
        self, bucket: str, key: str, condition: Condition | None = None, *, by_rule: bool = False
    ) -> Version | None:
        """Delete a key: for good without versions, else by a delete marker, which is returned.

        A life-cycle rule's deletes (`by_rule`) have events of their own.
        """
        self._refresh(bucket, key)
        with self.lock:
            self._deleted_at[bucket, key] = time.monotonic()
            status = self._versioning(bucket)
            before = self.index.latest(bucket, key)
            if condition is not None:
                condition(None if before is None or before.marker else before)
            if before is None and status is None:
                return None
            if before is not None and not before.marker:
                if before.kept is None and status == "Enabled":
                    self.index.keep(before, self._keep(bucket, self.file_of(before)))
                self._remove_file(before)
            gone = self._note_deleted(bucket, key, before, status)
        self._announce(_event_of(gone[0], by_rule=by_rule), gone[1])
        return gone[1] if status is not None else None

    def delete_version(self, bucket: str, key: str, version_id: str, *, by_rule: bool = False) -> Version | None:
        """Delete one version or delete marker for good; return it, or None when there is none."""
        self._refresh(bucket, key)
        with self.lock:
            self._deleted_at[bucket, key] = time.monotonic()
            version = self.index.by_id(bucket, key, version_id)
            if version is None:
                return None
            if version.latest:
                self._step_back(version)
            else:
                self.index.remove(version)
            self._drop_kept(version)
        self._announce(_event_of("s3:ObjectRemoved:Delete", by_rule=by_rule), version)
        return version

    def take_in(self, bucket: str, prefix: str = "") -> tuple[int, int]:
        """Adopt what was written or removed behind the API below a prefix.

        Returns:
            how many objects were added or replaced, and how many removed.

        """
        files = self._files(bucket, prefix)
        with self.lock:
            known = {version.path: version for version in self.newest(bucket, prefix)}
        changed = [version.key for path, version in known.items() if files.get(path) != version.identity]
        unknown = (
            names.key_of(path) for path in files if path not in known and names.may_be_taken_in(PurePosixPath(path))
        )
        changed += [key for key in unknown if key is not None]
        outcomes = [self._refresh(bucket, key) for key in changed]
        return outcomes.count("added"), outcomes.count("removed")

    # multipart uploads

    def add_part(self, upload: Upload, part: Part, work: Path) -> None:
        """Keep a part; one of the same number is replaced."""
        with self.lock:
            old = [before for before in self.index.parts(upload.upload_id) if before.number == part.number]
            work.replace(self.uploads / part.file)
            self.index.put_part(upload.upload_id, part)
            for before in old:
                (self.uploads / before.file).unlink(missing_ok=True)

    def drop_parts(self, parts: list[Part]) -> None:
        """Remove the files of parts that are no longer needed."""
        for part in parts:
            (self.uploads / part.file).unlink(missing_ok=True)

    # inside; the caller holds the lock, except for _refresh, _files and _adopt

    def _refuse_if_deleted_since(self, bucket: str, key: str, began: float | None) -> None:
        if began is not None and self._deleted_at.get((bucket, key), 0.0) > began:
            raise ConditionalRequestConflict(key)

    def _keep(self, bucket: str, file: Path) -> str:
        """Copy a file into the folder of versions: a copy, so that nobody can change it through the newest one."""
        kept = secrets.token_hex(16)
        (self.versions / bucket).mkdir(exist_ok=True)
        shutil.copyfile(file, self.versions / bucket / kept)
        return kept

    def _commit(self, version: Version, before: Version | None) -> Version:
        """Insert a version; the one that it replaces for good (same version id) goes, another is kept."""
        replaced = self.index.by_id(version.bucket, version.key, version.version_id)
        if before is not None and not before.marker and before.kept is None and before.version_id != version.version_id:
            self.index.keep(before, self._keep(version.bucket, self.file_of(before)))
        with self.index.transaction():
            if replaced is not None:
                self.index.remove(replaced)
            version = self.index.insert(version)
        self._drop_kept(replaced)
        return version

    def _drop_kept(self, version: Version | None) -> None:
        if version is not None and version.kept:
            (self.versions / version.bucket / version.kept).unlink(missing_ok=True)

    def _put_in_place(self, work: Path, version: Version) -> None:
        target = self.folder / version.bucket / version.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():  # left empty by somebody behind the API; _free_path saw to it that it is empty
            target.rmdir()
        work.replace(target)

    def _free_path(self, bucket: str, key: str) -> str:
        """Return where a new key goes: its own name, unless a file stands where it needs a folder or the reverse."""
        path = names.plain_path(key)
        if path is None:
            return names.escaped_path(key)
        top = self.folder / bucket
        target = top / path
        if target.is_dir() and any(target.iterdir()):
            return names.escaped_path(key)
        for parent in target.parents:
            if parent == top:
                return path
            if parent.exists() and not parent.is_dir():
                return names.escaped_path(key)
        return path

    def _remove_file(self, version: Version) -> None:
        file = self.folder / version.bucket / version.path
        file.unlink(missing_ok=True)
        names.remove_empty_folders(file.parent, self.folder / version.bucket)

    def _note_deleted(self, bucket: str, key: str, before: Version | None, status: str | None) -> tuple[str, Version]:
        """Note that a key is gone; return the event's name and the marker, or the version that went."""
        if status is None and before is not None:
            self.index.remove(before)
            return "s3:ObjectRemoved:Delete", before
        marker = Version(
            bucket=bucket,
            key=key,
            version_id=_new_version_id() if status == "Enabled" else NULL,
            size=0,
            etag="",
            modified=time.time(),
            path="",
            marker=True,
        )
        replaced = self.index.by_id(bucket, key, marker.version_id)
        with self.index.transaction():
            if replaced is not None:
                self.index.remove(replaced)
            marker = self.index.insert(marker)
        self._drop_kept(replaced)
        return "s3:ObjectRemoved:DeleteMarkerCreated", marker

    def _step_back(self, version: Version) -> None:
        """Forget the newest version; the one before it, if any, becomes the file again."""
        before = self.index.newest_before(version)
        work: Path | None = None
        if before is None or before.marker:
            if not version.marker:
                self._remove_file(version)
        else:
            work = self.new_work_file()
            shutil.copyfile(self.file_of(before), work)
        with self.index.transaction():
            self.index.remove(version)
            if work is not None and before is not None:
                found = work.stat()
                self.index.put_back(before, work.name, found.st_ino, found.st_mtime_ns)
        if work is not None and before is not None:
            self._put_in_place(work, before)

    def _files(self, bucket: str, prefix: str) -> dict[str, Identity]:
        """Return what lies in a bucket's folder below a prefix: path to identity."""
        top = self.bucket_folder(bucket)
        folder, _, _ = prefix.rpartition("/")
        base = folder if folder and names.plain_path(folder) else ""
        found = dict(_walk(top, base))
        if base:
            found.update(_walk(top, names.ESCAPED))
        return {path: identity for path, identity in found.items() if (names.key_of(path) or prefix).startswith(prefix)}

    def _refresh(self, bucket: str, key: str) -> str | None:
        """Compare a key with its file; adopt the file or note that it went. Returns "added", "removed" or None."""
        with self.lock:
            status = self._versioning(bucket)
            latest = self.index.latest(bucket, key)
            known = latest is not None and not latest.marker
            path = latest.path if latest is not None and known else names.plain_path(key) or names.escaped_path(key)
            found = _stat(self.folder / bucket / path)
            if latest is not None and known:
                if found == latest.identity:
                    return None
                if found is None:
                    event, gone = self._note_deleted(bucket, key, latest, status)
            elif found is None or not names.may_be_taken_in(PurePosixPath(path)):
                return None
        if found is None:
            self._announce(event, gone)
            return "removed"
        return self._adopt(bucket, key, path)

    def _adopt(self, bucket: str, key: str, path: str) -> str | None:
        """Make a file that somebody wrote behind the API the newest version of its key."""
        file = self.folder / bucket / path
        try:
            before, etag, after = _stat(file), _md5(file), _stat(file)
        except OSError:
            return None
        if before is None or before != after:  # still being written: the next look takes it
            return None
        with self.lock:
            status = self._versioning(bucket)
            latest = self.index.latest(bucket, key)
            if _stat(file) != before or (latest is not None and not latest.marker and latest.identity == before):
                return None
            inode, mtime_ns, size = before
            version = Version(
                bucket=bucket,
                key=key,
                version_id=_new_version_id() if status == "Enabled" else NULL,
                size=size,
                etag=etag,
                modified=mtime_ns / 1e9,
                path=path,
                kept=self._keep(bucket, file) if status == "Enabled" else None,
                inode=inode,
                mtime_ns=mtime_ns,
            )
            if (
                latest is not None
                and not latest.marker
                and latest.kept is None
                and latest.version_id != version.version_id
            ):
                self.index.remove(latest)  # written before the bucket had versions: its bytes are lost
            version = self._commit(version, None)
        self._announce("s3:ObjectCreated:Put", version)
        return "added"


_store: Store | None = None


def open_store(home: Path, versioning: Callable[[str], str | None], announce: Announce) -> Store:
    """Open the process's store; `close_store` first when there is one."""
    global _store
    _store = Store(home, versioning, announce)
    return _store


def close_store() -> None:
    """Close the process's store, if any."""
    global _store
    if _store is not None:
        _store.close()
        _store = None


def store() -> Store:
    """Return the process's store."""
    if _store is None:
        raise RuntimeError("The store is not open: start the server first (local_aws.server.start).")
    return _store


def buckets() -> list[str]:
    """Return the names of all buckets."""
    from local_aws.s3.moto_backend import bucket_names

    return bucket_names()


def bucket_folder(bucket: str) -> Path:
    """Return the folder that holds a bucket's newest versions; raise NoSuchBucket."""
    return store().bucket_folder(bucket)


def list_objects(bucket: str, prefix: str = "") -> list[StoredObject]:
    """Return the newest versions below a prefix in key order, files written behind the API included."""
    opened = store()
    opened.take_in(bucket, prefix)
    with opened.lock:
        return [
            StoredObject(
                version.key,
                opened.folder / bucket / version.path,
                version.size,
                version.last_modified,
                version.etag,
                version.version_id,
            )
            for version in opened.newest(bucket, prefix)
        ]


def read(bucket: str, key: str) -> bytes:
    """Return the newest version's bytes; raise NoSuchBucket or NoSuchKey."""
    _, file = store().open(bucket, key)
    if file is None:
        raise NoSuchKey(key)
    with file:
        return file.read()


def write(bucket: str, key: str, body: bytes, content_type: str = "binary/octet-stream") -> Version:
    """Write an object as PutObject does; events go out."""
    opened = store()
    opened.bucket_folder(bucket)
    work = opened.new_work_file()
    work.write_bytes(body)
    etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    return opened.put(bucket, key, work, etag, {"headers": {"Content-Type": content_type}})


def take_in(bucket: str, prefix: str = "") -> tuple[int, int]:
    """Adopt what Spark, DuckDB or a person wrote or removed behind the API; return (added, removed)."""
    return store().take_in(bucket, prefix)


def _event_of(event: str, *, by_rule: bool) -> str:
    return event.replace("ObjectRemoved", "LifecycleExpiration") if by_rule else event


def _new_version_id() -> str:
    return secrets.token_urlsafe(24)


def _identity(found: os.stat_result) -> Identity:
    return found.st_ino, found.st_mtime_ns, found.st_size


def _stat(file: Path) -> Identity | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return _identity(found) if stat.S_ISREG(found.st_mode) else None


def _md5(file: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _walk(top: Path, below: str) -> Iterator[tuple[str, Identity]]:
    """Yield every file below a folder of a bucket; unfinished output is left out."""
    try:
        entries = list(os.scandir(top / below))
    except OSError:
        return
    for entry in entries:
        path = f"{below}/{entry.name}" if below else entry.name
        if entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith(names.TAKEN_IN_NEVER):
                yield from _walk(top, path)
        elif entry.is_file():
            try:
                yield path, _identity(entry.stat())
            except OSError:
                continue
