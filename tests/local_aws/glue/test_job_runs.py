"""Job runs through the API: what a script gets, how runs end, what they are refused."""

import io
import json
import os
import signal
import zipfile

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.glue.conftest import ARN, Aws, alive, allow, parquet, started, until
from tests.local_aws_process import running_local_aws

SCRIPTS, LOG = allow("s3:GetObject", "arn:aws:s3:::scripts/*"), allow("logs:*")
SHOWN = "User: arn:aws:sts::123456789012:assumed-role/woodcutter/GlueJobRunnerSession is not authorized to perform: "


def zipped(**modules):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, source in modules.items():
            archive.writestr(f"{name}/__init__.py", source)
    return buffer.getvalue()


def test_what_a_script_gets(aws):
    aws.put("scripts", "lib/planting.zip", zipped(planting="depth = 12\n"))
    script = """
        import boto3, json, os, sys, planting
        from awsglue.utils import getResolvedOptions
        options = getResolvedOptions(sys.argv, ["JOB_NAME", "first-day", "kind", "fixed"])
        who = boto3.client("sts").get_caller_identity()["Arn"]
        print(json.dumps(options | {"who": who, "depth": planting.depth}))
        """
    defaults = {
        "--first-day": "2020-01-01", "--kind": "oak",
        "--extra-py-files": "s3://scripts/lib/planting.zip",
    }  # fmt: skip
    aws.job("gets", script, DefaultArguments=defaults, NonOverridableArguments={"--fixed": "yes"})
    run = aws.run("gets", Arguments={"--kind": "ash", "--fixed": "no"})
    assert run["JobRunState"] == "SUCCEEDED", run
    assert json.loads(aws.log(run["Id"])).items() >= {
        "JOB_NAME": "gets", "first_day": "2020-01-01", "kind": "ash", "fixed": "yes", "JOB_RUN_ID": run["Id"],
        "who": "arn:aws:sts::123456789012:assumed-role/worker/GlueJobRunnerSession", "depth": 12,
    }.items()  # fmt: skip
    assert (run["LogGroupName"], run["GlueVersion"], run["Timeout"]) == ("/aws-glue/jobs", "5.1", 2880)
    assert run["CompletedOn"] >= run["StartedOn"]
    newest = aws.run("gets", Arguments={"--fixed": "no"})["Id"]
    assert [run["Id"] for run in aws.glue.get_job_runs(JobName="gets")["JobRuns"]] == [newest, run["Id"]]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("import sys; sys.exit(0)", None),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("import os; os._exit(7)", "Command failed with exit code 7"),
        ("def plant():\n    raise ValueError('no soil in 3 rows')\nplant()", "ValueError: no soil in 3 rows"),
        ("import sys, awsglue.utils as u; u.getResolvedOptions(sys.argv, ['day'])", "GlueArgumentError: the following"),
        ("import awsglue.dynamicframe", "ModuleNotFoundError: No module named 'awsglue.dynamicframe'"),
    ],
)
def test_how_scripts_end(aws, script, message):
    name = f"ends-{abs(hash(script))}"
    aws.job(name, script)
    run = aws.run(name)
    assert run["JobRunState"] == ("FAILED" if message else "SUCCEEDED")
    assert run.get("ErrorMessage", "").startswith(message or "")
    if "plant" in script:
        place = f'  File "{aws.home}/glue/runs/{run["Id"]}/{name}.py", line 3, in <module>'
        assert aws.log(run["Id"], "error").splitlines()[1] == place


def test_a_script_that_is_not_there(aws):
    aws.job("lost", "")
    aws.s3.delete_object(Bucket="scripts", Key="lost.py")
    assert aws.run("lost")["ErrorMessage"] == "LAUNCH ERROR | FileNotFoundError: File not found: s3://scripts/lost.py"


def test_one_run_at_a_time_and_its_stop(aws):
    script = """
        import subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print(child.pid)
        child.wait()
        """
    aws.job("long", script, Timeout=100)
    run_id = aws.glue.start_job_run(JobName="long")["JobRunId"]
    with pytest.raises(ClientError) as caught:
        aws.glue.start_job_run(JobName="long")
    # the sentence: aws-solutions/amazon-marketing-cloud-uploader-from-aws, issue 51
    refused = {"Code": "ConcurrentRunsExceededException", "Message": "Concurrent runs exceeded for long"}
    assert refused.items() <= caught.value.response["Error"].items()
    until(lambda: aws.log(run_id))
    child = int(aws.log(run_id))
    told = aws.glue.batch_stop_job_run(JobName="long", JobRunIds=[run_id, "jr_nobody"])
    assert [stopped["JobRunId"] for stopped in told["SuccessfulSubmissions"]] == [run_id]
    assert [error["ErrorDetail"]["ErrorCode"] for error in told["Errors"]] == ["EntityNotFoundException"]
    run = aws.until_over("long", run_id)
    assert (run["JobRunState"], run.get("ErrorMessage")) == ("STOPPED", None)
    until(lambda: not alive(child))


