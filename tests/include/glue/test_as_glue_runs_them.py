"""The three scripts as Glue starts them: from S3, with the shared package as a zip, in processes of their own."""

import io
import time
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

GLUE = Path(__file__).parents[3] / "include" / "glue"
JOBS = ("partition_data", "conform_tables", "conform_relations")


def package():
    """The shared package as the deploy zips it."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for path in sorted(GLUE.glob("coffee_shop_jobs/*.py")):
            archive.write(path, path.relative_to(GLUE))
    return body.getvalue()


def make_jobs(lake):
    scripts = lake.state
    lake.s3.put_object(Bucket=scripts, Key="glue/coffee_shop_jobs.zip", Body=package())
    for job in JOBS:
        lake.s3.put_object(Bucket=scripts, Key=f"glue/{job}.py", Body=GLUE.joinpath(f"{job}.py").read_bytes())
        lake.glue.create_job(
            Name=f"{lake.raw}-{job}",
            Role=lake.role,
            GlueVersion="5.1",
            WorkerType="G.1X",
            NumberOfWorkers=2,
            Command={"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": f"s3://{scripts}/glue/{job}.py"},
            DefaultArguments={
                "--enable-glue-datacatalog": "true",
                "--extra-py-files": f"s3://{scripts}/glue/coffee_shop_jobs.zip",
                "--raw_bucket": lake.raw,
                "--clean_bucket": lake.clean,
                "--conform_bucket": lake.conform,
                "--state_bucket": lake.state,
                "--clean_database": lake.databases["clean"],
                "--conform_database": lake.databases["conform"],
            },
        )


def start(lake, job, load_id):
    """Run a job to its end; returns its state, its error and its seconds."""
    run = lake.glue.start_job_run(JobName=f"{lake.raw}-{job}", Arguments={"--load_id": load_id})["JobRunId"]
    began = time.monotonic()
    while True:
        found = lake.glue.get_job_run(JobName=f"{lake.raw}-{job}", RunId=run)["JobRun"]
        if found["JobRunState"] not in ("STARTING", "RUNNING", "WAITING", "STOPPING"):
            return found["JobRunState"], found.get("ErrorMessage"), time.monotonic() - began
        time.sleep(0.1)


def test_a_load_by_glue_gives_what_a_load_in_this_process_gives(lake, new_lake):
    other = new_lake()
    make_jobs(lake)
    for each in (lake, other):
        each.sales("a", {}, {"ProductNo": "9"}, {"CustomerNo": "", "StaffNo": ""})
        each.inventory("a", {})
        each.targets("a", {}, {"SalesOutletNo": "8"})
    other.load()

    load_id = lake.plan()
    states = [start(lake, "partition_data", load_id)]
    lake.crawl("clean")
    states.append(start(lake, "conform_tables", load_id))
    too_early = start(lake, "conform_relations", load_id)
    lake.crawl("conform")
    states.append(start(lake, "conform_relations", load_id))

    assert [state[:2] for state in states] == [("SUCCEEDED", None)] * 3
    assert too_early[0] == "FAILED"
    assert "there is no table" in too_early[1]
    assert ".customer in the catalog: the crawler of its zone makes it" in too_early[1]
    assert lake.contents() == other.contents()
