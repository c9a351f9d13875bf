"""The way in: what is refused and in which shape, and that a refusal never hangs."""

import urllib.request

import pytest
from botocore.exceptions import ClientError

from local_aws import gateway

# one operation of a service that is not served, per protocol of AWS; shapes: https://smithy.io/2.0/aws/protocols/
NOT_SERVED = [
    ("dynamodb", "list_tables", "UnknownOperationException"),  # JSON 1.0
    ("codebuild", "list_projects", "UnknownOperationException"),  # JSON 1.1
    ("efs", "describe_file_systems", "UnknownOperationException"),  # REST JSON
    ("elasticbeanstalk", "describe_applications", "InvalidAction"),  # query
    ("ec2", "describe_instances", "InvalidAction"),  # EC2 query
    ("cloudfront", "list_distributions", "InvalidAction"),  # REST XML
]


@pytest.mark.parametrize(("service", "call", "code"), NOT_SERVED)
def test_a_service_that_is_not_for_real_is_refused_by_name(running, service, call, code):
    client = running.client(service)
    operation = client.meta.method_to_api_mapping[call]
    with pytest.raises(ClientError, match=f"does not do {service}.{operation} for real") as refused:
        getattr(client, call)()
    assert refused.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    ("service", "call", "params"),
    [
        ("s3", "get_bucket_website", {"Bucket": "x"}),
        ("s3", "put_object_acl", {"Bucket": "x", "Key": "y", "ACL": "private"}),
        ("s3", "select_object_content", {
            "Bucket": "x", "Key": "y", "Expression": "select 1", "ExpressionType": "SQL",
            "InputSerialization": {"CSV": {}}, "OutputSerialization": {"CSV": {}},
        }),
        ("glue", "list_workflows", {}),
        ("athena", "create_notebook", {"WorkGroup": "x", "Name": "y"}),
        ("ses", "send_bulk_templated_email", {
            "Source": "a@x.example", "Template": "t", "DefaultTemplateData": "{}",
            "Destinations": [{"Destination": {}}],
        }),
    ],
)  # fmt: skip
def test_an_operation_that_is_not_for_real_is_refused_by_name(running, service, call, params):
    client = running.client(service)
    operation = client.meta.method_to_api_mapping[call]
    with pytest.raises(ClientError, match=f"{service}.{operation}"):
        getattr(client, call)(**params)


def test_a_refused_head_has_no_body(running):
    with pytest.raises(ClientError) as refused:
        running.client("s3").head_object(Bucket="nowhere", Key="x")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_refused_upload_gets_its_answer_however_large(running):
    with pytest.raises(ClientError) as refused:
        running.client("s3").put_object(Bucket="nowhere", Key="x", Body=b"x" * 30_000_000)
    assert refused.value.response["Error"]["Code"] == "NoSuchBucket"


def test_ready(running):
    with urllib.request.urlopen(f"{running.url}/_local_aws/ready") as answer:
        assert (answer.status, answer.read()) == (200, b"ready\n")


def test_a_failure_inside_is_an_aws_error_and_named(running, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("of the test")

    monkeypatch.setitem(gateway.operations.OPERATIONS, "ListObjectsV2", fail)
    running.client("s3").create_bucket(Bucket="failing")
    with pytest.raises(ClientError, match="ZeroDivisionError: of the test") as failed:
        running.client("s3").list_objects_v2(Bucket="failing")
    assert failed.value.response["Error"]["Code"] == "InternalError"


def test_no_page_of_a_browser_gets_an_answer_it_may_read(running):
    request = urllib.request.Request(f"{running.url}/_local_aws/ready", headers={"Origin": "http://evil.example"})
    with urllib.request.urlopen(request) as answer:
        assert "Access-Control-Allow-Origin" not in answer.headers
    answer = running.client("s3").list_buckets()
    assert "access-control-allow-origin" not in answer["ResponseMetadata"]["HTTPHeaders"]
