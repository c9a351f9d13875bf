"""S3 as a client sees it. Codes and statuses: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and
the page of each operation beside it, unless a test names another source."""

import hashlib
import os
import socket
import threading
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import boto3.s3.transfer
import pytest
from botocore.exceptions import ClientError

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def s3(running):
    client = running.client("s3")
    client.create_bucket(Bucket="wood")
    client.create_bucket(Bucket="annals")
    client.put_bucket_versioning(Bucket="annals", VersioningConfiguration={"Status": "Enabled"})
    return client


def refused(call, **params):
    with pytest.raises(ClientError) as error:
        call(**params)
    answer = error.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def body(s3, key, bucket="wood", **params):
    return s3.get_object(Bucket=bucket, Key=key, **params)["Body"].read()


def test_an_object_with_headers_metadata_and_tags(s3):
    s3.put_object(
        Bucket="wood",
        Key="oak/leaf é+.csv",
        Body=b"a,b\n",
        ContentType="text/csv",
        CacheControl="no-store",
        Metadata={"Finder": "Ada"},
        Tagging="kind=leaf&old=",
    )
    found = s3.get_object(Bucket="wood", Key="oak/leaf é+.csv")
    assert found["Body"].read() == b"a,b\n"
    assert (found["ContentType"], found["CacheControl"], found["Metadata"]) == (
        "text/csv",
        "no-store",
        {"finder": "Ada"},
    )
    assert (found["ETag"], found["ContentLength"]) == (f'"{hashlib.md5(b"a,b" + bytes([10])).hexdigest()}"', 4)
    assert (found["TagCount"], found["ServerSideEncryption"]) == (2, "AES256")
    assert found["LastModified"].microsecond == 0
    assert "VersionId" not in found
    tags = s3.get_object_tagging(Bucket="wood", Key="oak/leaf é+.csv")["TagSet"]
    assert tags == [{"Key": "kind", "Value": "leaf"}, {"Key": "old", "Value": ""}]
    s3.put_object_tagging(Bucket="wood", Key="oak/leaf é+.csv", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    assert s3.get_object_tagging(Bucket="wood", Key="oak/leaf é+.csv")["TagSet"] == [{"Key": "k", "Value": "v"}]
    s3.delete_object_tagging(Bucket="wood", Key="oak/leaf é+.csv")
    assert s3.get_object_tagging(Bucket="wood", Key="oak/leaf é+.csv")["TagSet"] == []


@pytest.mark.parametrize("key", ["a//b", "/a", "a/../b", "x/", "x", "x/y", "a\nb", "a\x01b", "~ !'()*%25", "日本/語"])
def test_keys_come_back_as_they_went(s3, key):
    s3.put_object(Bucket="wood", Key=f"keys/{key}", Body=key.encode())
    assert body(s3, f"keys/{key}") == key.encode()
    assert f"keys/{key}" in [one["Key"] for one in s3.list_objects_v2(Bucket="wood", Prefix="keys/")["Contents"]]
    s3.delete_object(Bucket="wood", Key=f"keys/{key}")
    assert refused(s3.get_object, Bucket="wood", Key=f"keys/{key}") == (404, "NoSuchKey")


def test_what_is_not_there(s3):
    assert refused(s3.get_object, Bucket="wood", Key="nothing") == (404, "NoSuchKey")
    assert refused(s3.head_object, Bucket="wood", Key="nothing") == (404, "404")
    assert refused(s3.get_object, Bucket="nowhere", Key="x") == (404, "NoSuchBucket")
    assert refused(s3.put_object, Bucket="nowhere", Key="x", Body=b"x" * MIB) == (404, "NoSuchBucket")
    assert refused(s3.list_objects_v2, Bucket="nowhere") == (404, "NoSuchBucket")
    assert refused(s3.head_bucket, Bucket="nowhere") == (404, "404")
    assert refused(s3.get_object, Bucket="wood", Key="nothing", VersionId="x") == (404, "NoSuchVersion")
    assert refused(s3.delete_bucket, Bucket="nowhere") == (404, "NoSuchBucket")
    s3.delete_object(Bucket="wood", Key="nothing")


def test_what_goes_in_is_checked(s3):
    assert refused(s3.put_object, Bucket="wood", Key="k" * 1025, Body=b"") == (400, "KeyTooLongError")
    assert refused(s3.put_object, Bucket="wood", Key="k", Body=b"", ContentMD5="A" * 22 + "==") == (400, "BadDigest")
    assert refused(s3.put_object, Bucket="wood", Key="k", Body=b"", ChecksumCRC32="AAAAAQ==") == (400, "BadDigest")
    # ACLs are off in every bucket made since April 2023
    assert refused(s3.put_object, Bucket="wood", Key="k", Body=b"", ACL="public-read") == (
        400,
        "AccessControlListNotSupported",
    )
    assert refused(s3.put_object, Bucket="wood", Key="k", Body=b"", ExpectedBucketOwner="999999999999") == (
        403,
        "AccessDenied",
    )
    assert refused(s3.put_object, Bucket="wood", Key="k", Body=b"", Tagging="&".join(f"k{n}=v" for n in range(11))) == (
        400,
        "BadRequest",
    )
    assert refused(s3.get_object, Bucket="wood", Key="k") == (404, "NoSuchKey")


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"StorageClass": "GLACIER"}, "GLACIER"),
        ({"ServerSideEncryption": "aws:kms"}, "KMS"),
        ({"ObjectLockMode": "GOVERNANCE"}, "ObjectLockMode"),
        ({"WebsiteRedirectLocation": "/x"}, "WebsiteRedirectLocation"),
    ],
)
def test_what_would_be_pretended_is_refused_by_name(s3, params, named):
    with pytest.raises(ClientError, match=named) as error:
        s3.put_object(Bucket="wood", Key="k", Body=b"", **params)
    assert error.value.response["Error"]["Code"] == "NotImplemented"


