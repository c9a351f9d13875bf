"""The store by itself, without server and moto: what is on disk, and what a kill leaves."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local_aws.s3 import object_store
from local_aws.s3.errors import ConditionalRequestConflict, NoSuchBucket, PreconditionFailed
from local_aws.s3.object_store import Store

STATUS = {"plain": None, "kept": "Enabled", "paused": "Suspended"}


def versioning(bucket):
    if bucket not in STATUS:
        raise NoSuchBucket(bucket)
    return STATUS[bucket]


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path)
    yield opened
    opened.close()


def open_store(home, events=None):
    heard = [] if events is None else events
    opened = Store(home, versioning, lambda event, version: heard.append((event, version.key, version.version_id)))
    opened.heard = heard
    for bucket in STATUS:
        opened.make_bucket(bucket)
    return opened


def put(store, bucket, key, body, **about):
    work = store.new_work_file()
    work.write_bytes(body)
    return store.put(bucket, key, work, f"etag of {body!r}", {"metadata": {"of": body.decode()}}, **about)


def read(store, bucket, key, version_id=None):
    _, file = store.open(bucket, key, version_id)
    if file is None:
        return None
    with file:
        return file.read()


def files(store, bucket):
    top = store.folder / bucket
    return {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()}


def keys(store, bucket, prefix=""):
    store.take_in(bucket, prefix)
    with store.lock:
        return [version.key for version in store.newest(bucket, prefix)]


def test_an_object_is_the_file_of_its_name(store):
    put(store, "plain", "oak/a b.csv", b"1")
    put(store, "plain", "oak/a b.csv", b"2")
    assert files(store, "plain") == {"oak/a b.csv": b"2"}
    assert read(store, "plain", "oak/a b.csv") == b"2"
    assert list(store.work.iterdir()) == []


def test_keys_that_no_file_can_have(store):
    odd = ["oak//a", "oak/", "../oak", "o" * 300, "oak", "oak/leaf", "oak/leaf/vein", "./x", "new\nline"]
    for key in odd:
        put(store, "plain", key, key.encode())
    assert {key: read(store, "plain", key) for key in odd} == {key: key.encode() for key in odd}
    assert keys(store, "plain") == sorted(odd, key=str.encode)
    assert not (store.folder.parent / "oak").exists()
    for key in odd:
        store.delete("plain", key)
    assert keys(store, "plain") == []
    assert files(store, "plain") == {}


def test_older_versions_stay_readable_whatever_happens_to_the_newest_file(store):
    first, second = (put(store, "kept", "oak", body).version_id for body in (b"1", b"2"))
    newest = store.folder / "kept/oak"
    with newest.open("wb") as file:  # in place, as a careless editor does
        file.write(b"scribbled")
    assert read(store, "kept", "oak") == b"scribbled"
    assert [read(store, "kept", "oak", one) for one in (first, second)] == [b"1", b"2"]
    newest.unlink()
    assert store.find("kept", "oak").marker
    assert [read(store, "kept", "oak", one) for one in (first, second)] == [b"1", b"2"]


def test_the_newest_version_deleted_gives_the_one_before(store):
    first, second, third = (put(store, "kept", "oak", body).version_id for body in (b"1", b"2", b"3"))
    store.delete_version("kept", "oak", third)
    assert files(store, "kept") == {"oak": b"2"}
    store.delete_version("kept", "oak", first)
    assert read(store, "kept", "oak") == b"2"
    marker = store.delete("kept", "oak")
    assert files(store, "kept") == {}
    store.delete_version("kept", "oak", marker.version_id)
    assert files(store, "kept") == {"oak": b"2"}
    assert store.find("kept", "oak").attributes == {"metadata": {"of": "2"}}
    store.delete_version("kept", "oak", second)
    assert store.find("kept", "oak") is None
    assert list((store.versions / "kept").iterdir()) == []


def test_a_suspended_bucket_replaces_its_null_version_and_keeps_the_others(store, monkeypatch):
    monkeypatch.setitem(STATUS, "paused", "Enabled")
    old = put(store, "paused", "oak", b"1").version_id
    monkeypatch.setitem(STATUS, "paused", "Suspended")
    assert put(store, "paused", "oak", b"2").version_id == "null"
    assert put(store, "paused", "oak", b"3").version_id == "null"
    assert [read(store, "paused", "oak", one) for one in (old, "null")] == [b"1", b"3"]
    assert store.delete("paused", "oak").version_id == "null"
    assert read(store, "paused", "oak", old) == b"1"
    assert read(store, "paused", "oak", "null") is None


def test_versions_switched_on_later_keep_what_was_there(store, monkeypatch):
    put(store, "plain", "oak", b"1")
    put(store, "plain", "ash", b"1")
    monkeypatch.setitem(STATUS, "plain", "Enabled")
    put(store, "plain", "oak", b"2")
    store.delete("plain", "ash")
    assert [read(store, "plain", key, "null") for key in ("oak", "ash")] == [b"1", b"1"]


def test_a_delete_of_what_is_not_there(store):
    assert store.delete("plain", "oak") is None
    assert store.delete("kept", "oak").marker  # S3 makes a marker even then
    assert store.delete_version("kept", "oak", "nothing") is None


def test_files_written_behind_the_api_are_taken_in(store):
    folder = store.folder / "plain/wood"
    (folder / "_temporary/0").mkdir(parents=True)
    (folder / "_temporary/0/part").write_bytes(b"unfinished")
    (folder / "part-0").write_bytes(b"zero")
    put(store, "plain", "wood/part-1", b"one")
    put(store, "plain", "field/part-1", b"one")
    store.heard.clear()
    assert store.take_in("plain", "wood/") == (1, 0)
    (store.folder / "plain/wood/part-1").unlink()
    (store.folder / "plain/field/part-1").unlink()
    assert store.take_in("plain", "wood/") == (0, 1)
    assert store.take_in("plain", "wood/") == (0, 0)
    assert keys(store, "plain", "wood/") == ["wood/part-0"]
    assert store.find("plain", "wood/part-0").etag == "d02c4c4cde7ae76252540d116a40f23a"  # md5 of "zero"
    assert store.heard == [
        ("s3:ObjectCreated:Put", "wood/part-0", "null"),
        ("s3:ObjectRemoved:Delete", "wood/part-1", "null"),
    ]


def test_a_file_is_taken_in_when_somebody_asks_for_it(store):
    (store.folder / "plain/wood").mkdir()
    (store.folder / "plain/wood/part-0").write_bytes(b"zero")
    assert read(store, "plain", "wood/part-0") == b"zero"
    (store.folder / "plain/wood/part-0").write_bytes(b"changed")
    assert read(store, "plain", "wood/part-0") == b"changed"
    (store.folder / "plain/wood/part-0").unlink()
    assert store.find("plain", "wood/part-0") is None


def test_a_key_below_a_folder_that_somebody_left_empty(store):
    (store.folder / "plain/oak/old").mkdir(parents=True)
    (store.folder / "plain/oak/old").rmdir()
    put(store, "plain", "oak", b"1")
    assert files(store, "plain") == {"oak": b"1"}


def test_reading_goes_on_while_the_key_is_written_and_deleted(store):
    put(store, "plain", "oak", b"old")
    _, file = store.open("plain", "oak")
    put(store, "plain", "oak", b"new")
    store.delete("plain", "oak")
    with file:
        assert file.read() == b"old"


def test_conditions_are_judged_with_the_write(store):
    def must_be_missing(before):
        if before is not None:
            raise PreconditionFailed("If-None-Match")

    put(store, "plain", "oak", b"1", condition=must_be_missing)
    with pytest.raises(PreconditionFailed):
        put(store, "plain", "oak", b"2", condition=must_be_missing)
    assert read(store, "plain", "oak") == b"1"


def test_a_delete_during_a_conditional_write_is_a_conflict(store):
    put(store, "plain", "oak", b"1")
    began = time.monotonic()
    store.delete("plain", "oak")
    with pytest.raises(ConditionalRequestConflict):
        put(store, "plain", "oak", b"2", condition=lambda _: None, began=began)
    put(store, "plain", "oak", b"2", condition=lambda _: None, began=time.monotonic())


def test_an_unknown_bucket(store):
    for ask in (store.bucket_folder, store.take_in, lambda bucket: store.find(bucket, "oak")):
        with pytest.raises(NoSuchBucket):
            ask("nowhere")


def test_a_bucket_with_old_versions_or_markers_is_not_empty(store):
    marker = store.delete("kept", "oak").version_id
    assert not store.bucket_is_empty("kept")
    store.delete_version("kept", "oak", marker)
    assert store.bucket_is_empty("kept")


def test_all_is_there_after_a_restart(tmp_path):
    store = open_store(tmp_path)
    version = put(store, "kept", "oak", b"1")
    put(store, "kept", "oak", b"2")
    store.close()
    again = open_store(tmp_path)
    assert [read(again, "kept", "oak", one) for one in (version.version_id, None)] == [b"1", b"2"]
    assert again.find("kept", "oak", version.version_id).modified == version.modified
    again.close()


class Killed(BaseException):
    pass


@pytest.mark.parametrize("bucket", ["plain", "kept"])
def test_a_write_killed_before_its_row_is_committed_never_was(tmp_path, monkeypatch, bucket):
    store = open_store(tmp_path)
    put(store, bucket, "oak", b"1")

    def killed(*_):
        raise Killed

    monkeypatch.setattr(store.index, "insert", killed)
    with pytest.raises(Killed):
        put(store, bucket, "oak", b"2")
    store.close()
    again = open_store(tmp_path, heard := [])
    assert read(again, bucket, "oak") == b"1"
    assert list(again.work.iterdir()) == []
    assert len(list((again.versions / bucket).iterdir())) == (1 if bucket == "kept" else 0)
    assert heard == []
    again.close()


@pytest.mark.parametrize("bucket", ["plain", "kept"])
def test_a_write_killed_after_its_row_is_committed_is_finished(tmp_path, monkeypatch, bucket):
    store = open_store(tmp_path)
    put(store, bucket, "oak", b"1")

    def killed(*_):
        raise Killed

    monkeypatch.setattr(store, "_put_in_place", killed)
    with pytest.raises(Killed):
        put(store, bucket, "oak", b"2")
    store.close()
    again = open_store(tmp_path, heard := [])
    assert read(again, bucket, "oak") == b"2"
    assert again.find(bucket, "oak").attributes == {"metadata": {"of": "2"}}
    assert heard == []  # our own file, not one from behind the API
    again.close()


WRITER = """
import random, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from local_aws.s3.object_store import Store
status = {{"plain": None, "kept": "Enabled"}}
store = Store(Path({home!r}), status.__getitem__, lambda *_: None)
for bucket in status:
    store.make_bucket(bucket)
