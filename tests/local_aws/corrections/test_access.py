"""Who is let in; more of it is in test_server.py."""

import urllib.error
import urllib.request

import pytest

from tests.local_aws.corrections.conftest import tls_only


def test_an_object_is_read_with_a_presigned_link_and_not_with_a_changed_one(aws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="links")
    s3.put_object(Bucket="links", Key="a.txt", Body=b"acorn")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": "links", "Key": "a.txt"})
    assert urllib.request.urlopen(link).read() == b"acorn"
    for wrong in (link.replace("a.txt", "b.txt"), link.replace("Signature=", "Signature=0")):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(wrong)


def test_this_machine_counts_as_encrypted(aws):
    assert tls_only(aws, "tls-only").list_objects_v2(Bucket="tls-only")["KeyCount"] == 0
