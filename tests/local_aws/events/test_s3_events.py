"""What S3 tells EventBridge: one event for each object, whichever way it came."""

import re

import pytest
from botocore.exceptions import ClientError

PART = b"x" * (5 * 1024 * 1024)


@pytest.fixture(scope="module")
def told(aws):
    """The URL of a queue that hears everything of the bucket `telling`, which has versions."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="telling")
    s3.put_bucket_versioning(Bucket="telling", VersioningConfiguration={"Status": "Enabled"})
    on = {"EventBridgeConfiguration": {}}
    s3.put_bucket_notification_configuration(Bucket="telling", NotificationConfiguration=on)
    return aws.listening("all", {"source": ["aws.s3"], "detail": {"bucket": {"name": ["telling"]}}})


def about(event):
    return event["detail-type"], event["detail"]["object"]["key"], event["detail"]["reason"]


def test_put(aws, told):
    key = "in/a b+c%20d/é ü.csv"
    put = aws.client("s3").put_object(Bucket="telling", Key=key, Body=b"one")
    (event,) = aws.heard(told)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", event.pop("id"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event.pop("time"))
    detail = event.pop("detail")
    assert event == {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "123456789012",
        "region": "us-east-1",
        "resources": ["arn:aws:s3:::telling"],
    }
    assert re.fullmatch(r"[0-9A-F]{16}", detail.pop("request-id"))
    assert re.fullmatch(r"[0-9A-F]+", detail["object"].pop("sequencer"))
    assert detail == {
        "version": "0",
        "bucket": {"name": "telling"},
        "object": {"key": key, "size": 3, "etag": put["ETag"].strip('"'), "version-id": put["VersionId"]},
        "requester": "123456789012",
        "source-ip-address": "127.0.0.1",
        "reason": "PutObject",
    }


def test_copy_and_multipart_tell_once(aws, told):
    s3 = aws.client("s3")
    s3.put_object(Bucket="telling", Key="from", Body=b"one")
    s3.copy_object(Bucket="telling", Key="copied", CopySource={"Bucket": "telling", "Key": "from"})
    upload = s3.create_multipart_upload(Bucket="telling", Key="in parts")["UploadId"]
    parts = []
    for number, body in ((1, PART), (2, b"y")):
        tag = s3.upload_part(Bucket="telling", Key="in parts", UploadId=upload, PartNumber=number, Body=body)["ETag"]
        parts.append({"PartNumber": number, "ETag": tag})
    done = {"Bucket": "telling", "Key": "in parts", "UploadId": upload, "MultipartUpload": {"Parts": parts}}
    whole = s3.complete_multipart_upload(**done)
    assert s3.complete_multipart_upload(**done)["VersionId"] == whole["VersionId"]  # asked again: nothing new
    events = aws.heard(told)
    assert [about(event) for event in events] == [
        ("Object Created", "from", "PutObject"),
        ("Object Created", "copied", "CopyObject"),
        ("Object Created", "in parts", "CompleteMultipartUpload"),
    ]
    assert events[2]["detail"]["object"]["size"] == len(PART) + 1
    assert events[2]["detail"]["object"]["version-id"] == whole["VersionId"]
    assert len({event["id"] for event in events}) == 3


def test_a_file_written_behind_the_api_tells_once_when_it_is_found(aws, told):
    (aws.home / "s3" / "telling" / "job").mkdir()
    (aws.home / "s3" / "telling" / "job" / "part.csv").write_bytes(b"by a job")
    s3 = aws.client("s3")
    for _ in range(2):
        s3.list_objects_v2(Bucket="telling", Prefix="job/")
        s3.head_object(Bucket="telling", Key="job/part.csv")
    (event,) = aws.heard(told)
    assert about(event) == ("Object Created", "job/part.csv", "PutObject")


def test_deletes_tell_too(aws, told):
    s3 = aws.client("s3")
    version = s3.put_object(Bucket="telling", Key="going", Body=b"x")["VersionId"]
    s3.delete_object(Bucket="telling", Key="going")
    s3.delete_object(Bucket="telling", Key="going", VersionId=version)
    _, marker, gone = aws.heard(told)
    assert about(marker) == about(gone) == ("Object Deleted", "going", "DeleteObject")
    assert marker["detail"]["deletion-type"] == "Delete Marker Created"
    assert gone["detail"]["deletion-type"] == "Permanently Deleted"
    assert gone["detail"]["object"]["version-id"] == version


def test_sequencers_of_a_key_grow(aws, told):
    for _ in range(3):
        aws.client("s3").put_object(Bucket="telling", Key="again", Body=b"same")
    sequence = [event["detail"]["object"]["sequencer"] for event in aws.heard(told)]
    assert sequence == sorted(set(sequence))
    assert len({len(one) for one in sequence}) == 1


def test_without_versions_there_is_no_version_id(aws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="plain-bucket")
    url = aws.listening("plain", {"detail": {"bucket": {"name": ["plain-bucket"]}}})
    s3.put_object(Bucket="plain-bucket", Key="before", Body=b"x")
    assert aws.heard(url) == []  # its notification is off
    on = {"EventBridgeConfiguration": {}}
    s3.put_bucket_notification_configuration(Bucket="plain-bucket", NotificationConfiguration=on)
    assert s3.get_bucket_notification_configuration(Bucket="plain-bucket")["EventBridgeConfiguration"] == {}
    s3.put_object(Bucket="plain-bucket", Key="while", Body=b"x")
    (event,) = aws.heard(url)
    assert "version-id" not in event["detail"]["object"]
    s3.put_bucket_notification_configuration(Bucket="plain-bucket", NotificationConfiguration={})
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket="plain-bucket")
    s3.put_object(Bucket="plain-bucket", Key="after", Body=b"x")
    assert aws.heard(url) == []


def test_a_refused_write_tells_nothing(aws, told):
    s3 = aws.client("s3")
    s3.put_object(Bucket="telling", Key="guarded", Body=b"x")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket="telling", Key="guarded", Body=b"y", IfNoneMatch="*")
    assert [about(event) for event in aws.heard(told)] == [("Object Created", "guarded", "PutObject")]


def test_another_way_to_tell_is_refused(aws, told):
    queue = {"QueueArn": "arn:aws:sqs:us-east-1:123456789012:q", "Events": ["s3:ObjectCreated:*"]}
    with pytest.raises(ClientError, match="to EventBridge only, not by QueueConfiguration"):
        aws.client("s3").put_bucket_notification_configuration(
            Bucket="telling", NotificationConfiguration={"QueueConfigurations": [queue]}
        )
