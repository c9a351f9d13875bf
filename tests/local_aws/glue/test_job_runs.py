"""Job runs through the API. Scripts that start no Spark take half a second; those that do are marked slow."""

import io
import json
import os
import pickle
import textwrap
import time
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from local_aws.glue import job_runs

FORBIDDEN_JAVA = "#!/bin/sh\necho 'the machine has no Java' >&2\nexit 1\n"
NOTED_CHMOD = '#!/bin/sh\necho "$@" >> "$(dirname "$0")/chmod.txt"\n'


@pytest.fixture(scope="module", autouse=True)
def buckets(aws):
    for bucket in ("scripts", "forest"):
        aws.client("s3").create_bucket(Bucket=bucket)


@pytest.fixture
def job(aws, request):
    """Make a job of a script; its name is the test's."""
    name = request.node.name

    def make(script: str, arguments: dict[str, str] | None = None, **settings) -> str:
        aws.put("scripts", f"{name}.py", textwrap.dedent(script))
        command = {"Name": "glueetl", "ScriptLocation": f"s3://scripts/{name}.py", "PythonVersion": "3"}
        aws.glue.create_job(
            **{"Name": name, "Role": "worker", "Command": command, "GlueVersion": "5.1"}
            | {"DefaultArguments": arguments or {}}
            | settings
        )
        return name

    return make


