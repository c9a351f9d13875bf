"""The places in moto that our S3 relies on: each of these fails loudly when an upgrade of moto moves one."""

import inspect

import pytest
from botocore.exceptions import ClientError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3 import models, notifications

from local_aws.s3 import moto_backend
from local_aws.s3.moto_backend import MOTO


def parameters(function):
    return list(inspect.signature(function).parameters)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("create_bucket", ["self", "bucket_name", "region_name", "bucket_namespace"]),
        ("delete_bucket", ["self", "bucket_name"]),
        ("get_object", ["self", "bucket_name", "key_name", "version_id", "part_number", "return_delete_marker"]),
        ("head_object", ["self", "bucket_name", "key_name", "version_id", "part_number"]),
        ("list_objects", ["self", "bucket", "prefix", "delimiter", "marker", "max_keys"]),
        ("put_bucket_encryption", ["self", "bucket_name", "encryption"]),
    ],
)
def test_the_methods_that_we_replace_take_what_ours_take(name, expected):
    assert parameters(MOTO[name]) == expected


def test_moto_puts_objects_by_name_and_value():
    assert parameters(MOTO["put_object"])[:4] == ["self", "bucket_name", "key_name", "value"]


def test_events_go_the_way_of_moto_s_own():
    assert parameters(notifications.send_event) == ["account_id", "event_name", "bucket", "key"]
    for event in (
        "s3:ObjectCreated:Put",
        "s3:ObjectCreated:Copy",
        "s3:ObjectCreated:CompleteMultipartUpload",
        "s3:ObjectRemoved:Delete",
        "s3:ObjectRemoved:DeleteMarkerCreated",
    ):
        assert notifications.S3NotificationEvent(event)


def test_the_hooks_are_in_place_while_a_server_runs(running):
    for name, ours in moto_backend.HOOKS.items():
        assert getattr(models.S3Backend, name) is ours
    assert models.s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets is not None


def test_code_inside_moto_reads_and_writes_our_objects(running):
    running.client("s3").create_bucket(Bucket="inside")
    backend = models.s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    backend.put_object("inside", "x", b"from moto")
    found = backend.get_object("inside", "x")
    assert (found.value, found.size, found.etag) == (b"from moto", 9, '"29910fb9a60f36bb88fd040752e319c2"')
    assert backend.get_object("inside", "y") is None
    assert running.client("s3").get_object(Bucket="inside", Key="x")["Body"].read() == b"from moto"
    with pytest.raises(NotImplementedError):
        backend.list_objects(backend.get_bucket("inside"), None, None, None, None)


def test_one_event_for_each_change(running, monkeypatch):
    s3 = running.client("s3")
    s3.create_bucket(Bucket="events")
    s3.put_bucket_versioning(Bucket="events", VersioningConfiguration={"Status": "Enabled"})
    heard = []
    monkeypatch.setattr(
        notifications, "send_event", lambda account, event, bucket, key: heard.append((event.value, key.name, key.size))
    )
    s3.put_object(Bucket="events", Key="a", Body=b"123")
    s3.copy_object(Bucket="events", Key="b", CopySource="events/a")
    upload = s3.create_multipart_upload(Bucket="events", Key="c")["UploadId"]
    etag = s3.upload_part(Bucket="events", Key="c", UploadId=upload, PartNumber=1, Body=b"12")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    s3.complete_multipart_upload(Bucket="events", Key="c", UploadId=upload, MultipartUpload=parts)
    s3.delete_object(Bucket="events", Key="a")
    (running.home / "s3/events/d").write_bytes(b"1")
    s3.list_objects_v2(Bucket="events")
    s3.list_objects_v2(Bucket="events")
    assert heard == [
        ("s3:ObjectCreated:Put", "a", 3),
        ("s3:ObjectCreated:Copy", "b", 3),
        ("s3:ObjectCreated:CompleteMultipartUpload", "c", 2),
        ("s3:ObjectRemoved:DeleteMarkerCreated", "a", 0),
        ("s3:ObjectCreated:Put", "d", 1),
    ]


@pytest.mark.parametrize("name", ["Wood", "a_b", "-ab", "ab-", "a..b", "10.0.0.1", "ab"])
def test_names_that_no_bucket_can_have(running, name):
    s3 = running.client("s3")
    s3.meta.events.unregister("before-parameter-build.s3", None)
    with pytest.raises(ClientError) as refused:
        s3.create_bucket(Bucket=name)
    assert refused.value.response["Error"]["Code"] == "InvalidBucketName"


def test_a_default_encryption_that_would_be_pretended(running):
    s3 = running.client("s3")
    s3.create_bucket(Bucket="sealed")

    def encrypt(algorithm):
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
        s3.put_bucket_encryption(Bucket="sealed", ServerSideEncryptionConfiguration={"Rules": [rule]})

    encrypt("AES256")
    with pytest.raises(ClientError, match="no KMS"):
        encrypt("aws:kms")
