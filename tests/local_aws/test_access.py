"""A role's session and a user may do what their policies say and nothing else; other keys are the account itself.

The words of a refusal: IAM User Guide, "Troubleshoot access denied error messages". Codes and statuses: each service's
"Common Errors" page; Glue's 400 in apache/kyuubi pull request 4952.
"""

import io
import json
import urllib.error
import urllib.request
import zipfile

import boto3
import pytest
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
HERE = f"us-east-1:{ACCOUNT}"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {
                "AWS": f"arn:aws:iam::{ACCOUNT}:root",
                "Service": ["glue.amazonaws.com", "lambda.amazonaws.com"],
            },
            "Action": "sts:AssumeRole",
        }
    ],
}
RAW = b"From: a@wood.example\r\nTo: b@wood.example\r\nSubject: x\r\n\r\nx\r\n"


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource, **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


def deny(action, resource, **more):
    return allow(action, resource, **more) | {"Effect": "Deny"}


class Someone:
    """A role's session or a user, whose only policy can be changed."""

    def __init__(self, running, kind, name):
        self.url, self.kind, self.name = running.url, kind, name
        self.iam = running.client("iam")
        if kind == "role":
            self.arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
            keys = running.client("sts").assume_role(RoleArn=self.arn, RoleSessionName="monday")["Credentials"]
            self.shown = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/monday"
        else:
            self.arn = self.shown = self.iam.create_user(UserName=name)["User"]["Arn"]
            keys = self.iam.create_access_key(UserName=name)["AccessKey"]
        self.session = boto3.Session(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys.get("SessionToken"), "us-east-1"
        )

    def may(self, *statements):
        if self.kind == "role":
            self.iam.put_role_policy(RoleName=self.name, PolicyName="own", PolicyDocument=policy(*statements))
        else:
            self.iam.put_user_policy(UserName=self.name, PolicyName="own", PolicyDocument=policy(*statements))

    def client(self, service):
        return self.session.client(service, endpoint_url=self.url)


NOTHING = deny("none:None", "*")


@pytest.fixture(scope="module", params=["role", "user"])
def someone(request, running, wood):
    return Someone(running, request.param, f"some-{request.param}")


@pytest.fixture(scope="module")
def wood(running):
    """One of everything."""
    s3 = running.client("s3")
    for bucket in ("wood", "results"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket="wood", Key="oak/leaf", Body=b"green")
    glue = running.client("glue")
    glue.create_database(DatabaseInput={"Name": "trees"})
    running.client("athena").create_work_group(
        Name="forest", Configuration={"ResultConfiguration": {"OutputLocation": "s3://results/"}}
    )
    running.client("logs").create_log_group(logGroupName="/wood")
    running.client("ses").verify_email_identity(EmailAddress="a@wood.example")
    running.client("secretsmanager").create_secret(Name="nest", SecretString="egg")
    running.client("sqs").create_queue(QueueName="trunks")
    running.client("sns").create_topic(Name="winds")
    running.client("events").put_rule(Name="autumn", EventPattern=json.dumps({"source": ["wood"]}))
    role = running.client("iam").create_role(RoleName="squirrel", AssumeRolePolicyDocument=json.dumps(TRUST))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", "def run(event, context):\n    return event\n")
    running.client("lambda").create_function(
        FunctionName="grow", Runtime="python3.12", Handler="main.run", Role=role["Role"]["Arn"],
        Code={"ZipFile": packed.getvalue()},
    )  # fmt: skip


