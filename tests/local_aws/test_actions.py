"""Which permissions calls need: each operation that is for real has its line."""

import pytest

from local_aws.actions import Permission, Place, known, of
from local_aws.served import SERVED

HERE = Place("123456789012", "us-east-1")
S3, GLUE, ATHENA = "arn:aws:s3:::", "arn:aws:glue:us-east-1:123456789012:", "arn:aws:athena:us-east-1:123456789012:"
LOGS, IAM = "arn:aws:logs:us-east-1:123456789012:log-group:", "arn:aws:iam::123456789012:"


@pytest.mark.parametrize("service", sorted(SERVED))
def test_every_operation_that_is_for_real_has_its_permissions(service):
    assert [one for one in sorted(SERVED[service]) if not known(service, one)] == []


# https://docs.aws.amazon.com/service-authorization/latest/reference/, one page a service
CASES = [
    ("s3", "HeadObject", {"Bucket": "b", "Key": "k"}, [("s3:GetObject", S3 + "b/k")]),
    ("s3", "DeleteObject", {"Bucket": "b", "Key": "k", "VersionId": "1"}, [("s3:DeleteObjectVersion", S3 + "b/k")]),
    ("s3", "ListObjectVersions", {"Bucket": "b"}, [("s3:ListBucketVersions", S3 + "b")]),
    ("s3", "UploadPart", {"Bucket": "b", "Key": "k"}, [("s3:PutObject", S3 + "b/k")]),
    ("s3", "AbortMultipartUpload", {"Bucket": "b", "Key": "k"}, [("s3:AbortMultipartUpload", S3 + "b/k")]),
    ("s3", "ListParts", {"Bucket": "b", "Key": "k"}, [("s3:ListMultipartUploadParts", S3 + "b/k")]),
    ("s3", "PutBucketEncryption", {"Bucket": "b"}, [("s3:PutEncryptionConfiguration", S3 + "b")]),
    ("s3", "ListBuckets", {}, [("s3:ListAllMyBuckets", "*")]),
    ("s3", "PutObject", {"Bucket": "b", "Key": "k", "Tagging": "a=b"}, [
        ("s3:PutObject", S3 + "b/k"), ("s3:PutObjectTagging", S3 + "b/k"),
    ]),
    ("glue", "StartJobRun", {"JobName": "j"}, [("glue:StartJobRun", GLUE + "job/j")]),
    ("glue", "GetCrawler", {"Name": "c"}, [("glue:GetCrawler", GLUE + "crawler/c")]),
    ("glue", "GetCrawlerMetrics", {"CrawlerNameList": ["c"]}, [("glue:GetCrawlerMetrics", "*")]),
    ("glue", "GetTables", {"DatabaseName": "D"}, [
        ("glue:GetTables", GLUE + one) for one in ("catalog", "database/d", "table/d/*")
    ]),
    ("glue", "CreateTable", {"DatabaseName": "d", "TableInput": {"Name": "T"}}, [
        ("glue:CreateTable", GLUE + one) for one in ("catalog", "database/d", "table/d/t")
    ]),
    ("glue", "CreateJob", {"Name": "j", "Role": "worker"}, [
        ("glue:CreateJob", GLUE + "job/j"), ("iam:PassRole", IAM + "role/worker"),
    ]),
    ("athena", "StartQueryExecution", {"WorkGroup": "g"}, [("athena:StartQueryExecution", ATHENA + "workgroup/g")]),
    ("athena", "GetTableMetadata", {"CatalogName": "AwsDataCatalog", "DatabaseName": "d", "TableName": "t"}, [
        ("athena:GetTableMetadata", ATHENA + "datacatalog/AwsDataCatalog"),
        *(("glue:GetTable", GLUE + one) for one in ("catalog", "database/d", "table/d/t")),
    ]),
    ("logs", "FilterLogEvents", {"logGroupName": "/g"}, [("logs:FilterLogEvents", LOGS + "/g:log-stream:")]),
    ("logs", "PutLogEvents", {"logGroupName": "/g", "logStreamName": "s"}, [
        ("logs:PutLogEvents", LOGS + "/g:log-stream:s"),
    ]),
    ("lambda", "Invoke", {"FunctionName": "f"}, [
        ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:f"),
    ]),
    ("sqs", "SendMessageBatch", {"QueueUrl": "http://127.0.0.1/123456789012/q"}, [
        ("sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:q"),
    ]),
    ("events", "PutEvents", {"Entries": [{}, {}]}, [
        ("events:PutEvents", "arn:aws:events:us-east-1:123456789012:event-bus/default"),
    ]),
    ("sts", "GetCallerIdentity", {}, []),
    ("iam", "CreateUser", {"UserName": "u", "Path": "/team/"}, [("iam:CreateUser", IAM + "user/team/u")]),
]  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "params", "expected"), CASES)
def test_actions_and_resources(service, operation, params, expected):
    assert [(one.action, one.resource) for one in of(service, operation, params, HERE)] == expected


def test_a_mail_needs_the_identity_of_each_of_its_senders():
    raw = b"From: Shop <a@shop.example>\r\nTo: b@shop.example\r\n\r\nHello\r\n"
    identity = "arn:aws:ses:us-east-1:123456789012:identity/"
    assert of("ses", "SendRawEmail", {"Source": "c@shop.example", "RawMessage": {"Data": raw}}, HERE) == [
        Permission("ses:SendRawEmail", identity + address, {"ses:FromAddress": address})
        for address in ("c@shop.example", "a@shop.example")
    ]
