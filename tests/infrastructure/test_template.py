"""The template: lint, and what it must say of buckets, crawlers, jobs, roles and outputs. No AWS needed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infrastructure.stack import environment
from infrastructure.template import TEMPLATE, beginning, compact, read_template

# Service Authorization Reference: neither has a resource type, so a policy can only say "*"
NO_RESOURCE = (
    ["cloudwatch:PutMetricData"],
    ["glue:GetCrawlerMetrics"],
    ["s3:GetAccountPublicAccessBlock", "logs:DescribeLogGroups"],
)
# "Amazon MWAA execution role" in its user guide
WIDE = {"MwaaRole": ["s3:GetObject*", "s3:GetBucket*", "s3:List*", "kms:GenerateDataKey*"]}
CONDITIONAL = [
    "AIRFLOW_URL",
    "AIRFLOW_SECRET",
    "UPLOAD_RULE",
    "START_LOAD_FUNCTION",
    "DEAD_LETTER_QUEUE",
    "ALARM_TOPIC",
]
BUCKETS = ["Raw", "Clean", "Conform", "Reports", "State", "Artifacts", "Results"]
CONFORM = ["customer", "product", "staff", "sales_outlet", "date", "sales_reciept", "pastry_inventory", "sales_target"]


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return read_template(TEMPLATE)


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: part for name, part in template["Resources"].items() if part["Type"] == kind}


def lint(path: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "cfn-lint"), str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_it_passes_cfn_lint(tmp_path):
    done = lint(TEMPLATE)
    assert done.returncode == 0, done.stdout
    broken = tmp_path / "template.yaml"
    broken.write_text(TEMPLATE.read_text().replace("WorkerType: G.1X", "WorkerTipe: G.1X"))
    assert "WorkerTipe" in lint(broken).stdout


def test_its_beginning_fits_into_a_call_and_all_of_it_into_a_bucket(template):
    assert len(compact(beginning(template)).encode()) <= 51_200
    assert len(compact(template).encode()) <= 1_000_000


def test_every_bucket_is_encrypted_private_and_takes_tls_only(template):
    buckets = of_type(template, "AWS::S3::Bucket")
    assert list(buckets) == [f"{role}Bucket" for role in BUCKETS]
    policies = of_type(template, "AWS::S3::BucketPolicy")
    for name, bucket in buckets.items():
        properties = bucket["Properties"]
        role = name.removesuffix("Bucket").lower()
        assert properties["BucketName"] == {"Fn::Sub": "${AWS::StackName}-" + role + "-${AWS::AccountId}"}
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
        assert len(properties["PublicAccessBlockConfiguration"]) == 4
        rule = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        rules = properties["LifecycleConfiguration"]["Rules"]
        assert any("AbortIncompleteMultipartUpload" in rule for rule in rules), name
        statement = policies[f"{name}Policy"]["Properties"]["PolicyDocument"]["Statement"][0]
        assert policies[f"{name}Policy"]["Properties"]["Bucket"] == {"Ref": name}
        assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
        assert statement["Resource"] == [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}]
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_data_outlives_the_stack(template):
    kept = {name for name, part in template["Resources"].items() if part.get("DeletionPolicy", "Delete") != "Delete"}
    assert kept == {f"{role}Bucket" for role in ("Raw", "Clean", "Conform", "Reports", "State")}
    assert {template["Resources"][name]["UpdateReplacePolicy"] for name in kept} == {"Retain"}


def test_versions_are_kept_where_they_are_read_again(template):
    versioned = {
        name
        for name, part in of_type(template, "AWS::S3::Bucket").items()
        if part["Properties"].get("VersioningConfiguration") == {"Status": "Enabled"}
    }
    assert versioned == {"RawBucket", "StateBucket", "ArtifactsBucket"}
    raw = template["Resources"]["RawBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert not any("Expiration" in name for rule in raw for name in rule), "the ledger reads old versions of raw"


def test_crawlers_have_one_target_a_table_folder(template):
    crawlers = of_type(template, "AWS::Glue::Crawler")
    paths = {
        name: [target["Path"]["Fn::Sub"] for target in part["Properties"]["Targets"]["S3Targets"]]
        for name, part in crawlers.items()
    }
    clean = ["sales_reciept", "pastry_inventory", "sales_target"]
    assert paths == {
        "RawCrawler": [
            f"s3://${{RawBucket}}/{name}/"
            for name in ("sales-reciept", "sales-receipt", "pastry-inventory", "sales-target")
        ],
        "CleanCrawler": [f"s3://${{CleanBucket}}/{name}/" for name in clean],
        "ConformCrawler": [f"s3://${{ConformBucket}}/{name}/" for name in CONFORM],
    }
    for part in crawlers.values():
        properties = part["Properties"]
        assert properties["RecrawlPolicy"] == {"RecrawlBehavior": "CRAWL_EVERYTHING"}
        assert properties["SchemaChangePolicy"] == {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"}


def test_jobs(template):
    jobs = {
        part["Properties"]["Name"]["Fn::Sub"]: part["Properties"]
        for part in of_type(template, "AWS::Glue::Job").values()
    }
    assert {name.removeprefix("${AWS::StackName}-") for name in jobs} == {
        "partition-data",
        "conform-tables",
        "conform-relations",
    }
    for name, job in jobs.items():
        script = name.removeprefix("${AWS::StackName}-").replace("-", "_")
        assert job["Command"]["ScriptLocation"] == {"Fn::Sub": f"s3://${{ArtifactsBucket}}/glue/{script}.py"}
        assert (TEMPLATE.parents[1] / "include" / "glue" / f"{script}.py").exists()
        assert (job["GlueVersion"], job["WorkerType"], job["MaxRetries"]) == ("5.1", "G.1X", 0)
        assert job["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
        assert job["DefaultArguments"].keys() == {
            "--extra-py-files",
            "--TempDir",
            "--raw_bucket",
            "--clean_bucket",
            "--conform_bucket",
            "--state_bucket",
            "--clean_database",
            "--conform_database",
        }


def statements(part: dict[str, Any]) -> list[dict[str, Any]]:
    properties = part["Properties"]
    documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    documents += [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
    found = [statement for document in documents for statement in document["Statement"]]
    return [one for each in found for one in (each["Fn::If"][1:] if "Fn::If" in each else [each])]


def test_each_job_and_crawler_works_as_a_role_of_its_own(template):
    workers = of_type(template, "AWS::Glue::Crawler") | of_type(template, "AWS::Glue::Job")
    roles = [part["Properties"]["Role"]["Fn::GetAtt"][0] for part in workers.values()]
    assert len(set(roles)) == len(roles) == 6
    assert {*roles, "StartLoadRole", "MwaaRole"} == set(of_type(template, "AWS::IAM::Role"))


def test_policies_name_actions_and_resources(template):
    parts = of_type(template, "AWS::IAM::Role") | of_type(template, "AWS::IAM::ManagedPolicy")
    for name, part in parts.items():
        for statement in statements(part):
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            assert statement["Effect"] == "Allow"
            assert not [action for action in actions if "*" in action and action not in WIDE.get(name, [])], name
            if "NotResource" in statement:
                assert (name, statement["Sid"]) == ("MwaaRole", "QueueKey")
            elif statement["Resource"] == "*":
                assert actions in NO_RESOURCE, name
                if actions == ["cloudwatch:PutMetricData"]:
                    assert statement["Condition"] == {"StringEquals": {"cloudwatch:namespace": "AmazonMWAA"}}


def test_airflow_and_its_events_are_made_only_when_wanted(template):
    always = {name: part["Type"] for name, part in template["Resources"].items() if "Condition" not in part}
    assert {kind.split("::")[1] for kind in always.values()} == {"S3", "Glue", "IAM", "Athena"}
    conditions = {part["Condition"] for part in template["Resources"].values() if "Condition" in part}
    assert conditions == {
        "CreatesMailIdentity",
        "CreatesMwaa",
        "CreatesSecret",
        "HasAirflow",
        "HasAlarms",
        "HasBudget",
    }


def test_the_rule_is_for_the_prefixes_of_the_raw_bucket_in_both_spellings(template):
    pattern = template["Resources"]["UploadRule"]["Properties"]["EventPattern"]
    assert pattern == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [{"Ref": "RawBucket"}]},
            "object": {
                "key": [
                    {"prefix": f"{one}/"}
                    for one in ("sales-reciept", "sales-receipt", "pastry-inventory", "sales-target")
                ]
            },
        },
    }


def test_the_lambda_tries_three_times_and_then_gives_up_into_the_queue(template):
    resources = template["Resources"]
    assert resources["StartLoadRetries"]["Properties"]["MaximumRetryAttempts"] == 2
    queue = {"Fn::GetAtt": ["DeadLetters", "Arn"]}
    assert resources["StartLoad"]["Properties"]["DeadLetterConfig"] == {"TargetArn": queue}
    assert resources["UploadRule"]["Properties"]["Targets"][0]["DeadLetterConfig"] == {"Arn": queue}
    assert resources["DeadLetters"]["Properties"]["SqsManagedSseEnabled"] is True
    assert resources["StartLoadPermission"]["Properties"]["SourceArn"] == {"Fn::GetAtt": ["UploadRule", "Arn"]}


def test_alarms_look_back_a_week_at_most(template):
    days = template["Parameters"]["NoUploadDays"]
    assert (days["MinValue"], days["MaxValue"]) == (1, 7)
    alarm = template["Resources"]["NoUploadAlarm"]["Properties"]
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (86400, {"Ref": "NoUploadDays"})
    assert alarm["TreatMissingData"] == "breaching"


def test_nobody_but_airflow_writes_the_ledger(template):
    for name, part in of_type(template, "AWS::IAM::Role").items():
        for statement in statements(part):
            if "s3:PutObject" in statement["Action"]:
                resources = json.dumps(statement["Resource"])
                assert "ledger.json" not in resources, name
                assert "${StateBucket.Arn}/*" not in resources, name


def test_outputs_are_the_names_that_the_dags_need(template):
    stack: Any = {"Outputs": [{"OutputKey": name, "OutputValue": "x"} for name in template["Outputs"]]}
    assert set(environment(stack)) == {
        "COFFEE_SHOP_STACK",
        *(f"COFFEE_SHOP_{role.upper()}_BUCKET" for role in BUCKETS),
        *(f"COFFEE_SHOP_{zone}_DATABASE" for zone in ("RAW", "CLEAN", "CONFORM")),
        "COFFEE_SHOP_WORKGROUP",
        "COFFEE_SHOP_MAIL_FROM",
        "COFFEE_SHOP_AIRFLOW_POLICIES",
    } | {f"COFFEE_SHOP_{name}" for name in CONDITIONAL}
    assert [name for name, part in template["Outputs"].items() if "Condition" in part] == [
        "AirflowUrl",
        "AirflowSecret",
        "UploadRule",
        "StartLoadFunction",
        "DeadLetterQueue",
        "AlarmTopic",
    ]


def test_every_parameter_has_a_default_and_a_description(template):
    for name, parameter in template["Parameters"].items():
        assert "Default" in parameter, name
        assert parameter["Description"], name


def test_read_template_writes_short_functions_out(tmp_path):
    path = tmp_path / "t.yaml"
    path.write_text("A: !Ref B\nC: !GetAtt D.E.F\nG: !Sub '${H}'\nI: !If [J, !Ref K, 2012-10-17]\nL: !Condition M\n")
    assert read_template(path) == {
        "A": {"Ref": "B"},
        "C": {"Fn::GetAtt": ["D", "E.F"]},
        "G": {"Fn::Sub": "${H}"},
        "I": {"Fn::If": ["J", {"Ref": "K"}, "2012-10-17"]},
        "L": {"Condition": "M"},
    }
