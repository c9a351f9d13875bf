"""Crawlers and job runs do what their role's policies allow: its files, its tables, its log, and nothing else."""

import json
import textwrap

import pytest

GLUE = "arn:aws:glue:us-east-1:123456789012:"
LOGS = "arn:aws:logs:us-east-1:123456789012:log-group:/aws-glue/"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "glue.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
        },
    ],
}


def allow(actions, *resources):
    return {"Effect": "Allow", "Action": actions, "Resource": list(resources)}


SCRIPTS = allow("s3:GetObject", "arn:aws:s3:::scripts/*")
LOG = allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], LOGS + "*")
DEFAULT = allow(
    ["glue:GetDatabase", "glue:CreateDatabase"],
    GLUE + "catalog", GLUE + "database/default", GLUE + "database/global_temp",
)  # fmt: skip
LIST = allow("s3:ListBucket", "arn:aws:s3:::forest")
READ = allow("s3:GetObject", "arn:aws:s3:::forest/oak/*", "arn:aws:s3:::forest/ash/*")
WRITE = allow("s3:PutObject", "arn:aws:s3:::forest/out/*")
CATALOG = [GLUE + "catalog", GLUE + "database/trees", GLUE + "table/trees/*"]
TABLES = allow(["glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"], *CATALOG)


class Worker:
    """A role whose only policy can be changed."""

    def __init__(self, aws, name):
        self.iam, self.name = aws.client("iam"), name
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))

    def may(self, *statements):
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        self.iam.put_role_policy(RoleName=self.name, PolicyName="own", PolicyDocument=json.dumps(document))


@pytest.fixture(scope="module")
def forest(aws):
    s3 = aws.client("s3")
    for bucket in ("scripts", "forest"):
        s3.create_bucket(Bucket=bucket)
    aws.put("forest", "oak/day=1/a.csv", "height,kind\n12,red\n")
    aws.put("forest", "ash/a.csv", "height,kind\n30,blue\n")
    aws.glue.create_database(DatabaseInput={"Name": "trees"})


@pytest.fixture(scope="module")
def worker(aws, forest):
    return Worker(aws, "woodcutter")


def noted(aws, session):
    """What Glue did as the role: action, ARN, allowed."""
    lines = [json.loads(line) for line in (aws.home / "calls.jsonl").read_text().splitlines()]
    return [
        (each["action"], each["resource"], one["status"] == 200)
        for one in lines
        if one.get("by") == "glue.amazonaws.com" and one["caller"]["session"] == session
        for each in one["permissions"]
    ]


# --- crawlers

KEEP = allow(
    ["glue:GetDatabase", "glue:GetTables", "glue:GetTable", "glue:GetPartitions", "glue:CreateTable", "glue:UpdateTable",
     "glue:BatchCreatePartition", "glue:BatchUpdatePartition"],
    *CATALOG,
)  # fmt: skip


@pytest.fixture(scope="module")
def crawler(aws, worker):
    aws.glue.create_crawler(
        Name="ranger",
        Role="woodcutter",
        DatabaseName="trees",
        Targets={"S3Targets": [{"Path": "s3://forest/oak/"}]},
    )
    return "ranger"


def test_a_crawler_does_what_its_role_may(aws, worker, crawler):
    worker.may(LOG, LIST, READ, KEEP)
    assert aws.crawl(crawler)["LastCrawl"]["Status"] == "SUCCEEDED"
    assert aws.crawl(crawler)["LastCrawl"]["Status"] == "SUCCEEDED"
    done = noted(aws, "AWS-Crawler")
    assert ("s3:GetObject", "arn:aws:s3:::forest/oak/day=1/a.csv", True) in done
    assert {one[0] for one in done} == {
        *KEEP["Action"], "s3:ListBucket", "s3:GetObject",
        "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("missing", "action"), [(LIST, "s3:ListBucket"), (READ, "s3:GetObject"), (KEEP, "glue:GetDatabase")]
)
def test_a_crawler_fails_for_want_of_a_permission(aws, worker, crawler, missing, action):
    worker.may(*(one for one in (LOG, LIST, READ, KEEP) if one is not missing))
    last = aws.crawl(crawler)["LastCrawl"]
    assert last["Status"] == "FAILED"
    shown = "arn:aws:sts::123456789012:assumed-role/woodcutter/AWS-Crawler"
    assert last["ErrorMessage"].startswith(f"User: {shown} is not authorized to perform: {action} on resource: ")