def zipped(**modules: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, source in modules.items():
            archive.writestr(f"{name}/__init__.py", source)
    return buffer.getvalue()


def until(condition) -> None:
    for _ in range(400):
        if condition():
            return
        time.sleep(0.025)
    raise AssertionError("waited ten seconds in vain")


# ----------------------------------------------------------------------------------------------- without Spark


def test_arguments_of_job_and_run(aws, job):
    name = job(
        """
        import json, sys
        from awsglue.utils import getResolvedOptions
        found = getResolvedOptions(sys.argv, ["JOB_NAME", "first-day", "kind", "fixed"])
        print(json.dumps(found))
        """,
        {"--first-day": "2020-01-01", "--kind": "oak"},
        NonOverridableArguments={"--fixed": "yes"},
    )
    run = aws.run(name, Arguments={"--kind": "ash", "--fixed": "no"})
    assert run["JobRunState"] == "SUCCEEDED"
    found = json.loads(aws.log(run["Id"], "output"))
    wanted = {"JOB_NAME": name, "first_day": "2020-01-01", "kind": "ash", "fixed": "yes", "JOB_RUN_ID": run["Id"]}
    assert found.items() >= wanted.items()
    assert run["Arguments"] == {"--first-day": "2020-01-01", "--kind": "ash", "--fixed": "yes"}
    assert (run["LogGroupName"], run["GlueVersion"], run["Timeout"]) == ("/aws-glue/jobs", "5.1", 480)
    assert run["CompletedOn"] >= run["StartedOn"]
    assert "ErrorMessage" not in run


def test_a_failed_run_has_the_error_and_the_traceback(aws, job):
    name = job("def plant():\n    raise ValueError('no soil in 3 rows')\nplant()\n")
    run = aws.run(name)
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == "ValueError: no soil in 3 rows"
    log = aws.log(run["Id"], "error")
    assert f'{name}.py", line 2, in plant' in log
    assert log.endswith("ValueError: no soil in 3 rows")


@pytest.mark.parametrize(
    ("script", "state", "message"),
    [
        ("import sys; sys.exit(0)", "SUCCEEDED", None),
        ("import sys; sys.exit()", "SUCCEEDED", None),
        ("import sys; sys.exit(3)", "FAILED", "SystemExit: 3"),
        ("import sys; sys.exit('nothing to plant')", "FAILED", "SystemExit: nothing to plant"),
        ("import os; os._exit(7)", "FAILED", "Command failed with exit code 7"),
        ("raise", "FAILED", "RuntimeError: No active exception to reraise"),
        ("a b", "FAILED", "SyntaxError"),
        ("from awsglue.dynamicframe import DynamicFrame", "FAILED", "ImportError: awsglue.dynamicframe is Amazon's"),
        (
            "import sys; from awsglue.utils import getResolvedOptions as g; g(sys.argv, ['day'])",
            "FAILED",
            "GlueArgumentError: the following arguments are required: --day",
        ),
    ],
)
def test_how_scripts_end(aws, request, script, state, message):
    key = f"ends/{abs(hash(script))}.py"
    aws.put("scripts", key, script)
    name = f"ends-{abs(hash(script))}"
    aws.glue.create_job(Name=name, Role="worker", Command={"Name": "glueetl", "ScriptLocation": f"s3://scripts/{key}"})
    run = aws.run(name)
    assert run["JobRunState"] == state
    assert run.get("ErrorMessage", "").startswith(message or "")
    assert bool(run.get("ErrorMessage")) == bool(message)


def test_a_script_that_is_not_there(aws):
    command = {"Name": "glueetl", "ScriptLocation": "s3://scripts/nobody.py"}
    aws.glue.create_job(Name="no-script", Role="worker", Command=command)
    run = aws.run("no-script")
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == ("LAUNCH ERROR | FileNotFoundError: File not found: s3://scripts/nobody.py")


def test_shared_modules_need_extra_py_files(aws, job):
    aws.put("scripts", "lib/planting.zip", zipped(planting="depth = 12\n"))
    name = job("import planting, os\nprint(planting.depth, os.path.exists('seeds.txt'))\n")
    run = aws.run(name)
    assert run["ErrorMessage"] == "ModuleNotFoundError: No module named 'planting'"
    aws.put("scripts", "lib/seeds.txt", "oak")
    files = {"--extra-py-files": "s3://scripts/lib/planting.zip", "--extra-files": "s3://scripts/lib/seeds.txt"}
    run = aws.run(name, Arguments=files)
    assert aws.log(run["Id"], "output") == "12 True"
    run = aws.run(name, Arguments={"--extra-py-files": "s3://scripts/lib/nobody.zip"})
    assert run["ErrorMessage"].endswith("File not found: s3://scripts/lib/nobody.zip")


def test_modules_that_glue_does_not_have(aws, job):
    """The developer guide, "Using Python libraries with AWS Glue": what is provided, and nothing else."""
    name = job("import boto3, pyarrow, pyspark\ntry:\n    import local_aws\nexcept ImportError:\n    import duckdb\n")
    run = aws.run(name)
    assert run["ErrorMessage"].startswith("ModuleNotFoundError: No module named 'duckdb': AWS Glue does not have it")


def test_the_run_works_as_its_role(aws, job):
    name = job(
        """
        import boto3, os
        print(boto3.client("sts").get_caller_identity()["Arn"])
        boto3.client("s3").put_object(Bucket="forest", Key="by-boto3.txt", Body=b"x")
        print(sorted(name for name in os.environ if name.startswith("AWS_")), os.environ["HOME"])
        """
    )
    run = aws.run(name)
    arn, environment = aws.log(run["Id"], "output").splitlines()
    assert arn == "arn:aws:sts::123456789012:assumed-role/worker/GlueJobRunnerSession"
    assert "AWS_SESSION_TOKEN" in environment
    assert str(aws.home) in environment
    assert aws.client("s3").get_object(Bucket="forest", Key="by-boto3.txt")["Body"].read() == b"x"


def test_logs_come_while_the_script_runs(aws, job):
    name = job(
        """
        import sys, time, boto3
        print("first words"); print("a warning", file=sys.stderr)
        s3 = boto3.client("s3")
        while not s3.list_objects_v2(Bucket="forest", Prefix="go-on").get("Contents"):
            time.sleep(0.05)
        """
    )
    run_id = aws.glue.start_job_run(JobName=name)["JobRunId"]
    until(lambda: "first words" in aws.log(run_id, "output") and "a warning" in aws.log(run_id, "error"))
    running = aws.glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]
    assert running["JobRunState"] == "RUNNING"
    assert "CompletedOn" not in running
    aws.put("forest", "go-on", "x")
    assert aws.until_over(name, run_id)["JobRunState"] == "SUCCEEDED"


