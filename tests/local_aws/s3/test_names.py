from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.s3 import names


@pytest.mark.parametrize("key", ["a", "a/b.csv", "a b+c/ä.csv", ".hidden/x", "a%2Fb", "trees/~/x", "a/b." + "c" * 200])
def test_a_key_that_can_be_a_file_is_the_file(key):
    assert names.plain_path(key) == key
    assert names.key_of(key) == key


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("a//b", ".~s3~/a%2F%2Fb"),
        ("/a", ".~s3~/%2Fa"),
        ("folder/", ".~s3~/folder%2F"),
        ("a/../../b", ".~s3~/a%2F..%2F..%2Fb"),
        (".", ".~s3~/%2E"),
        ("..", ".~s3~/%2E%2E"),
        ("x" * 256, ".~s3~/sha256-85e62acd750c4eb56b7b6a1d66dca5bfaac5f062608a1a893410d0288936c09a"),
        (".~s3~/a", ".~s3~/.~s3~%2Fa"),
        ("a\0b", ".~s3~/a%00b"),
    ],
)
def test_a_key_that_cannot_be_a_file_is_escaped(key, path):
    assert names.plain_path(key) is None
    assert names.escaped_path(key) == path


@given(st.text(min_size=1, max_size=60) | st.text(alphabet="a./%~", min_size=1))
def test_the_file_tells_the_key(key):
    try:
        key.encode()
    except UnicodeEncodeError:
        return
    path = names.plain_path(key) or names.escaped_path(key)
    assert names.key_of(path) in (key, None)
    parts = path.split("/")
    assert all(part not in ("", ".", "..") and len(part.encode()) <= 255 and "\0" not in part for part in parts)


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("oak/part-0.parquet", True),
        ("oak/_SUCCESS", True),
        ("oak/_temporary/0/part-0", False),
        ("oak/.spark-staging-1/part-0", False),
        ("oak/.part-0.crc", False),
        ("oak/part-0.crc", False),
        (".DS_Store", False),
        (".~s3~/a%2F%2Fb", True),
    ],
)
def test_what_appears_behind_the_api_and_becomes_an_object(path, taken):
    assert names.may_be_taken_in(PurePosixPath(path)) is taken


def test_empty_folders_go_up_to_the_bucket(tmp_path):
    (tmp_path / "b/oak/old").mkdir(parents=True)
    (tmp_path / "b/keep").write_text("x")
    names.remove_empty_folders(tmp_path / "b/oak/old", tmp_path / "b")
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["keep"]
