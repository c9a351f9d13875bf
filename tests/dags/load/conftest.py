"""One stack for the tests of the whole load, and its story: loads by ``dag.test()`` that build on each other.

Airflow works as a role that has the template's two managed policies, and the local AWS refuses what a role may not. The
tests themselves ask as the account (``account``), which may do everything.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from tests.dags.lake import Row, parsed, query, run
from tests.dags.load import story
from tests.dags.load.till_files import inventory, sales, targets
from tests.local_aws_process import KEY, running_local_aws

ROOT = Path(__file__).resolve().parents[3]

# --- the stack


@pytest.fixture(scope="package")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the local AWS: its log, and its state below `aws`."""
    return tmp_path_factory.mktemp("load")


@pytest.fixture(scope="package")
def local_aws(home: Path) -> Iterator[str]:
    """The address of a local AWS whose Lambda tries again at once; every AWS call goes there."""
    with running_local_aws(home, {**os.environ, "LOCAL_AWS_LAMBDA_RETRY_SECONDS": "0,0"}) as url:
        os.environ["AWS_ENDPOINT_URL"] = url
        yield url
        del os.environ["AWS_ENDPOINT_URL"]


@pytest.fixture(scope="package")
def account(local_aws: str) -> story.Account:
    """Return what makes clients of the account itself, which may do everything."""
    session = boto3.Session(*KEY.values(), region_name="us-east-1")
    return lambda service, **more: session.client(service, endpoint_url=local_aws, **more)


@pytest.fixture(scope="package")
def stack(account: story.Account, home: Path) -> dict[str, str]:
    """The names that the template made, with an Airflow that is away: Lambda gives its events up."""
    file = home / "coffee_shop.env"
    command = [sys.executable, "-m", "infrastructure.deploy", "--stack", story.STACK, "--env-file", str(file)]
    command += ["--parameter", "AirflowUrl=http://127.0.0.1:9"]  # the discard port: no Airflow answers there
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    login = json.dumps({"username": "load", "password": "secret"})
    account("secretsmanager").put_secret_value(SecretId=f"{story.STACK}-airflow", SecretString=login)
    return dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)


@pytest.fixture(scope="package")
def airflow(airflow_database: None, account: story.Account, stack: dict[str, str]) -> Iterator[dict[str, str]]:
    """The names of the stack, while this process works as the role of Airflow."""
    iam, role = account("iam"), story.AIRFLOW.rpartition("/")[2]
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(story.OWN_TRUST))
    for arn in stack["COFFEE_SHOP_AIRFLOW_POLICIES"].split(","):
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    settings = json.loads(os.environ["AIRFLOW_VAR_COFFEE_SHOP"]) | {"quarantine_share": 0.5}
    before = dict(os.environ)
    os.environ.update(stack, AIRFLOW_VAR_COFFEE_SHOP=json.dumps(settings))
    os.environ.update(story.assumed(account, story.AIRFLOW, "task"))
    boto3.setup_default_session()  # the one that other modules used has their credentials
    yield stack
    os.environ.clear()
    os.environ.update(before)
    boto3.setup_default_session()


@pytest.fixture(scope="package")
def s3(account: story.Account) -> Any:
    """The account's client of S3."""
    return account("s3")


@pytest.fixture(scope="package")
def raw(stack: dict[str, str]) -> str:
    """The bucket of the uploads."""
    return stack["COFFEE_SHOP_RAW_BUCKET"]


@pytest.fixture(scope="package")
def ask(account: story.Account, stack: dict[str, str]) -> Callable[[str], list[Row]]:
    """Return what answers a query over the conform tables, asked by the account."""
    return lambda sql: query(account("athena"), sql, stack)


@pytest.fixture(scope="package")
def dag(airflow: dict[str, str]) -> Any:
    """The load, whose tasks wait themselves, as on the laptop.

    For runs in which a file is missing: ``dag.test()`` has no end for a task that waits in the triggerer.
    """
    return parsed("coffee_shop_load")


@pytest.fixture(scope="package")
def deferring_dag(airflow: dict[str, str]) -> Any:
    """The load, whose tasks wait in the triggerer, as on AWS."""
    return deferring("coffee_shop_load")