def test_one_run_at_a_time_unless_more_are_allowed(aws, job):
    name = job("import time; time.sleep(60)", ExecutionProperty={"MaxConcurrentRuns": 2})
    runs = [aws.glue.start_job_run(JobName=name)["JobRunId"] for _ in range(2)]
    with pytest.raises(ClientError) as caught:
        aws.glue.start_job_run(JobName=name)
    # the sentence: aws-solutions/amazon-marketing-cloud-uploader-from-aws, issue 51
    assert caught.value.response["Error"] == {
        "Code": "ConcurrentRunsExceededException",
        "Message": f"Concurrent runs exceeded for {name}",
    }
    told = aws.glue.batch_stop_job_run(JobName=name, JobRunIds=[*runs, "jr_nobody"])
    assert [one["JobRunId"] for one in told["SuccessfulSubmissions"]] == runs
    assert [one["ErrorDetail"]["ErrorCode"] for one in told["Errors"]] == ["EntityNotFoundException"]
    assert [aws.until_over(name, run)["JobRunState"] for run in runs] == ["STOPPED", "STOPPED"]


def test_stopping_ends_the_children_too(aws, job, alive):
    name = job(
        """
        import subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print(child.pid)
        child.wait()
        """
    )
    run_id = aws.glue.start_job_run(JobName=name)["JobRunId"]
    until(lambda: aws.log(run_id, "output"))
    child = int(aws.log(run_id, "output"))
    assert alive(child)
    aws.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
    run = aws.until_over(name, run_id)
    assert run["JobRunState"] == "STOPPED"
    assert "ErrorMessage" not in run
    until(lambda: not alive(child))
    assert not (aws.home / "glue" / "runs" / run_id / "tmp").exists()
    told = aws.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
    assert "STOPPED" in told["Errors"][0]["ErrorDetail"]["ErrorMessage"]


def test_timeout(aws, job, monkeypatch):
    monkeypatch.setattr(job_runs, "SECONDS_A_MINUTE", 0.25)
    name = job("import time; time.sleep(600)", Timeout=4)
    run = aws.run(name, Timeout=2)
    assert run["JobRunState"] == "TIMEOUT"
    assert run["ErrorMessage"] == "Job run exceeded its timeout of 2 minutes"


def test_a_run_that_was_under_way_when_it_was_saved_has_failed(aws, job):
    name = job("import time; time.sleep(60)")
    run_id = aws.glue.start_job_run(JobName=name)["JobRunId"]
    backend = job_runs.moto_glue.glue_backends["123456789012"]["us-east-1"]
    (run,) = pickle.loads(pickle.dumps(backend)).jobs[name].job_runs
    shown = run.as_dict()
    assert (shown["JobRunState"], shown["ErrorMessage"]) == ("FAILED", job_runs.SERVER_ENDED)
    assert shown["CompletedOn"] is not None
    aws.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
    assert aws.until_over(name, run_id)["JobRunState"] == "STOPPED"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"Arguments": {"--job-bookmark-option": "job-bookmark-enable"}}, "bookmark"),
        ({"Arguments": {"--extra-jars": "s3://b/x.jar"}}, "--extra-jars"),
    ],
)
def test_runs_that_are_refused(aws, settings, named):
    command = {"Name": "glueetl", "ScriptLocation": "s3://scripts/x.py"}
    name = f"refused-{named}"
    aws.glue.create_job(Name=name, Role="worker", Command=command)
    with pytest.raises(ClientError, match=named) as caught:
        aws.glue.start_job_run(JobName=name, **settings)
    assert caught.value.response["Error"]["Code"] == "InvalidInputException"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"Command": {"Name": "pythonshell", "ScriptLocation": "s3://scripts/x.py"}}, "pythonshell"),
        ({"GlueVersion": "4.0"}, "GlueVersion 4.0"),
        ({"MaxRetries": 1}, "MaxRetries"),
        ({"Connections": {"Connections": ["c"]}}, "Connections"),
        ({"SecurityConfiguration": "s"}, "SecurityConfiguration"),
    ],
)
def test_jobs_that_do_not_start(aws, settings, named):
    """What a laptop cannot honour is refused by name, not passed over."""
    name = f"refused-{named}"
    command = {"Name": "glueetl", "ScriptLocation": "s3://scripts/x.py"}
    aws.glue.create_job(**{"Name": name, "Role": "worker", "Command": command} | settings)
    with pytest.raises(ClientError, match=named) as caught:
        aws.glue.start_job_run(JobName=name)
    assert caught.value.response["Error"]["Code"] == "InvalidInputException"