@pytest.mark.parametrize(
    ("asked", "expected", "content_range"),
    [
        ("bytes=0-0", b"0", "bytes 0-0/10"),
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=7-99", b"789", "bytes 7-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=-99", b"0123456789", "bytes 0-9/10"),
        ("bytes=0-9", b"0123456789", "bytes 0-9/10"),
        ("bytes=5-2", b"0123456789", None),
        ("bytes=0-1,3-4", b"0123456789", None),
        ("acorns=0-1", b"0123456789", None),
    ],
)
def test_ranges(s3, asked, expected, content_range):
    s3.put_object(Bucket="wood", Key="digits", Body=b"0123456789")
    found = s3.get_object(Bucket="wood", Key="digits", Range=asked)
    assert (found["Body"].read(), found.get("ContentRange")) == (expected, content_range)
    assert found["ResponseMetadata"]["HTTPStatusCode"] == (206 if content_range else 200)
    head = s3.head_object(Bucket="wood", Key="digits", Range=asked)
    assert head["ContentLength"] == len(expected)


def test_a_range_behind_the_end(s3):
    s3.put_object(Bucket="wood", Key="digits", Body=b"0123456789")
    assert refused(s3.get_object, Bucket="wood", Key="digits", Range="bytes=10-") == (416, "InvalidRange")
    assert refused(s3.get_object, Bucket="wood", Key="digits", Range="bytes=-0") == (416, "InvalidRange")


def test_a_range_reads_its_bytes_and_no_more(s3, running, monkeypatch):
    from local_aws.s3 import operations

    s3.put_object(Bucket="wood", Key="large", Body=b"x" * 5 * MIB)
    read = []
    original = operations._read

    def counted(file, first, length):
        for data in original(file, first, length):
            read.append(len(data))
            yield data

    monkeypatch.setattr(operations, "_read", counted)
    body(s3, "large", Range="bytes=1000-1999")
    assert read == [1000]
    read.clear()
    body(s3, "large")
    assert read == [MIB] * 5  # in pieces, never the whole object


