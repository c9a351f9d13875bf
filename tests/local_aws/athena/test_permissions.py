"""A query runs as the caller of StartQueryExecution: what its policies do not allow fails, in Athena's words."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError

HERE = "us-east-1:123456789012"
GLUE = f"arn:aws:glue:{HERE}:"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}
    ],
}
QUERY = "select count(distinct species) from animals"


def allow(actions, *resources):
    return {"Effect": "Allow", "Action": actions, "Resource": list(resources)}


START = allow(["athena:StartQueryExecution", "athena:Get*"], f"arn:aws:athena:{HERE}:workgroup/primary")
LOOK = allow(
    "glue:GetDatabase", GLUE + "catalog", GLUE + "database/default", GLUE + "database/farm"
)  # Athena User Guide, "Configure access to databases and tables": default, whatever the query is about
TABLE = allow(
    ["glue:GetTable", "glue:GetPartitions"], GLUE + "catalog", GLUE + "database/farm", GLUE + "table/farm/animals"
)
LIST = allow("s3:ListBucket", "arn:aws:s3:::barn")
READ = allow("s3:GetObject", "arn:aws:s3:::barn/animals/*")
FIND = allow("s3:GetBucketLocation", "arn:aws:s3:::results")
WRITE = allow(["s3:PutObject", "s3:GetObject"], "arn:aws:s3:::results/athena/*")
ALL = [START, LOOK, TABLE, LIST, READ, FIND, WRITE]


@pytest.fixture(scope="module")
def table(athena):
    athena.run(
        "create external table animals (name string, species string) partitioned by (born string) stored as parquet "
        "location 's3://barn/animals/'"
    )
    athena.run("insert into animals values ('Leo', 'lion', '2015'), ('Kiki', 'stork', '2020')")


class Farmer:
    """A role's session or a user that runs queries."""

    def __init__(self, athena, kind):
        url = athena.client.meta.endpoint_url
        self.iam, self.kind, name = boto3.client("iam", endpoint_url=url), kind, f"farmer-{kind}"
        if kind == "role":
            arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
            sts = boto3.client("sts", endpoint_url=url)
            keys = sts.assume_role(RoleArn=arn, RoleSessionName="monday")["Credentials"]
            self.shown = f"arn:aws:sts::123456789012:assumed-role/{name}/monday"
        else:
            self.shown = self.iam.create_user(UserName=name)["User"]["Arn"]
            keys = self.iam.create_access_key(UserName=name)["AccessKey"]
        session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys.get("SessionToken"))
        self.client = session.client("athena", endpoint_url=url)
        self.athena = athena

    def may(self, *statements):
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        put = self.iam.put_role_policy if self.kind == "role" else self.iam.put_user_policy
        put(**{f"{self.kind.title()}Name": f"farmer-{self.kind}"}, PolicyName="own", PolicyDocument=document)

    def run(self, sql):
        started = self.client.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": "farm"},
            ResultConfiguration={"OutputLocation": "s3://results/athena/"},
        )
        return self.athena.wait(started["QueryExecutionId"])

    def fails(self, sql):
        status = self.run(sql)["Status"]
        assert status["State"] == "FAILED"
        return status["StateChangeReason"]


@pytest.fixture(scope="module", params=["role", "user"])
def farmer(request, athena, table):
    return Farmer(athena, request.param)


def test_with_all_permissions_it_succeeds_and_its_result_can_be_read(farmer):
    farmer.may(*ALL)
    done = farmer.run(QUERY)
    assert done["Status"]["State"] == "SUCCEEDED"
    rows = farmer.client.get_query_results(QueryExecutionId=done["QueryExecutionId"])["ResultSet"]["Rows"]
    assert rows[1]["Data"] == [{"VarCharValue": "2"}]


@pytest.mark.parametrize("missing", [LIST, READ])
def test_without_the_table_s_files_it_fails(farmer, missing):
    """LBHackney-IT/Data-Platform pull request 2777."""
    farmer.may(*(one for one in ALL if one is not missing))
    reason = farmer.fails(QUERY)
    action = missing["Action"]
    assert reason.startswith(
        f'PERMISSION_DENIED: User: {farmer.shown} is not authorized to perform: {action} on resource: "'
    )
    assert reason.endswith(
        f" because no identity-based policy allows the {action} action (Service: S3, Status Code: 403)"
    )