def test_runs_are_listed_newest_first(aws, job):
    """apache/airflow pull 72397 stops its walk at the first run that is too old."""
    name = job("print('x')", ExecutionProperty={"MaxConcurrentRuns": 3})
    runs = [aws.run(name)["Id"] for _ in range(3)]
    first = aws.glue.get_job_runs(JobName=name, MaxResults=2)
    rest = aws.glue.get_job_runs(JobName=name, NextToken=first["NextToken"])
    assert [run["Id"] for run in first["JobRuns"] + rest["JobRuns"]] == runs[::-1]


def test_roles_and_definitions_that_are_refused(aws):
    glue = aws.glue
    glue.create_job(Name="no-role", Role="nobody", Command={"Name": "glueetl", "ScriptLocation": "s3://scripts/x.py"})
    with pytest.raises(ClientError, match="Role nobody should be given assume role permissions for Glue Service"):
        glue.start_job_run(JobName="no-role")
    with pytest.raises(ClientError, match="AlreadyExistsException"):
        glue.create_job(Name="no-role", Role="worker", Command={"Name": "glueetl"})
    with pytest.raises(ClientError, match="Please do not set Max Capacity if using Worker Type"):
        glue.create_job(Name="both", Role="worker", Command={"Name": "glueetl"}, MaxCapacity=2.0, WorkerType="G.1X")


def test_update_job_overwrites_the_definition(aws, job):
    """The API reference: "The previous job definition is completely overwritten by this information."."""
    name = job("print('x')", {"--kind": "oak"}, Description="before", Timeout=7)
    before = aws.glue.get_job(JobName=name)["Job"]
    aws.glue.update_job(JobName=name, JobUpdate={"Role": "worker", "Command": before["Command"], "Timeout": 9})
    after = aws.glue.get_job(JobName=name)["Job"]
    assert (after["Timeout"], after.get("Description"), after["DefaultArguments"]) == (9, None, {})
    assert after["LastModifiedOn"] >= before["LastModifiedOn"]
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        aws.glue.update_job(JobName="nobody", JobUpdate={"Role": "worker"})


# -------------------------------------------------------------------------------------------------- with Spark


def parquet(**columns) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


