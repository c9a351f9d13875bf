"""Who is let in."""

import json
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.corrections.conftest import as_role, clients, role

REFUSED = r"SignatureDoesNotMatch|InvalidSignature|InvalidAccessKeyId|InvalidClientTokenId|Unrecogn"


@pytest.mark.parametrize("key", [("tests", "another"), ("test", "test"), ("111122223333", "x"), ("AKIAEXAMPLE", "x")])
def test_only_the_accounts_key_with_its_secret_is_let_in(url, key):
    for service, call in (("s3", "list_buckets"), ("sts", "get_caller_identity"), ("glue", "get_databases")):
        with pytest.raises(ClientError, match=REFUSED):
            getattr(clients(url, *key)(service), call)()
    assert clients(url)("sts").get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:root"


def test_an_object_is_read_with_a_presigned_link_and_not_without_a_signature(aws, url):
    s3 = aws("s3")
    s3.create_bucket(Bucket="links")
    s3.put_object(Bucket="links", Key="a.txt", Body=b"acorn")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": "links", "Key": "a.txt"})
    assert urllib.request.urlopen(link).read() == b"acorn"
    for wrong in (f"{url}/links/a.txt", link.replace("a.txt", "b.txt"), link.replace("Signature=", "Signature=0")):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(wrong)


def test_this_machine_counts_as_encrypted(aws):
    aws("s3").create_bucket(Bucket="tls-only")
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::tls-only"}
    deny["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    aws("s3").put_bucket_policy(Bucket="tls-only", Policy=json.dumps({"Statement": [deny]}))
    lists = role(aws, "lists", {"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::tls-only"})
    assert as_role(aws, lists)("s3").list_objects_v2(Bucket="tls-only")["KeyCount"] == 0
    with pytest.raises(ClientError, match="AccessDenied"):
        as_role(aws, lists)("s3").put_object(Bucket="tls-only", Key="a", Body=b"")