@pytest.mark.parametrize(("missing", "action"), [(LOOK, "glue:GetDatabase"), (TABLE, "glue:GetTable")])
def test_without_the_catalog_it_fails(farmer, missing, action):
    """OvertureMaps/data issue 205."""
    farmer.may(*(one for one in ALL if one is not missing))
    reason = farmer.fails(QUERY)
    assert reason.startswith(f"User: {farmer.shown} is not authorized to perform: {action} on resource: {GLUE}catalog ")
    assert reason.endswith("(Service: AmazonDataCatalog; Status Code: 400; Error Code: AccessDeniedException)")


def test_without_its_place_for_results_it_fails(farmer):
    """AWS re:Post, "How do I resolve Access Denied errors when I run Athena queries?"."""
    farmer.may(*(one for one in ALL if one is not WRITE))
    assert farmer.fails(QUERY).startswith("Access denied when writing output to url: s3://results/athena/")


def test_without_a_look_at_the_result_bucket_it_does_not_start(farmer):
    """aws/aws-cdk pull request 11203."""
    farmer.may(*(one for one in ALL if one is not FIND))
    with pytest.raises(ClientError, match="Unable to verify/create output bucket results"):
        farmer.run(QUERY)


def test_athena_itself_has_words_of_its_own(farmer):
    """LBHackney-IT/Data-Platform pull request 2008, metabase/metabase issue 53377."""
    farmer.may(*(one for one in ALL if one is not START))
    with pytest.raises(
        ClientError, match="You are not authorized to perform: athena:StartQueryExecution on the resource"
    ) as e:
        farmer.run(QUERY)
    assert e.value.response["Error"]["Code"] == "AccessDeniedException"


def test_a_result_is_read_with_the_caller_s_own_permission(farmer):
    """Athena API Reference, GetQueryResults: s3:GetObject on the place of the results."""
    farmer.may(*ALL)
    done = farmer.run(QUERY)
    farmer.may(START)
    with pytest.raises(ClientError, match="s3:GetObject"):
        farmer.client.get_query_results(QueryExecutionId=done["QueryExecutionId"])


def test_metadata_through_athena_needs_the_catalog_s_permission(farmer):
    """dbeaver/dbeaver issue 18786: a MetadataException with Glue's words."""
    farmer.may(START, allow("athena:GetTableMetadata", f"arn:aws:athena:{HERE}:datacatalog/AwsDataCatalog"))
    with pytest.raises(ClientError, match="glue:GetTable on resource") as refused:
        farmer.client.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="farm", TableName="animals")
    assert refused.value.response["Error"]["Code"] == "MetadataException"


@pytest.mark.parametrize(
    ("sql", "action"),
    [
        ("create external table t (a int) location 's3://barn/t/'", "glue:CreateTable"),
        ("drop table animals", "glue:DeletePartition"),
        ("alter table animals add partition (born = '1')", "glue:BatchCreatePartition"),
        ("alter table animals drop partition (born = '2015')", "glue:DeletePartition"),
        ("create database stable", "glue:CreateDatabase"),
        ("show databases", "glue:GetDatabases"),
        ("show tables", "glue:GetTables"),
    ],
)
def test_ddl_needs_the_catalog_s_permissions(farmer, sql, action):
    """awsdocs/amazon-athena-user-guide issue 81."""
    farmer.may(*ALL, allow("glue:GetTable", GLUE + "table/farm/t"))
    reason = farmer.fails(sql)
    assert reason.startswith(
        "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. MetaException("
    )
    assert f"is not authorized to perform: {action} on resource" in reason


@pytest.mark.parametrize(
    "sql",
    [
        "insert into animals values ('Ed', 'horse', '2020')",
        "unload (select 1 a) to 's3://barn/u/' with (format = 'parquet')",
    ],
)
def test_what_a_query_writes_needs_a_permission(farmer, sql):
    farmer.may(*ALL)
    assert "s3:PutObject" in farmer.fails(sql)


def test_a_table_made_of_a_query_needs_both(farmer):
    farmer.may(*ALL, allow("glue:GetTable", GLUE + "table/farm/copy"), allow("s3:ListBucket", "arn:aws:s3:::results"))
    assert "glue:CreateTable" in farmer.fails("create table copy as select name from animals")
