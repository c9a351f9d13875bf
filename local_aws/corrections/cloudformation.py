"""CloudFormation: the resource types of the template are made whole; every other type is unknown, and so refused."""

import json
from functools import partial
from typing import Any

from ministack.services import glue, lambda_svc
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

from local_aws.hooks import replaces

# What ministack does for real, of what infrastructure/template.yaml has. Most others are records alone: a VPC carries
# no traffic there. Of a bucket ministack drops LifecycleConfiguration, so that nothing expires here, and
# BucketEncryption and OwnershipControls, which the template has as every new bucket has them.
TYPES = """
    Athena::WorkGroup CloudWatch::Alarm Events::Rule Glue::Classifier Glue::Crawler Glue::Database Glue::Job Glue::Table
    IAM::ManagedPolicy IAM::Role Lambda::EventInvokeConfig Lambda::Function Lambda::Permission Logs::LogGroup S3::Bucket
    S3::BucketPolicy SES::EmailIdentity SNS::Subscription SNS::Topic SNS::TopicPolicy SQS::Queue SQS::QueuePolicy
    SecretsManager::Secret
"""


def install() -> None:
    """Correct the handlers of the types below, and forget those of all that are not above."""
    known = provisioners._RESOURCE_HANDLERS
    drop = {"delete": lambda name, _: glue._delete_classifier({"Name": name})}
    known["AWS::Glue::Classifier"] = {"create": make_classifier} | drop
    for name, correct in (("AWS::Lambda::Function", with_dead_letters), ("AWS::SecretsManager::Secret", by_arn)):
        for action in ("create", "update", "delete"):
            known[name][action] = partial(correct, known[name][action])
    for name in known.keys() - {f"AWS::{name}" for name in TYPES.split()}:
        del known[name]


@replaces(changesets, "_resolve_props_for_diff")
def wanted(plain: Any, template: dict[str, Any], parameters: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the resources that a change set compares.

    AWS: none whose condition is false (CloudFormation User Guide, "CloudFormation template Conditions syntax").
    ministack: the change set lists those as added.
    """
    resources = plain(template, parameters, *names).get("Resources", {})
    holds = engine._evaluate_conditions(template, parameters)
    return {"Resources": {name: part for name, part in resources.items() if holds.get(part.get("Condition"), True)}}


@replaces(stacks, "_validation_errors")
def without_names(plain: Any, *call: Any) -> list[Any]:
    """Return what speaks against a stack before anything is made.

    AWS: a bucket that is taken over is no conflict of names (CloudFormation User Guide, "Import AWS resources into a
    CloudFormation stack automatically"). ministack: it is. Any other bucket's name is refused when it is to be made.
    """
    return [error for error in plain(*call) if error[2] != "NAME_CONFLICT_VALIDATION"]


@replaces(changesets, "_resolve_parameters")
@replaces(handlers, "_resolve_parameters")  # both have it by name
def with_numbers(plain: Any, *call: Any) -> Any:
    """AWS: a number where its property is one ("CloudFormation template Parameters syntax"). ministack: a text."""
    parameters = plain(*call)
    for parameter in parameters.values():
        if parameter["Type"] == "Number":
            parameter["Value"] = json.loads(parameter["Value"])
    return parameters


def with_dead_letters(plain: Any, *call: Any) -> Any:
    """AWS: DeadLetterConfig gets what fails asynchronously (AWS::Lambda::Function). ministack: drops it."""
    answer = plain(*call)
    if answer:  # of a create or an update; the last dictionary has the new properties
        properties = [part for part in call if isinstance(part, dict)][-1]
        lambda_svc._functions[answer[0]]["config"]["DeadLetterConfig"] = properties.get("DeadLetterConfig", {})
    return answer


def by_arn(plain: Any, name: str, *call: Any) -> Any:
    """AWS: Ref of a secret is its ARN (AWS::SecretsManager::Secret, "Return values"). ministack: its name."""
    if name.startswith("arn:"):
        name = name.rpartition(":")[2][: -len("-abc123")]
    answer = plain(name, *call)
    return (answer[1]["Arn"], answer[1]) if answer else None


def make_classifier(_: str, properties: dict[str, Any], __: str) -> Any:
    """AWS: AWS::Glue::Classifier, whose Ref is its name. ministack: does not know the type."""
    name = next(iter(properties.values()))["Name"]
    glue._delete_classifier({"Name": name})  # an update makes it again
    provisioners._glue_call(glue._create_classifier, properties, "AWS::Glue::Classifier", "create")
    return name, {}
