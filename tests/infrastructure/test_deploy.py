"""The deploy against the local AWS: makes, says what changes, changes nothing twice, goes back, comes back."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infrastructure import artifacts, deploy, package, start_load
from infrastructure.console import DeployError
from infrastructure.template import TEMPLATE, read_template

ACCOUNT = "123456789012"
ROLES = ("raw", "clean", "conform", "reports", "state", "artifacts", "results")


def run(*words: str) -> None:
    deploy.deploy(deploy.arguments(list(words)))


def write_template(path: Path, change: Any) -> Path:
    template = read_template(TEMPLATE)
    change(template["Resources"])
    path.write_text(json.dumps(template))
    return path


@pytest.fixture(scope="module")
def names(aws_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The env file of the stack `shop`, made by the first deploy."""
    return tmp_path_factory.mktemp("names") / "shop.env"


@pytest.fixture
def shop(aws: Any, names: Path) -> Any:
    """The stack `shop` as the template says it; returns what makes a client."""
    run("--stack", "shop", "--env-file", str(names))
    return aws


@pytest.mark.slow
def test_the_first_deploy_makes_all_and_writes_the_names(shop, names):
    lines = dict(line.split("=", 1) for line in names.read_text().splitlines() if not line.startswith("#"))
    buckets = {
        role: f"shop-{role}-{ACCOUNT}"
        for role in ["raw", "clean", "conform", "reports", "state", "artifacts", "results"]
    }
    policies = ",".join(f"arn:aws:iam::{ACCOUNT}:policy/shop-airflow-{name}" for name in ("load", "reports"))
    assert lines == {
        "COFFEE_SHOP_STACK": "shop",
        **{f"COFFEE_SHOP_{role.upper()}_BUCKET": name for role, name in buckets.items()},
        "COFFEE_SHOP_RAW_DATABASE": "shop_raw",
        "COFFEE_SHOP_CLEAN_DATABASE": "shop_clean",
        "COFFEE_SHOP_CONFORM_DATABASE": "shop_conform",
        "COFFEE_SHOP_WORKGROUP": "shop",
        "COFFEE_SHOP_MAIL_FROM": "reports@coffee-shop.example",
        "COFFEE_SHOP_AIRFLOW_POLICIES": policies,
    }
    glue = shop("glue")
    assert set(glue.list_crawlers()["CrawlerNames"]) >= {"shop-raw", "shop-clean", "shop-conform"}
    assert glue.get_table(DatabaseName="shop_clean", Name="quarantine")["Table"]["StorageDescriptor"]["Location"] == (
        f"s3://shop-state-{ACCOUNT}/quarantine/"
    )
    job = glue.get_job(JobName="shop-partition-data")["Job"]
    assert job["DefaultArguments"]["--state_bucket"] == f"shop-state-{ACCOUNT}"
    s3 = shop("s3")
    for role in buckets:
        assert set(s3.get_public_access_block(Bucket=buckets[role])["PublicAccessBlockConfiguration"].values()) == {
            True
        }
        (rule,) = s3.get_bucket_encryption(Bucket=buckets[role])["ServerSideEncryptionConfiguration"]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        (rule,) = s3.get_bucket_ownership_controls(Bucket=buckets[role])["OwnershipControls"]["Rules"]
        assert rule["ObjectOwnership"] == "BucketOwnerEnforced"
        assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=buckets[role])["Policy"]
        versions = s3.get_bucket_versioning(Bucket=buckets[role]).get("Status")
        assert versions == ("Enabled" if role in ("raw", "state", "artifacts") else None)
    group = shop("athena").get_work_group(WorkGroup="shop")["WorkGroup"]["Configuration"]
    assert group["EnforceWorkGroupConfiguration"] is True
    assert group["ResultConfiguration"]["OutputLocation"] == f"s3://shop-results-{ACCOUNT}/"
    assert group["BytesScannedCutoffPerQuery"] == 10_737_418_240
    found = {entry["Key"] for entry in s3.list_objects_v2(Bucket=buckets["artifacts"], Prefix="glue/")["Contents"]}
    assert found == {f"glue/{name}" for name in (
        "partition_data.py", "conform_tables.py", "conform_relations.py", "coffee_shop_jobs.zip"
    )}  # fmt: skip