GLUE = [f"arn:aws:glue:{HERE}:{one}" for one in ("catalog", "database/trees")]
QUEUE = f"http://127.0.0.1/{ACCOUNT}/trunks"
CASES = {
    "s3": ("get_object", {"Bucket": "wood", "Key": "oak/leaf"}, "s3:GetObject", ["arn:aws:s3:::wood/oak/leaf"], "AccessDenied", 403),
    "s3-bucket": ("get_bucket_location", {"Bucket": "wood"}, "s3:GetBucketLocation", ["arn:aws:s3:::wood"], "AccessDenied", 403),
    "glue": ("get_database", {"Name": "trees"}, "glue:GetDatabase", GLUE, "AccessDeniedException", 400),
    "athena": ("get_work_group", {"WorkGroup": "forest"}, "athena:GetWorkGroup", [f"arn:aws:athena:{HERE}:workgroup/forest"], "AccessDeniedException", 400),
    "logs": ("filter_log_events", {"logGroupName": "/wood"}, "logs:FilterLogEvents", [f"arn:aws:logs:{HERE}:log-group:/wood:log-stream:"], "AccessDeniedException", 400),
    "secretsmanager": ("get_secret_value", {"SecretId": "nest"}, "secretsmanager:GetSecretValue", [f"arn:aws:secretsmanager:{HERE}:secret:nest-??????"], "AccessDeniedException", 400),
    "sqs": ("send_message", {"QueueUrl": QUEUE, "MessageBody": "x"}, "sqs:SendMessage", [f"arn:aws:sqs:{HERE}:trunks"], "AccessDenied", 403),
    "sns": ("publish", {"TopicArn": f"arn:aws:sns:{HERE}:winds", "Message": "x"}, "sns:Publish", [f"arn:aws:sns:{HERE}:winds"], "AuthorizationError", 403),
    "lambda": ("invoke", {"FunctionName": "grow"}, "lambda:InvokeFunction", [f"arn:aws:lambda:{HERE}:function:grow"], "AccessDeniedException", 403),
    "events": ("describe_rule", {"Name": "autumn"}, "events:DescribeRule", [f"arn:aws:events:{HERE}:rule/autumn"], "AccessDeniedException", 400),
    "cloudwatch": ("list_metrics", {}, "cloudwatch:ListMetrics", ["*"], "AccessDenied", 403),
    "iam": ("get_role", {"RoleName": "squirrel"}, "iam:GetRole", [f"arn:aws:iam::{ACCOUNT}:role/squirrel"], "AccessDenied", 403),
    "cloudformation": ("list_stacks", {}, "cloudformation:ListStacks", ["*"], "AccessDenied", 403),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_call_is_refused_without_its_permission_and_done_with_it(someone, case):
    method, params, action, resources, code, status = CASES[case]
    call = getattr(someone.client(case.partition("-")[0]), method)
    someone.may(NOTHING)
    with pytest.raises(ClientError) as refused:
        call(**params)
    error = refused.value.response["Error"]
    assert (error["Code"], refused.value.response["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    someone.may(allow(action, resources))
    call(**params)
    if case == "athena":  # has words of its own
        assert error["Message"].startswith("You are not authorized to perform: athena:GetWorkGroup on the resource.")
        return
    assert f"User: {someone.shown} is not authorized to perform: {action} on resource: " in error["Message"]
    assert error["Message"].endswith(f" because no identity-based policy allows the {action} action")


@pytest.mark.parametrize("params", [{"RawMessage": {"Data": RAW}}])
def test_a_mail_is_sent_by_the_address_that_the_policy_names(someone, params):
    """SES's own quotes: Amazon SES Developer Guide, "Identity and access management", "Access denied"."""
    ses = someone.client("ses")
    identity = f"arn:aws:ses:{HERE}:identity/a@wood.example"
    for condition in ({"ses:FromAddress": "c@wood.example"}, {"ses:Recipients": "b@wood.example"}):
        someone.may(allow("ses:SendRawEmail", identity, Condition={"StringEquals": condition}))
        with pytest.raises(ClientError) as refused:
            ses.send_raw_email(**params)
        assert refused.value.response["Error"] | {"Type": ""} == {
            "Code": "AccessDenied",
            "Type": "",
            "Message": f"User `{someone.shown}' is not authorized to perform `ses:SendRawEmail' on resource `{identity}'",
        }
    someone.may(allow("ses:SendRawEmail", identity, Condition={"StringEquals": {"ses:FromAddress": "a@wood.example"}}))
    ses.send_raw_email(**params)


def test_metrics_go_to_the_namespace_that_the_policy_names(someone):
    cloudwatch = someone.client("cloudwatch")
    someone.may(allow("cloudwatch:PutMetricData", "*", Condition={"StringEquals": {"cloudwatch:namespace": "wood"}}))
    cloudwatch.put_metric_data(Namespace="wood", MetricData=[{"MetricName": "leaves", "Value": 1}])
    with pytest.raises(ClientError, match="cloudwatch:PutMetricData"):
        cloudwatch.put_metric_data(Namespace="stone", MetricData=[{"MetricName": "leaves", "Value": 1}])


def test_a_permission_on_the_table_s_ancestors_is_needed_too(someone):
    glue = someone.client("glue")
    table = f"arn:aws:glue:{HERE}:table/trees/*"
    someone.may(allow("glue:GetTables", [GLUE[0], table]))
    with pytest.raises(ClientError, match=r"glue:GetTables on resource: \S+:database/trees "):
        glue.get_tables(DatabaseName="trees")
    someone.may(allow("glue:GetTables", [*GLUE, table]))
    glue.get_tables(DatabaseName="trees")


def test_a_copy_needs_both_its_ends(someone):
    s3 = someone.client("s3")
    copy = {"Bucket": "wood", "Key": "ash/leaf", "CopySource": {"Bucket": "wood", "Key": "oak/leaf"}}
    read, write = allow("s3:GetObject", "arn:aws:s3:::wood/oak/*"), allow("s3:PutObject", "arn:aws:s3:::wood/ash/*")
    for given, missing in ((read, "s3:PutObject"), (write, "s3:GetObject")):
        someone.may(given)
        with pytest.raises(ClientError, match=missing):
            s3.copy_object(**copy)
    someone.may(read, write)
    s3.copy_object(**copy)


def test_who_may_not_list_is_not_told_that_a_key_is_absent(someone):
    """Amazon S3 API Reference, GetObject and HeadObject, "Permissions"."""
    s3 = someone.client("s3")
    read = allow("s3:GetObject", "arn:aws:s3:::wood/*")
    someone.may(read)
    with pytest.raises(ClientError, match="s3:ListBucket"):
        s3.get_object(Bucket="wood", Key="nothing")
    with pytest.raises(ClientError, match="403"):
        s3.head_object(Bucket="wood", Key="nothing")
    someone.may(read, allow("s3:ListBucket", "arn:aws:s3:::wood"))
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket="wood", Key="nothing")


def test_a_bulk_deletion_tells_which_objects_stay(someone):
    """Amazon S3 API Reference, DeleteObjects: the answer has an error for each object that could not be deleted."""
    s3 = someone.client("s3")
    someone.may(allow("s3:DeleteObject", "arn:aws:s3:::wood/mine/*"))
    answer = s3.delete_objects(Bucket="wood", Delete={"Objects": [{"Key": "mine/a"}, {"Key": "oak/leaf"}]})
    assert [one["Key"] for one in answer["Deleted"]] == ["mine/a"]
    assert [(one["Key"], one["Code"]) for one in answer["Errors"]] == [("oak/leaf", "AccessDenied")]


def test_a_link_lets_do_what_its_signer_may(someone):
    """Amazon S3 User Guide, "Download and upload objects with presigned URLs", "Who can create a presigned URL"."""
    link = someone.client("s3").generate_presigned_url("get_object", Params={"Bucket": "wood", "Key": "oak/leaf"})
    someone.may(NOTHING)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(link)
    someone.may(allow("s3:GetObject", "arn:aws:s3:::wood/*"))
    assert urllib.request.urlopen(link).read() == b"green"


def test_deny_wins_and_says_so(someone):
    someone.may(allow("s3:*", "*"), deny("s3:GetObject", "arn:aws:s3:::wood/oak/*"))
    with pytest.raises(ClientError, match=r"s3:GetObject on .* with an explicit deny in an identity-based policy"):
        someone.client("s3").get_object(Bucket="wood", Key="oak/leaf")


@pytest.fixture
def walled(running):
    """Set a policy of a bucket of its own."""
    s3 = running.client("s3")
    s3.create_bucket(Bucket="walled")
    s3.put_object(Bucket="walled", Key="a", Body=b"x")
    yield lambda *statements: s3.put_bucket_policy(Bucket="walled", Policy=policy(*statements))
    s3.delete_bucket_policy(Bucket="walled")


BOTH = ["arn:aws:s3:::walled", "arn:aws:s3:::walled/*"]


def test_a_bucket_s_policy_denies_to_all_and_to_the_account_itself(someone, running, walled):
    someone.may(allow("s3:*", "*"))
    walled(deny("s3:GetObject", BOTH, Principal="*"))
    for s3 in (someone.client("s3"), running.client("s3")):
        with pytest.raises(ClientError, match="with an explicit deny in a resource-based policy"):
            s3.get_object(Bucket="walled", Key="a")


def test_what_a_bucket_denies_without_tls_is_done_here(someone, walled):
    someone.may(allow("s3:*", "*"))
    walled(deny("s3:*", BOTH, Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}}))
    assert someone.client("s3").get_object(Bucket="walled", Key="a")["Body"].read() == b"x"