@pytest.mark.slow
def test_spark_reads_the_catalog_and_writes_partitions(aws, job, monkeypatch, tmp_path):
    """One run that uses it all, on a machine without Java and without a home; no object is given a file's mode."""
    for program, script in (("java", FORBIDDEN_JAVA), ("chmod", NOTED_CHMOD)):
        (tmp_path / program).write_text(script)
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    aws.glue.create_database(DatabaseInput={"Name": "forest"})
    for day, ids in (("2020-01-01", [1, 2]), ("2020-01-02", [3])):
        aws.put("forest", f"trees/day={day}/data.parquet", parquet(Id=ids))
    aws.put("forest", "trees/day=2020-01-03/data.parquet", parquet(Id=[99]))
    aws.glue.create_crawler(
        Name="forest",
        Role="worker",
        DatabaseName="forest",
        Targets={"S3Targets": [{"Path": "s3://forest/trees/", "Exclusions": ["day=2020-01-03/**"]}]},
    )
    aws.crawl("forest")
    aws.put("scripts", "lib/growing.zip", zipped(growing="def taller(height):\n    return height + 10\n"))
    name = job(
        """
        import sys
        import boto3
        from awsglue.context import GlueContext
        from awsglue.job import Job
        from awsglue.utils import getResolvedOptions
        from pyspark.context import SparkContext
        from pyspark.sql import functions as F, types as T
        import growing

        args = getResolvedOptions(sys.argv, ["JOB_NAME", "target"])
        glue_context = GlueContext(SparkContext.getOrCreate())
        spark = glue_context.spark_session
        job = Job(glue_context)
        job.init(args["JOB_NAME"], args)

        def in_worker(number):
            import growing
            try:
                import duckdb
            except ModuleNotFoundError:
                return growing.taller(number)

        taller = F.udf(in_worker, T.LongType())
        trees = spark.table("forest.trees")
        print("columns", trees.dtypes)
        print("zone", spark.conf.get("spark.sql.session.timeZone"))
        trees.withColumn("id", taller("id")).write.mode("overwrite").partitionBy("day").parquet(args["target"])
        print("overwritten", [o["Key"].split("/")[1] for o in boto3.client("s3").list_objects_v2(
            Bucket="forest", Prefix="taller/")["Contents"]])
        job.commit()
        """,
        {
            "--target": "s3://forest/taller/",
            "--extra-py-files": "s3://scripts/lib/growing.zip",
            "--enable-glue-datacatalog": "true",
        },
        WorkerType="G.025X",
        NumberOfWorkers=2,
    )
    run = aws.run(name)
    assert run["JobRunState"] == "SUCCEEDED", aws.log(run["Id"], "error")
    assert aws.log(run["Id"], "error") == ""
    assert aws.log(run["Id"], "output").splitlines() == [
        "columns [('id', 'bigint'), ('day', 'string')]",
        "zone UTC",
        "overwritten ['day=2020-01-01', 'day=2020-01-02']",
    ]
    s3 = aws.client("s3")
    found = s3.list_objects_v2(Bucket="forest", Prefix="taller/")["Contents"]
    rows = [
        pq.read_table(io.BytesIO(s3.get_object(Bucket="forest", Key=one["Key"])["Body"].read())).to_pydict()
        for one in found
    ]
    assert rows == [{"id": [11, 12]}, {"id": [13]}]
    changed = [line.partition(" ")[2] for line in (tmp_path / "chmod.txt").read_text().splitlines()]
    own = str(aws.home / "glue" / "runs" / run["Id"] / "warehouse")  # where Spark has the folders of its databases
    assert [path for path in changed if not path.startswith(own)] == []


@pytest.mark.slow
def test_what_spark_does_not_see(aws, job):
    """No catalog without its argument, no bucket that is not there, and no change of the catalog through Spark."""
    aws.glue.create_database(DatabaseInput={"Name": "meadow"})
    script = """
        import sys
        from pyspark.sql import SparkSession
        spark = SparkSession.builder.getOrCreate()

        def attempt(name, action):
            try:
                action()
            except Exception as error:
                print(name, type(error).__name__, str(error).split(chr(10))[0][:60])
            else:
                print(name, "worked")

        attempt("database", lambda: spark.sql("use meadow"))
        attempt("bucket", lambda: spark.read.parquet("s3://nobody-has-this/x/"))
        attempt("write", lambda: spark.range(1).write.parquet("s3://nobody-has-this/x/"))
        if "--enable-glue-datacatalog" in sys.argv:
            spark.range(1).write.mode("overwrite").saveAsTable("meadow.flowers", path="s3://forest/flowers/")
        """
    name = job(script)
    run = aws.run(name)
    assert run["JobRunState"] == "SUCCEEDED"
    database, bucket, write = aws.log(run["Id"], "output").splitlines()
    assert database.startswith("database AnalysisException [SCHEMA_NOT_FOUND]")
    assert "worked" not in bucket + write
    run = aws.run(name, Arguments={"--enable-glue-datacatalog": ""})
    assert aws.log(run["Id"], "output").splitlines()[0] == "database worked"
    assert run["JobRunState"] == "FAILED"
    assert "the script changed the catalog through Spark (meadow.flowers)" in run["ErrorMessage"]