@pytest.mark.slow
def test_a_second_deploy_changes_nothing(shop, names, capsys):
    capsys.readouterr()
    versions = shop("s3").list_object_versions(Bucket=f"shop-artifacts-{ACCOUNT}")["Versions"]
    run("--stack", "shop", "--env-file", str(names))
    said = capsys.readouterr().out
    assert "Stack shop: nothing to change" in said
    assert f"Files in s3://shop-artifacts-{ACCOUNT}: all 6 as they are" in said
    assert f"Names: {names} as it was" in said
    assert len(shop("s3").list_object_versions(Bucket=f"shop-artifacts-{ACCOUNT}")["Versions"]) == len(versions)
    assert not shop("cloudformation").list_change_sets(StackName="shop")["Summaries"][1:]


@pytest.mark.slow
def test_a_dry_run_says_what_it_would_do(shop, capsys):
    capsys.readouterr()
    run("--stack", "shop", "--parameter", "JobWorkers=3", "--dry-run")
    said = capsys.readouterr().out
    assert "Modify   AWS::Glue::Job             PartitionDataJob  (NumberOfWorkers)" in said
    assert shop("glue").get_job(JobName="shop-partition-data")["Job"]["NumberOfWorkers"] == 2
    run("--stack", "unborn", "--dry-run")
    assert "unborn" not in {one["StackName"] for one in shop("cloudformation").describe_stacks()["Stacks"]}


@pytest.mark.slow
def test_a_parameter_stays_until_it_is_given_again(shop, names, capsys):
    run("--stack", "shop", "--env-file", str(names), "--parameter", "MailFrom=till@shop.example")
    said = capsys.readouterr().out
    assert "REPLACE  AWS::SES::EmailIdentity    MailSender  (EmailIdentity)" in said
    assert "COFFEE_SHOP_MAIL_FROM=till@shop.example\n" in names.read_text()
    run("--stack", "shop", "--env-file", str(names))
    assert "COFFEE_SHOP_MAIL_FROM=till@shop.example\n" in names.read_text()
    assert shop("sesv2").get_email_identity(EmailIdentity="till@shop.example")["IdentityType"] == "EMAIL_ADDRESS"
    with pytest.raises(ClientError, match="NotFoundException"):
        shop("sesv2").get_email_identity(EmailIdentity="reports@coffee-shop.example")


@pytest.mark.slow
def test_what_the_template_no_longer_has_goes_and_comes_back(shop, tmp_path, capsys):
    without = write_template(tmp_path / "without.json", lambda resources: resources.pop("ConformCrawler"))
    run("--stack", "shop", "--template", str(without))
    assert "REMOVE   AWS::Glue::Crawler         ConformCrawler" in capsys.readouterr().out
    assert "shop-conform" not in shop("glue").list_crawlers()["CrawlerNames"]
    run("--stack", "shop")
    assert "Add      AWS::Glue::Crawler         ConformCrawler" in capsys.readouterr().out
    assert "shop-conform" in shop("glue").list_crawlers()["CrawlerNames"]


@pytest.mark.slow
def test_a_change_that_fails_goes_back_and_says_why(shop, tmp_path):
    shop("glue").create_database(DatabaseInput={"Name": "somebodys"})

    def change(resources):
        resources["PartitionDataJob"]["Properties"]["NumberOfWorkers"] = 9
        resources["Extra"] = {
            "Type": "AWS::Glue::Database",
            "DependsOn": "PartitionDataJob",
            "Properties": {"CatalogId": ACCOUNT, "DatabaseInput": {"Name": "somebodys"}},
        }

    with pytest.raises(DeployError, match=r"UPDATE_ROLLBACK_COMPLETE(.|\n)*Extra: .*AlreadyExists"):
        run("--stack", "shop", "--template", str(write_template(tmp_path / "t.json", change)))
    assert shop("glue").get_job(JobName="shop-partition-data")["Job"]["NumberOfWorkers"] == 2