number = {start}
while True:
    number += 1
    bucket, key = random.choice(["plain", "kept"]), random.choice(["oak", "ash/leaf", "ash/leaf/", "a//b"])
    if random.random() < 0.2:
        print("start", bucket, key, "-", flush=True)
        store.delete(bucket, key)
        print("done", bucket, key, "-", flush=True)
        continue
    print("start", bucket, key, number, flush=True)
    work = store.new_work_file()
    work.write_bytes(str(number).encode() * 1000)
    store.put(bucket, key, work, str(number), {{"metadata": {{"number": str(number)}}}})
    print("done", bucket, key, number, flush=True)
"""


@pytest.mark.slow
def test_killed_again_and_again_nothing_that_was_answered_is_lost(tmp_path):
    """Each round: a process writes until it is killed; then what it had answered must be there, whole."""
    chance = random.Random(7)
    answered: dict[tuple[str, str], str] = {}
    for round_ in range(12):
        code = WRITER.format(root=str(Path.cwd()), home=str(tmp_path), start=round_ * 100_000)
        writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        writer.stdout.readline()
        time.sleep(chance.uniform(0.05, 0.4))
        os.kill(writer.pid, signal.SIGKILL)
        lines = writer.communicate()[0].splitlines()
        for line in lines:
            if line.startswith("done") and len(line.split()) == 4:
                _, bucket, key, number = line.split()
                answered[bucket, key] = number
        last = next((line.split() for line in reversed(lines) if line.startswith("start")), None)
        open_at_the_end = tuple(last[1:3]) if last and len(last) == 4 else None
        store = open_store(tmp_path)
        for (bucket, key), number in answered.items():
            version = store.find(bucket, key)
            found = "-" if version is None or version.marker else version.etag
            if (bucket, key) == open_at_the_end and found != number:
                assert found == last[3]
            else:
                assert found == number, (round_, bucket, key)
            if found != "-":
                assert read(store, bucket, key) == found.encode() * 1000
                assert version.attributes == {"metadata": {"number": found}}
            answered[bucket, key] = found
        store.close()


def test_the_module_gives_paths_sizes_and_times(tmp_path, monkeypatch):
    opened = object_store.open_store(tmp_path, versioning, lambda *_: None)
    try:
        opened.make_bucket("plain")
        object_store.write("plain", "wood/oak", b"1234")
        (found,) = object_store.list_objects("plain", "wood/")
        assert (found.key, found.size, found.version_id) == ("wood/oak", 4, "null")
        assert found.path == tmp_path / "s3/plain/wood/oak"
        assert found.last_modified.utcoffset().total_seconds() == 0
        assert found.last_modified.microsecond == 0
        assert object_store.read("plain", "wood/oak") == b"1234"
        assert object_store.take_in("plain") == (0, 0)
        assert json.dumps(str(object_store.bucket_folder("plain")))
    finally:
        object_store.close_store()
    with pytest.raises(RuntimeError, match="not open"):
        object_store.read("plain", "wood/oak")
