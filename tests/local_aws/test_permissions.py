"""Which permission a call needs, on which resource, and the record of it."""

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.conftest import ACCOUNT

GLUE = f"arn:aws:glue:us-east-1:{ACCOUNT}:"


def allow(action, *resources, **condition):
    return {"Effect": "Allow", "Action": action, "Resource": list(resources), **condition}


def asked(aws, role):
    caller = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/tests"
    return [(line["action"], line["resource"], line["allowed"]) for line in aws.record() if line["caller"] == caller]


def test_a_table_needs_its_database_and_the_catalog_too(aws):
    glue = aws.client("glue", aws.role("half", allow("glue:GetTable", f"{GLUE}table/*", f"{GLUE}catalog")))
    with pytest.raises(ClientError, match="not authorized to perform: glue:GetTable"):
        glue.get_table(DatabaseName="orchard", Name="trees")
    assert asked(aws, "half") == [
        ("glue:GetTable", f"{GLUE}table/orchard/trees", True),
        ("glue:GetTable", f"{GLUE}database/orchard", False),
    ]


def test_crawlers_and_jobs_are_asked_for_by_name(aws):
    glue = aws.client(
        "glue", aws.role("starter", allow(["glue:StartCrawler", "glue:StartJobRun"], f"{GLUE}crawler/own"))
    )
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        glue.start_crawler(Name="own")
    with pytest.raises(ClientError, match="not authorized to perform: glue:StartJobRun"):
        glue.start_job_run(JobName="other")
    assert [line[1:] for line in asked(aws, "starter")] == [(f"{GLUE}crawler/own", True), (f"{GLUE}job/other", False)]


def test_a_query_is_asked_for_by_its_workgroup(aws):
    place = f"arn:aws:athena:us-east-1:{ACCOUNT}:workgroup/"
    keys = aws.role("reader", allow("athena:GetQueryExecution", f"{place}own"))
    with pytest.raises(ClientError, match="athena:GetQueryExecution"):
        aws.client("athena", keys).get_query_execution(QueryExecutionId="12345678-1234-1234-1234-123456789012")
    assert asked(aws, "reader") == [("athena:GetQueryExecution", f"{place}primary", False)]


def test_a_version_is_another_permission_than_the_newest(aws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="versioned")
    s3.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket="versioned", Key="a", Body=b"x")["VersionId"]
    own = aws.client("s3", aws.role("versions", allow("s3:GetObjectVersion", "arn:aws:s3:::versioned/*")))
    assert own.get_object(Bucket="versioned", Key="a", VersionId=version)["Body"].read() == b"x"
    with pytest.raises(ClientError, match='s3:GetObject on resource: "arn:aws:s3:::versioned/a"'):
        own.get_object(Bucket="versioned", Key="a")


def test_the_sender_of_a_mail_is_a_condition(aws):
    ses = aws.client("ses")
    for address in ("own@example.com", "other@example.com"):
        ses.verify_email_identity(EmailAddress=address)
    condition = {"Condition": {"StringEquals": {"ses:FromAddress": "own@example.com"}}}
    own = aws.client("ses", aws.role("sender", allow("ses:SendRawEmail", "*", **condition)))
    mail = b"From: %b\nTo: a@example.com\nSubject: x\n\nx\n"
    own.send_raw_email(RawMessage={"Data": mail % b"own@example.com"})
    with pytest.raises(ClientError, match="ses:SendRawEmail"):
        own.send_raw_email(RawMessage={"Data": mail % b"other@example.com"})
    identities = f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/"
    assert asked(aws, "sender") == [
        ("ses:SendRawEmail", f"{identities}own@example.com", True),
        ("ses:SendRawEmail", f"{identities}other@example.com", False),
    ]