@pytest.mark.parametrize(
    ("principal", "lets"),
    [("own", True), (f"arn:aws:iam::{ACCOUNT}:root", False), (ACCOUNT, False), ("arn:aws:iam::1:role/x", False)],
)
def test_a_bucket_s_policy_allows_to_whom_it_names(someone, walled, principal, lets):
    """IAM User Guide, "AWS JSON policy elements: Principal": an account named leaves it to its own policies."""
    someone.may(NOTHING)
    walled(allow("s3:GetObject", BOTH, Principal={"AWS": someone.arn if principal == "own" else principal}))
    if lets:
        someone.client("s3").get_object(Bucket="walled", Key="a")
        return
    with pytest.raises(ClientError, match="AccessDenied"):
        someone.client("s3").get_object(Bucket="walled", Key="a")


def test_a_denial_to_the_account_is_one_to_its_roles_and_users(someone, walled):
    someone.may(allow("s3:*", "*"))
    walled(deny("s3:GetObject", BOTH, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
    with pytest.raises(ClientError, match="explicit deny"):
        someone.client("s3").get_object(Bucket="walled", Key="a")


def test_the_account_can_always_take_its_bucket_s_policy_back(running, walled):
    walled(deny("s3:*", BOTH, Principal="*"))
    with pytest.raises(ClientError, match="explicit deny"):
        running.client("s3").list_objects_v2(Bucket="walled")
    running.client("s3").delete_bucket_policy(Bucket="walled")
    running.client("s3").list_objects_v2(Bucket="walled")


def test_a_managed_policy_counts_by_its_default_version(someone, running):
    iam = running.client("iam")
    arn = iam.create_policy(PolicyName=f"of-{someone.kind}", PolicyDocument=policy(NOTHING))["Policy"]["Arn"]
    attach = iam.attach_role_policy if someone.kind == "role" else iam.attach_user_policy
    attach(**{f"{someone.kind.title()}Name": someone.name, "PolicyArn": arn})
    someone.may(NOTHING)
    with pytest.raises(ClientError, match="AccessDenied"):
        someone.client("s3").get_object(Bucket="wood", Key="oak/leaf")
    document = policy(allow("s3:GetObject", "arn:aws:s3:::wood/*"))
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
    someone.client("s3").get_object(Bucket="wood", Key="oak/leaf")


def test_handing_a_role_to_a_service_needs_a_permission_on_that_role(someone):
    """IAM User Guide, "Grant a user permissions to pass a role to an AWS service"."""
    glue, role = someone.client("glue"), f"arn:aws:iam::{ACCOUNT}:role/squirrel"
    job = {"Name": f"of-{someone.kind}", "Role": role, "Command": {"Name": "glueetl", "ScriptLocation": "s3://wood/a"}}
    create = allow("glue:CreateJob", f"arn:aws:glue:{HERE}:job/*")
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    someone.may(create, allow("iam:PassRole", role, Condition=to_lambda))
    with pytest.raises(ClientError, match=f"iam:PassRole on resource: {role}"):
        glue.create_job(**job)
    someone.may(create, allow("iam:PassRole", role))
    glue.create_job(**job)


def test_a_role_is_assumed_by_whom_it_trusts(someone, running):
    """IAM User Guide, "Methods to assume a role": a role that trusts the account needs the caller's permission too."""
    iam, sts, name = running.client("iam"), someone.client("sts"), f"trusted-by-{someone.kind}"
    wanted = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{name}", "RoleSessionName": "tuesday"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    someone.may(NOTHING)
    with pytest.raises(ClientError, match="sts:AssumeRole on resource"):
        sts.assume_role(**wanted)
    someone.may(allow("sts:AssumeRole", wanted["RoleArn"]))
    sts.assume_role(**wanted)
    named = {"Effect": "Allow", "Principal": {"AWS": someone.arn}, "Action": "sts:AssumeRole"}
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=policy(named))
    someone.may(NOTHING)
    sts.assume_role(**wanted)
    other = named | {"Principal": {"Service": "glue.amazonaws.com"}}
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=policy(other))
    someone.may(allow("sts:AssumeRole", wanted["RoleArn"]))
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role(**wanted)
    with pytest.raises(ClientError, match="AccessDenied"):  # nobody can, the account neither
        running.client("sts").assume_role(**wanted)


