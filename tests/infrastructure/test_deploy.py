"""The deploy against the local AWS: makes, says what changes, changes nothing twice, goes back, comes back."""

import io
import json
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infrastructure import deploy

ACCOUNT = "123456789012"
ROLES = ("raw", "clean", "conform", "reports", "state", "artifacts", "results")


def run(*words: str) -> None:
    deploy.deploy(deploy.arguments(list(words)))


def write_template(path: Path, change: Any) -> Path:
    template = deploy.read_template(deploy.TEMPLATE)
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
        rules = s3.get_bucket_lifecycle_configuration(Bucket=buckets[role])["Rules"]
        assert any("AbortIncompleteMultipartUpload" in rule for rule in rules)
        assert set(s3.get_public_access_block(Bucket=buckets[role])["PublicAccessBlockConfiguration"].values()) == {
            True
        }
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
    assert "uploaded none, all as they were" in said
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

    with pytest.raises(deploy.DeployError, match=r"UPDATE_ROLLBACK_COMPLETE(.|\n)*Extra: .*AlreadyExists"):
        run("--stack", "shop", "--template", str(write_template(tmp_path / "t.json", change)))
    assert shop("glue").get_job(JobName="shop-partition-data")["Job"]["NumberOfWorkers"] == 2


@pytest.mark.slow
def test_a_wrong_parameter_changes_nothing(shop):
    with pytest.raises(deploy.DeployError, match=r"The template has no parameter Sugar\. It has: DatabasePrefix"):
        run("--stack", "shop", "--parameter", "Sugar=2")
    with pytest.raises(Exception, match="MailFrom' failed to satisfy constraint: an e-mail address"):
        run("--stack", "shop", "--parameter", "MailFrom=nobody")


@pytest.mark.slow
def test_a_first_deploy_that_failed_can_be_tried_again(aws, capsys):
    aws("glue").create_database(DatabaseInput={"Name": "again_clean"})
    with pytest.raises(deploy.DeployError, match=r"ROLLBACK_COMPLETE(.|\n)*CleanDatabase"):
        run("--stack", "again")
    assert not [one for one in aws("s3").list_buckets()["Buckets"] if one["Name"].startswith("again-")]
    aws("glue").delete_database(Name="again_clean")
    run("--stack", "again")
    assert "from an earlier try: removing what is left of it" in capsys.readouterr().out
    assert aws("cloudformation").describe_stacks(StackName="again")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"


@pytest.mark.slow
def test_data_outlives_the_stack_and_is_taken_over_by_the_next(aws, capsys):
    run("--stack", "reborn")
    s3 = aws("s3")
    s3.put_object(Bucket=f"reborn-raw-{ACCOUNT}", Key="sales-reciept/a.csv", Body=b"a")
    versions = s3.list_object_versions(Bucket=f"reborn-artifacts-{ACCOUNT}")["Versions"]
    s3.delete_objects(
        Bucket=f"reborn-artifacts-{ACCOUNT}",
        Delete={"Objects": [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in versions]},
    )
    cloudformation = aws("cloudformation")
    stack_id = cloudformation.describe_stacks(StackName="reborn")["Stacks"][0]["StackId"]
    cloudformation.delete_stack(StackName="reborn")
    while cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"] == "DELETE_IN_PROGRESS":
        time.sleep(0.1)
    left = {one["Name"] for one in s3.list_buckets()["Buckets"] if one["Name"].startswith("reborn-")}
    assert left == {f"reborn-{role}-{ACCOUNT}" for role in ("raw", "clean", "conform", "reports", "state")}
    capsys.readouterr()
    run("--stack", "reborn")
    assert "Import   AWS::S3::Bucket            RawBucket" in capsys.readouterr().out
    assert s3.get_object(Bucket=f"reborn-raw-{ACCOUNT}", Key="sales-reciept/a.csv")["Body"].read() == b"a"


# ------------------------------------------------------------------------------------------- without AWS


def test_the_zip_has_the_same_bytes_whenever_it_is_made(tmp_path):
    folder = tmp_path / "tools"
    (folder / "deep" / "__pycache__").mkdir(parents=True)
    (folder / "deep" / "__pycache__" / "x.pyc").write_bytes(b"x")
    (folder / "b.py").write_text("b = 1\n")
    (folder / "deep" / "a.py").write_text("a = 1\n")
    first = deploy.package_zip(folder)
    os.utime(folder / "b.py", (1, 1))
    (folder / "b.py").chmod(0o600)
    assert deploy.package_zip(folder) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.namelist() == ["tools/b.py", "tools/deep/a.py"]
    (folder / "b.py").write_text("b = 2\n")
    assert deploy.package_zip(folder) != first


def test_no_script_is_an_error(tmp_path):
    with pytest.raises(deploy.DeployError, match="There is no job script"):
        deploy.scripts(tmp_path)


@pytest.mark.parametrize("words", [["--stack", "Shop"], ["--stack", "x" * 31], ["--parameter", "A"], ["--sugar"]])
def test_wrong_words_are_refused(words, capsys):
    with pytest.raises(SystemExit):
        deploy.arguments(words)
    assert "error" in capsys.readouterr().err


def test_names_of_outputs_become_variables():
    stack: Any = {
        "Outputs": [{"OutputKey": "RawBucket", "OutputValue": "a"}, {"OutputKey": "Stack", "OutputValue": "b"}]
    }
    assert deploy.environment(stack) == {"COFFEE_SHOP_RAW_BUCKET": "a", "COFFEE_SHOP_STACK": "b"}


def test_the_env_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "deep" / "x.env"
    assert deploy.write_environment(path, {"A": "1"})
    assert not deploy.write_environment(path, {"A": "1"})
    assert deploy.write_environment(path, {"A": "2"})
    assert path.read_text().splitlines()[1:] == ["A=2"]
    assert [one.name for one in path.parent.iterdir()] == ["x.env"]
