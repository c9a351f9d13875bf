"""Rules are carried out, on the day that AWS documents, and what is not carried out is refused by name.

Source of the days: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html (counted from the
midnight that follows).
"""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError
from moto.s3.models import LifecycleRule

from local_aws.s3 import lifecycle, moto_backend, object_store
from local_aws.s3.lifecycle import Rule


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("now", "over"),
    [("2024-05-04T23:59", False), ("2024-05-05T00:00", True)],  # uploaded on the 1st at noon, three days
)
def test_days_count_from_the_next_midnight(now, over):
    assert lifecycle._over(at("2024-05-01T12:00"), 3, at(now)) is over


@pytest.fixture
def wood(running):
    s3 = running.client("s3")
    s3.create_bucket(Bucket="wood")
    yield s3
    for page in s3.get_paginator("list_object_versions").paginate(Bucket="wood"):
        for one in page.get("Versions", []) + page.get("DeleteMarkers", []):
            s3.delete_object(Bucket="wood", Key=one["Key"], VersionId=one["VersionId"])
    s3.delete_bucket(Bucket="wood")


TOMORROW_AND_A_DAY = 2 * 24 * 3600


def sweep(*rules, later=TOMORROW_AND_A_DAY):
    import time

    return lifecycle.sweep(object_store.store(), "wood", list(rules), time.time() + later)


def keys(s3):
    return [one["Key"] for one in s3.list_objects_v2(Bucket="wood").get("Contents", [])]


def test_objects_go_below_the_prefix_when_their_days_are_over(wood):
    for key in ("old/1", "old/2", "other"):
        wood.put_object(Bucket="wood", Key=key, Body=b"x")
    assert sweep(Rule("old/", expire=1), later=0) == 0
    assert sweep(Rule("old/", expire=1)) == 2
    assert keys(wood) == ["other"]


def test_old_versions_go_and_then_the_lone_marker(wood):
    wood.put_bucket_versioning(Bucket="wood", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2", b"3"):
        newest = wood.put_object(Bucket="wood", Key="oak", Body=body)["VersionId"]
    assert sweep(Rule(expire_old=1)) == 2
    assert [one["VersionId"] for one in wood.list_object_versions(Bucket="wood")["Versions"]] == [newest]
    assert sweep(Rule(expire=1)) == 1
    assert keys(wood) == []
    listed = wood.list_object_versions(Bucket="wood")
    assert (len(listed["Versions"]), len(listed["DeleteMarkers"])) == (1, 1)
    assert sweep(Rule(drop_markers=True)) == 0
    assert sweep(Rule(expire_old=1, drop_markers=True)) == 2
    assert "Versions" not in wood.list_object_versions(Bucket="wood")


def test_unfinished_uploads_go_with_their_parts(wood, running):
    upload = wood.create_multipart_upload(Bucket="wood", Key="x")["UploadId"]
    wood.upload_part(Bucket="wood", Key="x", UploadId=upload, PartNumber=1, Body=b"part")
    assert sweep(Rule(abort=1), later=0) == 0
    assert sweep(Rule(abort=1)) == 1
    assert list((running.home / "s3-uploads").iterdir()) == []


def configure(s3, **rule):
    rules = [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "old/"}, **rule}]
    s3.put_bucket_lifecycle_configuration(Bucket="wood", LifecycleConfiguration={"Rules": rules})


def test_rules_come_from_the_bucket_s_configuration(wood):
    configure(
        wood,
        Expiration={"Days": 3},
        NoncurrentVersionExpiration={"NoncurrentDays": 4},
        AbortIncompleteMultipartUpload={"DaysAfterInitiation": 5},
    )
    assert moto_backend.lifecycle_rules() == {"wood": [Rule("old/", 3, 4, 5)]}
    configure(wood, Expiration={"ExpiredObjectDeleteMarker": True})
    assert moto_backend.lifecycle_rules() == {"wood": [Rule("old/", drop_markers=True)]}
    configure(wood, Expiration={"Days": 3}, Status="Disabled")
    assert moto_backend.lifecycle_rules() == {}


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ({"Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]}, "Transition"),
        ({"Expiration": {"Date": datetime(2030, 1, 1, tzinfo=UTC)}}, "Expiration.Date"),
        ({"Filter": {"Tag": {"Key": "a", "Value": "b"}}, "Expiration": {"Days": 1}}, "Filter.Tag"),
        (
            {"NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2}},
            "NoncurrentVersionExpiration.NewerNoncurrentVersions",
        ),
    ],
)
def test_what_is_not_carried_out_is_refused_by_name(wood, rule, named):
    with pytest.raises(ClientError, match=named) as refused:
        configure(wood, **rule)
    assert refused.value.response["Error"]["Code"] == "NotImplemented"


def test_the_fields_of_moto_s_rules():
    rule = LifecycleRule()
    for name in ("prefix", "filter", "status", "expiration_days", "expired_object_delete_marker"):
        assert hasattr(rule, name)
    assert (rule.nve_noncurrent_days, rule.aimu_days) == (None, None)