def deferring(dag_id: str) -> Any:
    """Return a DAG whose tasks wait in the triggerer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COFFEE_SHOP_DEFERRABLE", "1")
        return parsed(dag_id)


# --- the story: each fixture is a run that the next one builds on


@pytest.fixture(scope="package")
def without_sales(dag: Any) -> Any:
    """Nothing has been uploaded."""
    return run(dag)


@pytest.fixture(scope="package")
def first(without_sales: Any, dag: Any, s3: Any, raw: str, account: story.Account) -> Any:
    """A first load, of sales alone: no inventory and no targets yet."""
    s3.put_object(Bucket=raw, Key=story.APRIL, Body=story.APRIL_SALES)
    s3.put_object(Bucket=raw, Key=story.SPRING, Body=story.SPRING_SALES)
    done = run(dag, {"bucket": raw, "key": story.APRIL, "version": "whatever the event said"})
    until_dead_letters(account)
    events = account("events")
    [rule] = events.list_rules()["Rules"]
    events.disable_rule(Name=rule["Name"])  # one upload given up is enough
    return done


def until_dead_letters(account: story.Account) -> None:
    """Wait until Lambda has given up on an upload."""
    sqs, wanted = account("sqs"), "ApproximateNumberOfMessages"
    queue = sqs.get_queue_url(QueueName=f"{story.STACK}-dead-letters")["QueueUrl"]
    for _ in range(600):
        if sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[wanted])["Attributes"][wanted] != "0":
            return
        time.sleep(0.1)
    raise AssertionError("no event came to the dead-letter queue")


@pytest.fixture(scope="package")
def nothing_new(first: Any, dag: Any, s3: Any, stack: dict[str, str]) -> Any:
    """A run that finds nothing new: no table and no ledger is written."""
    before = story.table_objects(s3, stack), story.state_of(s3, stack, "ledger.json")
    dag_run = run(dag)
    assert (story.table_objects(s3, stack), story.state_of(s3, stack, "ledger.json")) == before
    return dag_run


@pytest.fixture(scope="package")
def second_in_line(nothing_new: Any, dag: Any, s3: Any, stack: dict[str, str]) -> Any:
    """A run while another one holds the lease, which ends after the first look."""
    from coffee_shop.load import tasks as load_tasks
    from coffee_shop.load.lease import release_lease, take_lease

    bucket, now, tried = stack["COFFEE_SHOP_STATE_BUCKET"], datetime.now(UTC), []
    assert take_lease(s3, bucket, "somebody else's run", now=now, lasts=timedelta(hours=9)) is None
    try_lease = load_tasks.try_lease

    def try_and_let_the_other_end(context: Any) -> str | None:
        tried.append(try_lease(context))
        release_lease(s3, bucket, "somebody else's run", now=now)
        return tried[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load_tasks, "try_lease", try_and_let_the_other_end)
        return SimpleNamespace(run=run(dag), tried=tried)


@pytest.fixture(scope="package")
def corrected(second_in_line: Any, deferring_dag: Any, s3: Any, raw: str, stack: dict[str, str]) -> Any:
    """A correction, the same file again, two refused files, a day that shrinks and a month given up.

    Inventory and targets come for the first time. Of the file of outlet 5 the newest version is refused, and no load
    has seen the one before.
    """
    before = story.table_objects(s3, stack)
    second = {"TransactionDate": "2019-04-02"}
    fix = sales(second | {"SaleAmount": "12.00"}, second | {"TransactionNo": "2", "SaleAmount": "1.00"})
    for key, body in (
        (story.APRIL, story.APRIL_SALES),
        (story.FIX, fix),
        (story.BROKEN, sales({}, without=["Quantity"])),
        (story.LATE, sales({"TransactionNo": "9", "SaleAmount": "1.00"})),
        (story.SPRING, story.SPRING_WITHOUT_MAY),
        (story.SHOP_5, sales({"TransactionDate": "2019-04-04", "SalesOutletNo": "5"})),
        (story.SHOP_5, b""),
        (story.STOCK, inventory({})),
        (story.STOCK_OF_FIFTH, inventory({"TransactionDate": "2019-04-05"})),
        (story.GOALS, targets({}, {"SalesOutletNo": "9"})),
    ):
        s3.put_object(Bucket=raw, Key=key, Body=body)
    return SimpleNamespace(run=run(deferring_dag), before=before)


@pytest.fixture(scope="package")
def withdrawn(corrected: Any, deferring_dag: Any, s3: Any, stack: dict[str, str]) -> Any:
    """All but the first files withdrawn, what was held back accepted, and everything loaded again."""
    # somebody damaged a day by hand
    damaged = "sales_reciept/business_date=2019-04-03/data.parquet"
    source = {"Bucket": stack["COFFEE_SHOP_CONFORM_BUCKET"], "Key": damaged.replace("-03", "-02")}
    s3.copy_object(Bucket=stack["COFFEE_SHOP_CONFORM_BUCKET"], Key=damaged, CopySource=source)
    files = [story.LATE, story.FIX, story.BROKEN, story.SHOP_5, story.STOCK_OF_FIFTH]
    return run(deferring_dag, {"withdraw": files, "accept": [story.SPRING], "reload_all": True})


@pytest.fixture(scope="package")
def reported(withdrawn: Any, airflow: dict[str, str]) -> Any:
    """The report of the week, with its mail."""
    week = {"from": "2019-04-01", "to": "2019-04-07", "mail": True}
    return run(deferring("coffee_shop_weekly_report"), week)