def test_timeout(aws):
    aws.job("endless", "import time; time.sleep(600)")
    run = aws.run("endless", Timeout=2)
    assert (run["JobRunState"], run["ErrorMessage"]) == ("TIMEOUT", "Job run exceeded its timeout of 2 minutes")


def test_a_run_ends_with_the_server_that_is_killed(tmp_path):
    environment = dict(os.environ)
    with running_local_aws(tmp_path, environment) as url:
        aws = started(tmp_path / "aws", url)
        aws.job("left", "import os, time; print(os.getpid(), os.getppid(), flush=True); time.sleep(600)")
        run_id = aws.glue.start_job_run(JobName="left")["JobRunId"]
        until(lambda: aws.log(run_id))
        process, server = map(int, aws.log(run_id).split())
        state = tmp_path / "aws" / "state" / "glue.json"
        until(lambda: state.exists() and run_id in state.read_text())
        os.kill(server, signal.SIGKILL)
        until(lambda: not alive(process))
    with running_local_aws(tmp_path, environment) as url:
        run = Aws(url, tmp_path / "aws").state("left", run_id)
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == "The local AWS was ended while this was under way"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"Command": {"Name": "pythonshell", "ScriptLocation": "s3://scripts/x.py"}}, "pythonshell"),
        ({"GlueVersion": "4.0"}, "GlueVersion 4.0"),
        ({"MaxRetries": 1}, "MaxRetries"),
        ({"Connections": {"Connections": ["c"]}}, "Connections"),
        ({"DefaultArguments": {"--job-bookmark-option": "job-bookmark-enable"}}, "bookmark"),
        ({"DefaultArguments": {"--extra-jars": "s3://b/x.jar"}}, "--extra-jars"),
        ({"DefaultArguments": {"--additional-python-modules": "duckdb"}}, "--additional-python-modules"),
        ({"Role": ARN + "nobody"}, "should be given assume role permissions for Glue Service"),
        ({"DefaultArguments": {"--extra-files": "s3://b/x.txt"}}, "--extra-files"),
        ({"DefaultArguments": {"--enable-glue-datacatalog": "true"}}, "--enable-glue-datacatalog"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(aws, settings, named):
    aws.role("nobody", LOG)
    with pytest.raises(ClientError, match=named) as caught:  # noqa: PT012 (either refuses)
        aws.job(f"refused-{named}", "", **settings)
        aws.iam.delete_role_policy(RoleName="nobody", PolicyName="own")
        aws.iam.delete_role(RoleName="nobody")
        aws.glue.start_job_run(JobName=f"refused-{named}")
    assert caught.value.response["Error"]["Code"] == "InvalidInputException"


def test_a_run_does_what_its_role_may(aws):
    role = aws.role("woodcutter", LOG)
    aws.job("allowed", "import boto3; boto3.client('s3').get_object(Bucket='forest', Key='x')", role=role)
    words = aws.run("allowed")["ErrorMessage"]
    assert words.startswith(f"LAUNCH ERROR | AccessDenied: {SHOWN}s3:GetObject on resource: ")
    aws.role("woodcutter", SCRIPTS)
    run = aws.run("allowed")
    assert f"{SHOWN}s3:GetObject" in run["ErrorMessage"]
    assert aws.log(run["Id"], "error") == ""  # a role without rights on its log has none


# One run asks for each thing that Spark does, catches what is refused, and prints it: Spark starts once for all of them.
SPARK = """
    import sys
    from pyspark.sql import SparkSession, functions as f
    spark = SparkSession.builder.getOrCreate()

    def deep(error):
        cause = getattr(error, "java_exception", None)
        while cause is not None and cause.getCause() is not None:
            cause = cause.getCause()
        return str(cause.toString() if cause is not None else error).splitlines()[0]

    def write(name, **how):
        taller = f.udf(lambda n: n + 10, "long")
        table = spark.read.parquet("s3://forest/oak/").withColumn("id", taller("id"))
        return lambda: table.write.mode("overwrite").partitionBy("day").parquet(f"s3://forest/{name}/")

    for name, act in {
        "table": lambda: spark.read.parquet("s3://forest/oak/").where("day = 1").orderBy("id").collect(),
        "files": lambda: spark.read.csv("s3://forest/oakless/", header=True).collect(),
        "write": write("out"),
        "again": write("out"),
        "pattern": lambda: spark.read.csv("s3://forest/oakless/*.csv", header=True).collect(),
        "append": lambda: spark.range(1).write.mode("append").parquet("s3://forest/kept"),
        "written": lambda: spark.read.parquet("s3://forest/out/").orderBy("id").collect(),
        "one file": lambda: spark.read.text("s3://forest/plain/a.csv").collect(),
        "lost": lambda: spark.read.parquet("s3://forest/oak/day=9/data.parquet"),
        "there": lambda: spark.read.parquet("s3://forest/oak/").write.parquet("s3://forest/out/"),
        "elsewhere": write("elm"),
        "read elsewhere": lambda: spark.read.csv("s3://forest/elm/").collect(),
    }.items():
        try:
            print(f"{name}: {act()}")
        except Exception as error:
            print(f"{name}: {deep(error)}")
    """


@pytest.mark.slow
def test_spark_does_what_the_role_may(aws):
    bucket = "arn:aws:s3:::forest"
    for day, ids in (("1", [1, 2]), ("2", [3])):
        aws.put("forest", f"oak/day={day}/data.parquet", parquet(Id=ids))
    aws.put("forest", "kept/000000_0", parquet(id=[7]))
    for key in ("plain/a.csv", "elm/a.csv", "oakless/a.csv"):
        aws.put("forest", key, "id,n\n1,2\n")
    aws.job("spark", SPARK, role=aws.role("woodcutter", LOG))
    aws.role(
        "woodcutter", SCRIPTS, LOG, allow("s3:ListBucket", bucket),
        allow("s3:GetObject", *(f"{bucket}/{name}*" for name in ("oak", "plain", "out", "kept"))),
        allow(["s3:PutObject", "s3:DeleteObject"], f"{bucket}/out/*", f"{bucket}/kept/*"),
    )  # fmt: skip
    run = aws.run("spark")
    assert run["JobRunState"] == "SUCCEEDED", (run, aws.log(run["Id"], "error"))
    said = dict(line.split(": ", 1) for line in aws.log(run["Id"]).splitlines() if ": " in line)
    assert said["table"] == "[Row(Id=1, day=1), Row(Id=2, day=1)]"
    assert said["files"] == said["pattern"] == "[Row(id='1', n='2')]"
    assert said["write"] == said["again"] == said["append"] == "None"
    assert said["written"] == "[Row(id=11, day=1), Row(id=12, day=1), Row(id=13, day=2)]"
    assert said["one file"] == "[Row(value='id,n'), Row(value='1,2')]"
    assert said["lost"].startswith("[PATH_NOT_FOUND] Path does not exist: s3://forest/oak/day=9/data.parquet")
    assert said["there"].startswith("[PATH_ALREADY_EXISTS] Path s3://forest/out already exists")
    assert all("AccessDenied" in said[name] for name in ("elsewhere", "read elsewhere"))
    keys = [entry["Key"] for entry in aws.s3.list_objects_v2(Bucket="forest", Prefix="out/")["Contents"]]
    assert [key.rpartition("/")[0] for key in keys if key != "out/_SUCCESS"] == ["out/day=1", "out/day=2"]
    assert "kept/000000_0" in [e["Key"] for e in aws.s3.list_objects_v2(Bucket="forest", Prefix="kept/")["Contents"]]
    noted = aws.permissions("woodcutter/GlueJobRunnerSession")
    assert ("s3:GetObject", f"{bucket}/oak/day=1/data.parquet", True) in noted


@pytest.mark.slow
def test_java_goes_with_its_run_also_with_one_that_is_stopped(aws):
    script = """
        import sys, time
        from pyspark import SparkContext
        spark = SparkContext.getOrCreate()
        print(spark._jvm.ProcessHandle.current().pid(), spark.parallelize([1, 2]).map(str).collect(), flush=True)
        time.sleep(600 if "--stays" in sys.argv else 0)
        """
    aws.job("java", script)
    java, rest = aws.log(aws.run("java")["Id"]).split(" ", 1)
    assert rest == "['1', '2']"
    until(lambda: not alive(int(java)))
    run_id = aws.glue.start_job_run(JobName="java", Arguments={"--stays": "yes"})["JobRunId"]
    until(lambda: rest in aws.log(run_id))
    aws.glue.batch_stop_job_run(JobName="java", JobRunIds=[run_id])
    assert aws.until_over("java", run_id)["JobRunState"] == "STOPPED"
    until(lambda: not alive(int(aws.log(run_id).split()[0])))


def test_a_script_that_does_not_use_spark_starts_no_java(aws):
    script = """
        from pyspark import SparkContext
        print(SparkContext._jvm)
        """
    aws.job("no-java", script)
    assert aws.log(aws.run("no-java")["Id"]).strip() == "None"