def test_conditions_of_a_read(s3):
    s3.put_object(Bucket="wood", Key="bark", Body=b"x")
    found = s3.head_object(Bucket="wood", Key="bark")
    etag, modified = found["ETag"], found["LastModified"]
    assert body(s3, "bark", IfMatch=etag) == b"x"
    assert refused(s3.get_object, Bucket="wood", Key="bark", IfMatch='"other"') == (412, "PreconditionFailed")
    assert refused(s3.get_object, Bucket="wood", Key="bark", IfNoneMatch=etag) == (304, "304")
    assert refused(s3.head_object, Bucket="wood", Key="bark", IfNoneMatch="*") == (304, "304")
    assert body(s3, "bark", IfNoneMatch='"other"') == b"x"
    assert refused(s3.get_object, Bucket="wood", Key="bark", IfModifiedSince=modified) == (304, "304")
    assert body(s3, "bark", IfUnmodifiedSince=modified) == b"x"
    earlier = modified.replace(year=2020)
    assert refused(s3.get_object, Bucket="wood", Key="bark", IfUnmodifiedSince=earlier) == (412, "PreconditionFailed")
    assert body(s3, "bark", IfMatch=etag, IfUnmodifiedSince=earlier) == b"x"  # the match decides
    assert refused(s3.get_object, Bucket="wood", Key="bark", IfNoneMatch=etag, IfModifiedSince=earlier) == (304, "304")


def test_headers_named_by_the_link(s3):
    s3.put_object(Bucket="wood", Key="bark", Body=b"x", ContentType="text/plain")
    found = s3.get_object(
        Bucket="wood", Key="bark", ResponseContentType="text/csv", ResponseContentDisposition="attachment"
    )
    assert (found["ContentType"], found["ContentDisposition"]) == ("text/csv", "attachment")