@pytest.mark.slow
def test_a_wrong_parameter_changes_nothing(shop):
    with pytest.raises(DeployError, match=r"The template has no parameter Sugar\. It has: .*DatabasePrefix"):
        run("--stack", "shop", "--parameter", "Sugar=2")
    with pytest.raises(Exception, match=r"MailFrom' .*an e-mail address"):
        run("--stack", "shop", "--parameter", "MailFrom=nobody")


@pytest.mark.slow
def test_a_first_deploy_that_failed_can_be_tried_again(aws, capsys):
    aws("glue").create_database(DatabaseInput={"Name": "again_clean"})
    with pytest.raises(DeployError, match=r"ROLLBACK_COMPLETE(.|\n)*CleanDatabase"):
        run("--stack", "again")
    left = [one["Name"] for one in aws("s3").list_buckets()["Buckets"] if one["Name"].startswith("again-")]
    assert left == [f"again-artifacts-{ACCOUNT}"]
    aws("glue").delete_database(Name="again_clean")
    run("--stack", "again")
    assert aws("cloudformation").describe_stacks(StackName="again")["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE"


@pytest.mark.slow
def test_a_first_bucket_that_failed_can_be_tried_again(aws, capsys):
    s3 = aws("s3")
    s3.create_bucket(Bucket=f"early-artifacts-{ACCOUNT}")
    with pytest.raises(DeployError, match="ROLLBACK_COMPLETE"):
        run("--stack", "early")
    s3.delete_bucket(Bucket=f"early-artifacts-{ACCOUNT}")
    run("--stack", "early")
    assert "from an earlier try: removing what is left of it" in capsys.readouterr().out


@pytest.mark.slow
def test_data_outlives_the_stack_and_is_taken_over_by_the_next(aws, capsys):
    run("--stack", "reborn")
    s3 = aws("s3")
    s3.put_object(Bucket=f"reborn-raw-{ACCOUNT}", Key="sales-reciept/a.csv", Body=b"a")
    s3.put_object(Bucket=f"reborn-results-{ACCOUNT}", Key="a.csv", Body=b"a")
    capsys.readouterr()
    run("--stack", "reborn", "--remove")
    said = capsys.readouterr().out
    assert said.index(f"with reborn-artifacts-{ACCOUNT} and reborn-results-{ACCOUNT}") < said.index("DELETE_")
    left = {one["Name"] for one in s3.list_buckets()["Buckets"] if one["Name"].startswith("reborn-")}
    assert left == {f"reborn-{role}-{ACCOUNT}" for role in ("raw", "clean", "conform", "reports", "state")}
    capsys.readouterr()
    run("--stack", "reborn")
    assert "Import   AWS::S3::Bucket            RawBucket" in capsys.readouterr().out
    assert s3.get_object(Bucket=f"reborn-raw-{ACCOUNT}", Key="sales-reciept/a.csv")["Body"].read() == b"a"


@pytest.mark.slow
def test_what_reaches_airflow_is_made_once_there_is_one(shop, names, capsys):
    words = ("--stack", "shop", "--env-file", str(names))
    try:
        run(*words, "--parameter", "AirflowUrl=http://127.0.0.1:9", "--parameter", "AlarmMail=a@b.example")
        lines = dict(line.split("=", 1) for line in names.read_text().splitlines() if not line.startswith("#"))
        function = shop("lambda").get_function_configuration(FunctionName="shop-start-load")
        assert function["Environment"]["Variables"] == {
            "DAG_ID": "coffee_shop_load",
            "AIRFLOW_TIMEOUT_SECONDS": "15",
            "AIRFLOW_URL": "http://127.0.0.1:9",
            "AIRFLOW_SECRET_ID": lines["COFFEE_SHOP_AIRFLOW_SECRET"],
        }
        rule = shop("events").describe_rule(Name="shop-uploads")
        assert json.loads(rule["EventPattern"])["detail"]["bucket"] == {"name": [f"shop-raw-{ACCOUNT}"]}
        bridge = shop("s3").get_bucket_notification_configuration(Bucket=f"shop-raw-{ACCOUNT}")
        assert "EventBridgeConfiguration" in bridge
        alarms = shop("cloudwatch").describe_alarms()["MetricAlarms"]
        assert {one["AlarmName"]: one["EvaluationPeriods"] for one in alarms} == {
            "shop-dead-letters": 1,
            "shop-no-upload": 2,
        }
        assert lines["COFFEE_SHOP_AIRFLOW_URL"] == "http://127.0.0.1:9"
        capsys.readouterr()
        run(*words)
        assert "nothing to change" in capsys.readouterr().out
    finally:
        run(*words, "--parameter", "AirflowUrl=", "--parameter", "AlarmMail=")
    assert shop("lambda").list_functions()["Functions"] == []


@pytest.mark.slow
def test_mwaa_is_refused_here_by_name(shop, capsys):
    """Nothing local makes an MWAA environment. Up to there it goes as on AWS: the change names the uploaded versions."""
    with pytest.raises(ClientError, match=r"Unrecognized resource types: \[.*AWS::EC2::VPC.*AWS::MWAA::Environment\]"):
        run("--stack", "shop", "--parameter", "CreateMwaa=yes")
    there = artifacts.keys_below(shop("s3"), f"shop-artifacts-{ACCOUNT}", "mwaa/")
    assert there == ["mwaa/plugins.zip", "mwaa/requirements.txt", "mwaa/startup.sh"]
    named = deploy.code_parameters(
        shop("s3"), f"shop-artifacts-{ACCOUNT}", {"lambda/start_load-1.zip": b""}, {"CreateMwaa": "yes"}
    )
    assert named.keys() == {"StartLoadKey", "RequirementsVersion", "PluginsVersion", "StartupVersion"}
    assert all(named.values())


@pytest.fixture
def environment(tmp_path, monkeypatch) -> None:
    """The environment `north`: the stack `shop` with what it has."""
    (tmp_path / "north.yaml").write_text("stack: shop\n")
    monkeypatch.setattr(deploy, "ENVIRONMENTS", tmp_path)


@pytest.mark.slow
def test_an_environment_gets_the_package(shop, environment, monkeypatch, capsys):
    s3, bucket = shop("s3"), f"shop-artifacts-{ACCOUNT}"
    run("--environment", "north")
    said = capsys.readouterr().out
    assert said.index("will be uploaded, 0 removed") < said.index("Stack shop: nothing to change")
    files = package.build()
    assert artifacts.different(s3, bucket, {f"mwaa/{name}": body for name, body in files.items()}) == {}
    assert artifacts.keys_below(s3, bucket, "mwaa/") == sorted(f"mwaa/{name}" for name in files)
    assert "It keeps new DAGs paused: coffee_shop_load, coffee_shop_daily_report" in said
    assert said.rstrip().endswith("Check the addresses in the Airflow Variable coffee_shop before.")

    versions = len(s3.list_object_versions(Bucket=bucket)["Versions"])
    run("--environment", "north")
    assert f"Files in s3://{bucket}: all {len(files) + 6} as they are" in capsys.readouterr().out
    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == versions


@pytest.mark.slow
def test_a_package_that_changed_is_shown_and_then_uploaded(shop, environment, monkeypatch, capsys):
    s3, bucket = shop("s3"), f"shop-artifacts-{ACCOUNT}"
    run("--environment", "north")
    files = package.build()
    del files["dags/coffee_shop/load/lease.py"]
    monkeypatch.setattr(package, "build", lambda: files | {"dags/new.py": b"a = 1"})
    capsys.readouterr()

    run("--environment", "north", "--dry-run")
    shown = f"1 of {len(files) + 7} will be uploaded, 1 removed\n  Upload   mwaa/dags/new.py\n"
    shown += "  REMOVE   mwaa/dags/coffee_shop/load/lease.py\n"
    assert shown in capsys.readouterr().out
    there = artifacts.keys_below(s3, bucket, "mwaa/dags/")
    assert "mwaa/dags/coffee_shop/load/lease.py" in there
    assert "mwaa/dags/new.py" not in there

    run("--environment", "north")
    assert shown in capsys.readouterr().out
    there = artifacts.keys_below(s3, bucket, "mwaa/dags/")
    assert "mwaa/dags/coffee_shop/load/lease.py" not in there
    assert s3.get_object(Bucket=bucket, Key="mwaa/dags/new.py")["Body"].read() == b"a = 1"


# ------------------------------------------------------------------------------------------- without AWS


def test_an_environment_gives_stack_and_parameters(tmp_path, monkeypatch):
    (tmp_path / "north.yaml").write_text("stack: coffee-north\nparameters: {NoUploadDays: 3, MailFrom: a@b.cd}\n")
    monkeypatch.setattr(deploy, "ENVIRONMENTS", tmp_path)
    assert deploy.read_environment("north", tmp_path)["parameters"] == {"NoUploadDays": "3", "MailFrom": "a@b.cd"}
    for text, words in (("stak: a", "nothing but"), ("parameters: {CreateMwaa: yes}", "CreateMwaa: expected a text")):
        (tmp_path / "wrong.yaml").write_text(text)
        with pytest.raises(DeployError, match=words):
            deploy.read_environment("wrong", tmp_path)
    with pytest.raises(DeployError, match="expected one of north, wrong"):
        deploy.read_environment("south", tmp_path)


def test_the_environment_in_the_project_names_parameters_of_the_template():
    given = deploy.read_environment("production")["parameters"]
    assert given.keys() <= read_template(TEMPLATE)["Parameters"].keys()
    assert deploy.arguments(["--environment", "production", "--parameter", "CreateMwaa=no"]).given["CreateMwaa"] == "no"


def test_the_last_words_say_what_is_paused_and_when_the_first_mail_comes(monkeypatch):
    def answers(paused: bool) -> Any:
        dags = [{"dag_id": name, "is_paused": paused} for name in deploy.DAGS]
        return type("Airflow", (), {"__init__": lambda self, name: None, "call": lambda self, *words: {"dags": dags}})

    names = {"COFFEE_SHOP_STACK": "shop", "COFFEE_SHOP_ARTIFACTS_BUCKET": "shop-artifacts"}
    monkeypatch.setattr(start_load, "MwaaAirflow", answers(True))
    words = deploy.what_is_next(names, {"CreateMwaa": "yes"})
    assert f"Paused: {', '.join(deploy.DAGS)}." in words
    assert "airflow dags unpause" in words
    assert "first scheduled mail then comes at once" in words
    monkeypatch.setattr(start_load, "MwaaAirflow", answers(False))
    assert "No DAG is paused." in deploy.what_is_next(names, {"CreateMwaa": "yes"})
    words = deploy.what_is_next(names, {})
    assert "Bring DAGs and plugins from s3://shop-artifacts/mwaa/ (or `make package`) to your Airflow" in words
    assert "does not answer (yet)" in words


@pytest.mark.parametrize("words", [["--stack", "Shop"], ["--stack", "x" * 31], ["--parameter", "A"], ["--sugar"]])
def test_wrong_words_are_refused(words, capsys):
    with pytest.raises(SystemExit):
        deploy.arguments(words)
    assert "error" in capsys.readouterr().err