def test_a_crawler_without_rights_on_its_log_writes_none(aws, worker, crawler):
    """tecRacer, "Glue Crawlers: No GetObject, No Problem"."""
    logs = aws.client("logs")
    before = len(logs.get_log_events(logGroupName="/aws-glue/crawlers", logStreamName=crawler)["events"])
    worker.may(LIST, READ, KEEP)
    assert aws.crawl(crawler)["LastCrawl"]["Status"] == "SUCCEEDED"
    assert len(logs.get_log_events(logGroupName="/aws-glue/crawlers", logStreamName=crawler)["events"]) == before


def test_a_role_is_for_the_account_that_it_names(aws, forest):
    """IAM User Guide, "The confused deputy problem": aws:SourceAccount in a trust policy."""
    stranger = json.loads(json.dumps(TRUST).replace("123456789012", "210987654321"))
    aws.client("iam").create_role(RoleName="stranger", AssumeRolePolicyDocument=json.dumps(stranger))
    command = {"Name": "glueetl", "ScriptLocation": "s3://scripts/a.py"}
    aws.glue.create_job(Name="of-a-stranger", Role="stranger", Command=command)
    with pytest.raises(aws.glue.exceptions.InvalidInputException, match="assume role permissions for Glue Service"):
        aws.glue.start_job_run(JobName="of-a-stranger")


# --- job runs


@pytest.fixture(scope="module")
def run(aws, worker):
    """Run a script as the role; return the run."""

    def do(script, **arguments):
        name = f"job-{abs(hash(script))}"
        aws.put("scripts", f"{name}.py", textwrap.dedent(script))
        if name not in aws.glue.list_jobs()["JobNames"]:
            command = {"Name": "glueetl", "ScriptLocation": f"s3://scripts/{name}.py"}
            aws.glue.create_job(Name=name, Role="woodcutter", GlueVersion="5.1", Command=command)
        return aws.run(name, Arguments={f"--{key}": value for key, value in arguments.items()})

    return do


SHOWN = "User: arn:aws:sts::123456789012:assumed-role/woodcutter/GlueJobRunnerSession is not authorized to perform: "


def test_a_run_reads_its_script_as_its_role(worker, run):
    worker.may(LOG)
    failed = run("print('never')")
    assert failed["ErrorMessage"].startswith(f"LAUNCH ERROR | AccessDenied: {SHOWN}s3:GetObject on resource: ")


def test_a_run_without_rights_on_its_log_has_none(aws, worker, run):
    worker.may(SCRIPTS)
    done = run("print('not heard')")
    assert done["JobRunState"] == "SUCCEEDED"
    streams = aws.client("logs").describe_log_streams(logGroupName="/aws-glue/jobs/output")["logStreams"]
    assert done["Id"] not in [one["logStreamName"] for one in streams]


def test_boto3_in_a_script_has_the_role_s_rights(worker, run):
    worker.may(SCRIPTS, LOG)
    script = "import boto3; boto3.client('s3').get_object(Bucket='forest', Key='ash/a.csv')"
    assert f"{SHOWN}s3:GetObject" in run(script)["ErrorMessage"]
    worker.may(SCRIPTS, LOG, READ)
    assert run(script)["JobRunState"] == "SUCCEEDED"


@pytest.mark.parametrize(("missing", "database"), [("GetDatabase", "default"), ("CreateDatabase", "default")])
def test_with_the_catalog_glue_looks_for_a_default_database(aws, worker, run, missing, database):
    """apache/kyuubi pull request 4952; data-dot-all/dataall pull request 701: it is made when it is not there."""
    worker.may(
        SCRIPTS, LOG, allow("glue:GetDatabase" if missing != "GetDatabase" else "none:None", *DEFAULT["Resource"])
    )
    if "default" in [one["Name"] for one in aws.glue.get_databases()["DatabaseList"]]:
        aws.glue.delete_database(Name="default")
    failed = run("print('never')", **{"enable-glue-datacatalog": "true"})
    assert "Unable to verify existence of default database" in failed["ErrorMessage"]
    assert f"glue:{missing} on resource: {GLUE}" in failed["ErrorMessage"]