def test_conditional_writes(s3):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html."""
    put = {"Bucket": "wood", "Key": "ledger", "Body": b"x"}
    assert refused(s3.put_object, **put, IfMatch='"other"') == (404, "NoSuchKey")
    etag = s3.put_object(**put, IfNoneMatch="*")["ETag"]
    assert refused(s3.put_object, **put, IfNoneMatch="*") == (412, "PreconditionFailed")
    assert refused(s3.put_object, **put, IfMatch='"other"') == (412, "PreconditionFailed")
    new = s3.put_object(**{**put, "Body": b"y"}, IfMatch=etag)["ETag"]
    assert refused(s3.put_object, **put, IfMatch=etag) == (412, "PreconditionFailed")
    assert refused(s3.put_object, **put, IfNoneMatch=etag) == (501, "NotImplemented")
    assert refused(s3.delete_object, Bucket="wood", Key="ledger", IfMatch=etag) == (412, "PreconditionFailed")
    assert body(s3, "ledger") == b"y"
    s3.delete_object(Bucket="wood", Key="ledger", IfMatch=new)
    s3.put_object(**put, IfNoneMatch="*")


def test_a_marker_counts_as_no_object_for_a_conditional_write(s3):
    s3.put_object(Bucket="annals", Key="ledger", Body=b"x")
    s3.delete_object(Bucket="annals", Key="ledger")
    s3.put_object(Bucket="annals", Key="ledger", Body=b"x", IfNoneMatch="*")


def test_of_many_conditional_writes_at_once_one_wins(s3, running):
    outcomes = []

    def write(number):
        try:
            running.client("s3").put_object(Bucket="wood", Key="race", Body=str(number).encode(), IfNoneMatch="*")
            outcomes.append(number)
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [one for one in outcomes if isinstance(one, int)]
    assert outcomes.count("PreconditionFailed") == 7
    assert body(s3, "race") == str(winner).encode()


def test_a_delete_that_comes_between_is_a_conflict(s3, running):
    """409 ConditionalRequestConflict: the body of a conditional write is still on its way when the key is deleted."""
    s3.put_object(Bucket="wood", Key="between", Body=b"old")
    signed = urlsplit(s3.generate_presigned_url("put_object", {"Bucket": "wood", "Key": "between", "IfMatch": "*"}))
    place = urlsplit(running.url)
    with socket.create_connection((place.hostname, place.port)) as connection:
        head = (
            f"PUT {signed.path}?{signed.query} HTTP/1.1\r\nHost: {place.netloc}\r\nIf-Match: *\r\nContent-Length: 3\r\n"
        )
        connection.sendall(head.encode() + b"\r\nne")
        time.sleep(0.2)
        s3.delete_object(Bucket="wood", Key="between")
        connection.sendall(b"w")
        answer = connection.recv(65536)
        while part := connection.recv(65536):
            answer += part
    assert answer.split(b"\r\n")[0].split(b" ", 1)[1] == b"409 CONFLICT" or b" 409 " in answer.split(b"\r\n")[0]
    assert b"<Code>ConditionalRequestConflict</Code>" in answer


def test_versions(s3):
    first, second = (s3.put_object(Bucket="annals", Key="v/oak", Body=one)["VersionId"] for one in (b"1", b"2"))
    marker = s3.delete_object(Bucket="annals", Key="v/oak")
    assert (marker["DeleteMarker"], len({first, second, marker["VersionId"]})) == (True, 3)
    assert body(s3, "v/oak", "annals", VersionId=first) == b"1"
    assert refused(s3.get_object, Bucket="annals", Key="v/oak") == (404, "NoSuchKey")
    with pytest.raises(ClientError) as gone:
        s3.head_object(Bucket="annals", Key="v/oak")
    assert gone.value.response["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] == "true"
    named = {"Bucket": "annals", "Key": "v/oak", "VersionId": marker["VersionId"]}
    assert refused(s3.get_object, **named) == (405, "MethodNotAllowed")
    listed = s3.list_object_versions(Bucket="annals", Prefix="v/")
    assert [(one["VersionId"], one["IsLatest"]) for one in listed["Versions"]] == [(second, False), (first, False)]
    assert [(one["VersionId"], one["IsLatest"]) for one in listed["DeleteMarkers"]] == [(marker["VersionId"], True)]
    assert s3.delete_object(**named)["DeleteMarker"] is True
    assert body(s3, "v/oak", "annals") == b"2"
    s3.delete_object(Bucket="annals", Key="v/oak", VersionId=second)
    assert body(s3, "v/oak", "annals") == b"1"


def test_versions_page_by_page(s3):
    wanted = []
    for key in ("p/a", "p/b", "p/c/d", "p/c/e"):
        versions = [s3.put_object(Bucket="annals", Key=key, Body=b"x")["VersionId"] for _ in range(3)]
        wanted += [(key, version) for version in reversed(versions)]
    for size in (1, 2, 3, 5, 100):
        pages = s3.get_paginator("list_object_versions").paginate(
            Bucket="annals", Prefix="p/", PaginationConfig={"PageSize": size}
        )
        found = [(one["Key"], one["VersionId"]) for page in pages for one in page.get("Versions", [])]
        assert found == wanted
        pages = s3.get_paginator("list_object_versions").paginate(
            Bucket="annals", Prefix="p/", Delimiter="/", PaginationConfig={"PageSize": size}
        )
        parts = [(page.get("Versions", []), page.get("CommonPrefixes", [])) for page in pages]
        assert [one["VersionId"] for versions, _ in parts for one in versions] == [one[1] for one in wanted[:6]]
        assert [one["Prefix"] for _, prefixes in parts for one in prefixes] == ["p/c/"]


@pytest.mark.parametrize("call", ["list_objects", "list_objects_v2"])
def test_listings_page_by_page(s3, call):
    keys = ["l/a", "l/b/1", "l/b/2", "l/c d", "l/c/", "l/é"]
    for key in keys:
        s3.put_object(Bucket="wood", Key=key, Body=b"x")
    for size in (1, 2, 4, 100):
        pages = list(s3.get_paginator(call).paginate(Bucket="wood", Prefix="l/", PaginationConfig={"PageSize": size}))
        assert [one["Key"] for page in pages for one in page.get("Contents", [])] == keys
        assert len(pages) == -(-len(keys) // size)
        pages = list(
            s3.get_paginator(call).paginate(
                Bucket="wood", Prefix="l/", Delimiter="/", PaginationConfig={"PageSize": size}
            )
        )
        assert [one["Key"] for page in pages for one in page.get("Contents", [])] == ["l/a", "l/c d", "l/é"]
        assert [one["Prefix"] for page in pages for one in page.get("CommonPrefixes", [])] == ["l/b/", "l/c/"]


def test_a_listing_from_a_key_on(s3):
    for key in ("s/a", "s/b", "s/c"):
        s3.put_object(Bucket="wood", Key=key, Body=b"x")
    found = s3.list_objects_v2(Bucket="wood", Prefix="s/", StartAfter="s/a", FetchOwner=True)
    assert [one["Key"] for one in found["Contents"]] == ["s/b", "s/c"]
    assert (found["KeyCount"], found["StartAfter"], found["IsTruncated"]) == (2, "s/a", False)
    assert found["Contents"][0]["Owner"]["ID"]
    assert s3.list_objects_v2(Bucket="wood", Prefix="s/", MaxKeys=0)["KeyCount"] == 0
    assert refused(s3.list_objects_v2, Bucket="wood", ContinuationToken="€") == (400, "InvalidArgument")


def test_files_written_behind_the_api(s3, running):
    folder = running.home / "s3/wood/spark"
    folder.mkdir(parents=True)
    (folder / "part-0").write_bytes(b"zero")
    assert body(s3, "spark/part-0") == b"zero"
    (folder / "part-1").write_bytes(b"one")
    s3.copy_object(Bucket="wood", Key="spark/data", CopySource={"Bucket": "wood", "Key": "spark/part-1"})
    (folder / "part-0").unlink()
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="wood", Prefix="spark/")["Contents"]] == [
        "spark/data",
        "spark/part-1",
    ]
    assert (folder / "data").read_bytes() == b"one"


def test_copies(s3):
    about = {"ContentType": "text/csv", "Metadata": {"finder": "ada"}, "Tagging": "kind=leaf"}
    first = s3.put_object(Bucket="annals", Key="c/é 1+.csv", Body=b"1", **about)["VersionId"]
    s3.put_object(Bucket="annals", Key="c/é 1+.csv", Body=b"2")
    source = {"Bucket": "annals", "Key": "c/é 1+.csv", "VersionId": first}
    copied = s3.copy_object(Bucket="wood", Key="c/copy", CopySource=source)
    assert copied["CopySourceVersionId"] == first
    found = s3.get_object(Bucket="wood", Key="c/copy")
    assert (found["Body"].read(), found["ContentType"], found["Metadata"]) == (b"1", "text/csv", {"finder": "ada"})
    assert found["TagCount"] == 1
    s3.copy_object(
        Bucket="wood",
        Key="c/copy",
        CopySource={"Bucket": "wood", "Key": "c/copy"},
        MetadataDirective="REPLACE",
        Metadata={"finder": "bob"},
        TaggingDirective="REPLACE",
        Tagging="a=b&c=d",
    )
    found = s3.get_object(Bucket="wood", Key="c/copy")
    assert (found["ContentType"], found["Metadata"], found["TagCount"]) == (
        "binary/octet-stream",
        {"finder": "bob"},
        2,
    )


def test_copies_that_are_refused(s3):
    etag = s3.put_object(Bucket="wood", Key="c/one", Body=b"1")["ETag"]
    one = {"Bucket": "wood", "CopySource": {"Bucket": "wood", "Key": "c/one"}}
    assert refused(s3.copy_object, **one, Key="c/one") == (400, "InvalidRequest")
    assert refused(s3.copy_object, **one, Key="c/two", CopySourceIfMatch='"x"') == (412, "PreconditionFailed")
    assert refused(s3.copy_object, **one, Key="c/two", CopySourceIfNoneMatch=etag) == (412, "PreconditionFailed")
    assert refused(s3.copy_object, Bucket="wood", Key="x", CopySource="wood/nothing") == (404, "NoSuchKey")
    assert refused(s3.copy_object, Bucket="wood", Key="x", CopySource="nowhere/x") == (404, "NoSuchBucket")
    s3.copy_object(**one, Key="c/two", IfNoneMatch="*")
    assert refused(s3.copy_object, **one, Key="c/two", IfNoneMatch="*") == (412, "PreconditionFailed")


def test_several_deletes_in_one_call(s3):
    for key in ("d/1", "d/2", "d/é&<"):
        s3.put_object(Bucket="wood", Key=key, Body=b"x")
    asked = [{"Key": key} for key in ("d/1", "d/2", "d/é&<", "d/nothing")]
    answer = s3.delete_objects(Bucket="wood", Delete={"Objects": asked})
    assert [one["Key"] for one in answer["Deleted"]] == ["d/1", "d/2", "d/é&<", "d/nothing"]
    assert s3.list_objects_v2(Bucket="wood", Prefix="d/")["KeyCount"] == 0
    version = s3.put_object(Bucket="annals", Key="d/1", Body=b"x")["VersionId"]
    quiet = {"Objects": [{"Key": "d/1", "VersionId": version}], "Quiet": True}
    assert "Deleted" not in s3.delete_objects(Bucket="annals", Delete=quiet)
    too_many = [{"Key": str(number)} for number in range(1001)]
    assert refused(s3.delete_objects, Bucket="wood", Delete={"Objects": too_many}) == (400, "MalformedXML")


def test_a_large_file_goes_up_in_parts_and_comes_down_in_ranges(s3, running, tmp_path):
    source, target = tmp_path / "up", tmp_path / "down"
    source.write_bytes(os.urandom(18 * MIB + 5))
    s3.upload_file(str(source), "wood", "ships/log", ExtraArgs={"ContentType": "text/csv", "Metadata": {"a": "b"}})
    found = s3.head_object(Bucket="wood", Key="ships/log", ChecksumMode="ENABLED")
    sizes = [8 * MIB, 8 * MIB, 2 * MIB + 5]
    digests, start = b"", 0
    for size in sizes:
        digests += hashlib.md5(source.read_bytes()[start : start + size]).digest()
        start += size
    assert found["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-3"'
    assert (found["ContentType"], found["Metadata"], found["ChecksumType"]) == ("text/csv", {"a": "b"}, "COMPOSITE")
    s3.download_file("wood", "ships/log", str(target))
    assert target.read_bytes() == source.read_bytes()
    part = s3.get_object(Bucket="wood", Key="ships/log", PartNumber=3)
    assert (part["PartsCount"], part["ContentLength"]) == (3, 2 * MIB + 5)
    assert (running.home / "s3/wood/ships/log").stat().st_size == 18 * MIB + 5
    assert list((running.home / "s3-uploads").iterdir()) == []
    config = boto3.s3.transfer.TransferConfig(multipart_threshold=8 * MIB)
    s3.copy({"Bucket": "wood", "Key": "ships/log"}, "annals", "ships/copy", Config=config)
    assert body(s3, "ships/copy", "annals") == source.read_bytes()


def start_upload(s3, key, bucket="wood"):
    return {"Bucket": bucket, "Key": key, "UploadId": s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]}


def test_parts_are_checked_when_the_upload_is_completed(s3):
    upload = start_upload(s3, "m/one")
    etags = {n: s3.upload_part(**upload, PartNumber=n, Body=b"x" * size)["ETag"] for n, size in ((1, 9), (2, 5 * MIB))}

    def complete(*numbers, etag=None):
        parts = [{"PartNumber": n, "ETag": etag or etags.get(n, '"x"')} for n in numbers]
        return refused(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": parts})

    assert complete(2, 1) == (400, "InvalidPartOrder")
    assert complete(1, 3) == (400, "InvalidPart")
    assert complete(1, etag='"x"') == (400, "InvalidPart")
    assert complete(1, 2) == (400, "EntityTooSmall")
    assert complete() == (400, "MalformedXML")
    assert refused(s3.upload_part, **upload, PartNumber=10001, Body=b"") == (400, "InvalidArgument")
    listed = s3.list_parts(**upload, MaxParts=1)
    assert ([one["Size"] for one in listed["Parts"]], listed["IsTruncated"]) == ([9], True)
    s3.upload_part(**upload, PartNumber=1, Body=b"y" * 5 * MIB)
    assert [one["Size"] for one in s3.list_parts(**upload)["Parts"]] == [5 * MIB, 5 * MIB]
    s3.abort_multipart_upload(**upload)
    assert refused(s3.list_parts, **upload) == (404, "NoSuchUpload")
    assert refused(s3.upload_part, **upload, PartNumber=1, Body=b"") == (404, "NoSuchUpload")
    assert refused(s3.head_object, Bucket="wood", Key="m/one") == (404, "404")


def test_completing_twice_gives_one_object(s3):
    upload = start_upload(s3, "m/two", "annals")
    etag = s3.upload_part(**upload, PartNumber=7, Body=b"seven")["ETag"]
    parts = {"Parts": [{"PartNumber": 7, "ETag": etag}]}
    answers = [s3.complete_multipart_upload(**upload, MultipartUpload=parts) for _ in range(2)]
    assert answers[0]["VersionId"] == answers[1]["VersionId"]
    assert body(s3, "m/two", "annals") == b"seven"
    assert len(s3.list_object_versions(Bucket="annals", Prefix="m/two")["Versions"]) == 1


def test_completing_can_be_conditional(s3):
    upload = start_upload(s3, "m/three")
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]
    parts = {"MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": etag}]}}
    s3.put_object(Bucket="wood", Key="m/three", Body=b"sooner")
    assert refused(s3.complete_multipart_upload, **upload, **parts, IfNoneMatch="*") == (412, "PreconditionFailed")
    assert body(s3, "m/three") == b"sooner"
    s3.complete_multipart_upload(**upload, **parts)


def test_unfinished_uploads_are_listed(s3):
    uploads = [start_upload(s3, key, "annals") for key in ("u/a", "u/a", "u/b")]
    listed = s3.list_multipart_uploads(Bucket="annals", Prefix="u/")["Uploads"]
    assert [(one["Key"], one["UploadId"]) for one in listed] == [(one["Key"], one["UploadId"]) for one in uploads]
    for upload in uploads:
        s3.abort_multipart_upload(**upload)


def test_a_part_from_an_object(s3):
    s3.put_object(Bucket="wood", Key="digits", Body=b"0123456789")
    upload = start_upload(s3, "m/four")
    ask = {**upload, "PartNumber": 1, "CopySource": "wood/digits"}
    assert refused(s3.upload_part_copy, **ask, CopySourceRange="bytes=5-10") == (400, "InvalidArgument")
    etag = s3.upload_part_copy(**ask, CopySourceRange="bytes=2-5")["CopyPartResult"]["ETag"]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert body(s3, "m/four") == b"2345"


def test_attributes(s3):
    s3.put_object(Bucket="wood", Key="attributes", Body=b"1234")
    found = s3.get_object_attributes(
        Bucket="wood", Key="attributes", ObjectAttributes=["ETag", "ObjectSize", "Checksum", "StorageClass"]
    )
    assert (found["ETag"], found["ObjectSize"]) == (hashlib.md5(b"1234").hexdigest(), 4)
    assert found["Checksum"]["ChecksumCRC32"]


def fetch(url):
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_links_that_expire(s3):
    s3.put_object(Bucket="wood", Key="link é", Body=b"x")
    where = {"Bucket": "wood", "Key": "link é"}
    assert fetch(s3.generate_presigned_url("get_object", where, ExpiresIn=60)) == (200, b"x")
    expired = s3.generate_presigned_url("get_object", where, ExpiresIn=-1)
    status, answer = fetch(expired)
    assert (status, b"Request has expired" in answer) == (403, True)


def test_nothing_is_public(s3, running):
    s3.put_object(Bucket="wood", Key="secret", Body=b"x")
    status, answer = fetch(f"{running.url}/wood/secret")
    assert (status, b"<Code>AccessDenied</Code>" in answer) == (403, True)


def test_only_empty_buckets_go(s3, running):
    s3.create_bucket(Bucket="brief")
    s3.put_bucket_versioning(Bucket="brief", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket="brief", Key="x", Body=b"x")["VersionId"]
    assert refused(s3.delete_bucket, Bucket="brief") == (409, "BucketNotEmpty")
    s3.delete_object(Bucket="brief", Key="x", VersionId=version)
    s3.delete_bucket(Bucket="brief")
    assert not (running.home / "s3/brief").exists()
    s3.create_bucket(Bucket="brief")
    assert s3.list_objects_v2(Bucket="brief")["KeyCount"] == 0
    s3.delete_bucket(Bucket="brief")


def test_nothing_is_left_on_the_way(running):
    assert list((running.home / "s3-work").iterdir()) == []