def test_who_one_is_can_always_be_asked(someone):
    """AWS STS API Reference, GetCallerIdentity: no permissions are required."""
    someone.may(deny("sts:*", "*"))
    assert someone.client("sts").get_caller_identity()["Arn"] == someone.shown


def test_what_would_limit_a_role_only_in_appearance_is_refused(running, wood):
    with pytest.raises(ClientError, match=r"sts\.AssumeRole with Policy for real"):
        running.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/squirrel", RoleSessionName="tuesday", Policy=policy(NOTHING)
        )
    with pytest.raises(ClientError, match=r"iam\.CreateRole with PermissionsBoundary for real"):
        running.client("iam").create_role(
            RoleName="bound",
            AssumeRolePolicyDocument=json.dumps(TRUST),
            PermissionsBoundary="arn:aws:iam::aws:policy/x",
        )


def test_a_key_that_was_deleted_is_nobody_s(running, wood):
    iam = running.client("iam")
    iam.create_user(UserName="gone")
    keys = iam.create_access_key(UserName="gone")["AccessKey"]
    iam.delete_access_key(UserName="gone", AccessKeyId=keys["AccessKeyId"])
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], region_name="us-east-1")
    for service, call, code in (
        ("s3", "list_buckets", "InvalidAccessKeyId"),
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("glue", "get_databases", "UnrecognizedClientException"),
    ):
        with pytest.raises(ClientError, match=code):
            getattr(session.client(service, endpoint_url=running.url), call)()


def test_an_unsigned_call_is_refused(running, wood):
    for path in ("/wood", "/wood?policy", "/wood/oak/leaf"):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(running.url + path)