# One run asks for each thing that Spark does, catches what is refused, and prints it: Spark starts once for all of them.
SPARK = """
    from pyspark.sql import SparkSession
    spark = SparkSession.builder.getOrCreate()
    rows = spark.createDataFrame([(1, "a"), (2, "b")], "n int, kind string")

    def write(name):
        return lambda: rows.write.mode("overwrite").partitionBy("kind").parquet(f"s3://forest/{name}/")

    def read(path):
        return lambda: spark.read.csv(path, header=True).collect()

    def deep(error):
        cause = getattr(error, "java_exception", None)
        while cause is not None and cause.getCause() is not None:
            cause = cause.getCause()
        return str(cause.toString() if cause is not None else error).splitlines()[0]

    for name, act in {
        "read": read("s3://forest/oak/"),
        "read one file": read("s3://forest/ash/a.csv"),
        "read another": read("s3://forest/elm/"),
        "read as text": lambda: spark.sparkContext.textFile("s3://forest/elm/a.csv").collect(),
        "list another bucket": read("s3://scripts/"),
        "write": write("out"),
        "write again": write("out"),
        "write another": write("larch"),
        "overwrite another": write("elm"),
        "table": lambda: spark.table("trees.oak").where("day = '1'").collect(),
        "table in SQL": lambda: spark.sql("select height from trees.oak").collect(),
        "another table": lambda: spark.table("trees.elm").collect(),
        "is there a table": lambda: spark.catalog.tableExists("trees.oak"),
        "is there another": lambda: spark.catalog.tableExists("trees.elm"),
    }.items():
        try:
            act()
            print(f"{name}: done")
        except Exception as error:
            print(f"{name}: {deep(error)}")
"""


@pytest.fixture(scope="module")
def spark(aws, worker, crawler, run):
    """What one run could do and what it could not."""
    aws.put("forest", "elm/a.csv", "height\n1\n")
    worker.may(LOG, LIST, READ, KEEP)
    aws.crawl(crawler)
    aws.glue.update_crawler(Name=crawler, Targets={"S3Targets": [{"Path": "s3://forest/elm/"}]})
    worker.may(LOG, LIST, allow("s3:GetObject", "arn:aws:s3:::forest/elm/*"), KEEP)
    aws.crawl(crawler)
    overwrite = allow("s3:DeleteObject", "arn:aws:s3:::forest/out/*")
    oak = allow(TABLES["Action"], GLUE + "catalog", GLUE + "database/trees", GLUE + "table/trees/oak")
    worker.may(SCRIPTS, LOG, DEFAULT, LIST, READ, WRITE, overwrite, oak)
    done = run(SPARK, **{"enable-glue-datacatalog": "true"})
    assert done["JobRunState"] == "SUCCEEDED", done
    return dict(line.split(": ", 1) for line in aws.log(done["Id"], "output").splitlines() if ": " in line)


FINE = ["read", "read one file", "write", "write again", "table", "table in SQL", "is there a table"]
REFUSED = {
    "read another": ("s3:GetObject", '"arn:aws:s3:::forest/elm/a.csv"'),
    "read as text": ("s3:GetObject", '"arn:aws:s3:::forest/elm/a.csv"'),
    "list another bucket": ("s3:ListBucket", '"arn:aws:s3:::scripts"'),
    "write another": ("s3:PutObject", '"arn:aws:s3:::forest/larch/kind='),
    "overwrite another": ("s3:DeleteObject", '"arn:aws:s3:::forest/elm/a.csv"'),
    "another table": ("glue:GetTable", GLUE + "table/trees/elm"),
    "is there another": ("glue:GetTable", GLUE + "table/trees/elm"),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", FINE)
def test_spark_does_what_the_role_may(spark, what):
    assert spark[what] == "done"


@pytest.mark.slow
@pytest.mark.parametrize("what", REFUSED)
def test_spark_is_refused_what_the_role_may_not(spark, what):
    action, resource = REFUSED[what]
    assert f"{SHOWN}{action} on resource: {resource}" in spark[what]


@pytest.mark.slow
def test_what_spark_read_and_wrote_is_in_the_record(aws, spark):
    done = noted(aws, "GlueJobRunnerSession")
    assert ("s3:GetObject", "arn:aws:s3:::forest/oak/day=1/a.csv", True) in done
    assert ("s3:GetObject", "arn:aws:s3:::forest/elm/a.csv", False) in done
    written = [arn for action, arn, allowed in done if action == "s3:PutObject" and allowed]
    assert written
    # files are asked for as what they become, not by the names that they have while they are written
    assert all(arn.startswith(("arn:aws:s3:::forest/out/kind=", "arn:aws:s3:::forest/out/_SUCCESS")) for arn in written)
    assert ("glue:GetPartitions", GLUE + "table/trees/oak", True) in done
    assert ("glue:GetTable", GLUE + "table/trees/elm", False) in done


@pytest.mark.slow
def test_a_refusal_that_nobody_catches_is_the_run_s_error(worker, run):
    worker.may(SCRIPTS, LOG, LIST)
    failed = run(
        "from pyspark.sql import SparkSession\nSparkSession.builder.getOrCreate().read.text('s3://forest/ash/').count()"
    )
    assert failed["JobRunState"] == "FAILED"
    assert "(Service: Amazon S3; Status Code: 403; Error Code: AccessDenied)" in failed["ErrorMessage"]
    assert f'{SHOWN}s3:GetObject on resource: "arn:aws:s3:::forest/ash/a.csv"' in failed["ErrorMessage"]
