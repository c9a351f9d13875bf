"""CloudFormation: the resource types of the template are made whole, every other type is refused by name."""

from collections.abc import Callable
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import glue, lambda_svc, s3
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

from local_aws import hooks

Properties = dict[str, Any]

# What ministack does for real, of what infrastructure/template.yaml has.
TYPES = frozenset(
    f"AWS::{name}"
    for name in (
        "Athena::WorkGroup", "CloudWatch::Alarm", "Events::Rule", "Glue::Classifier", "Glue::Crawler", "Glue::Database",
        "Glue::Job", "Glue::Table", "IAM::ManagedPolicy", "IAM::Role", "Lambda::EventInvokeConfig", "Lambda::Function",
        "Lambda::Permission", "Logs::LogGroup", "S3::Bucket", "S3::BucketPolicy", "SES::EmailIdentity",
        "SNS::Subscription", "SNS::Topic", "SNS::TopicPolicy", "SQS::Queue", "SQS::QueuePolicy",
        "SecretsManager::Secret",
    )
)  # fmt: skip
ADVICE = ". The local AWS makes these only on AWS itself: leave out the parameters that ask for them."
NUMBERS = frozenset(
    {"BytesScannedCutoffPerQuery", "EvaluationPeriods", "MaxConcurrentRuns", "MaxRetries", "NumberOfWorkers"}
    | {"Period", "RetentionInDays", "Threshold", "Timeout"}
)
RULE_PARTS = frozenset(
    {"Id", "Status", "Prefix", "ExpirationInDays", "ExpiredObjectDeleteMarker"}
    | {"NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"}
)


def install() -> None:
    """Correct the handlers of the types below, and forget those of all others."""
    known = provisioners._RESOURCE_HANDLERS
    known["AWS::Glue::Classifier"] = {"create": make_classifier, "update": change_classifier, "delete": drop_classifier}
    correct(known["AWS::Glue::Job"], job_runs)
    correct(known["AWS::Lambda::Function"], dead_letters)
    for name in ("Athena::WorkGroup", "CloudWatch::Alarm", "Logs::LogGroup"):
        correct(known[f"AWS::{name}"], lambda physical_id, properties: None)
    known["AWS::SecretsManager::Secret"] = secret_by_arn(known["AWS::SecretsManager::Secret"])
    configurations = (*provisioners._S3_BUCKET_CONFIGURATIONS, *BUCKET_CONFIGURATIONS)
    hooks.replace(provisioners, "_S3_BUCKET_CONFIGURATIONS", configurations)
    for name in known.keys() - TYPES:
        del known[name]
    hooks.replace(changesets, "_resolve_props_for_diff", partial(wanted, changesets._resolve_props_for_diff))
    hooks.replace(stacks, "_validation_errors", partial(without_names, stacks._validation_errors))
    for module in (changesets, handlers):  # both have the function by name
        hooks.replace(module, "validate_template_support", partial(refuse, engine.validate_template_support))


def refuse(plain: Callable[..., None], *call: Any, **named: Any) -> None:
    """Refuse a template with other resource types, and say what to do.

    AWS: has all of them. ministack: knows hundreds of types, most of which only answer (an MWAA environment runs no
    Airflow, a VPC carries no traffic, a budget counts nothing).
    """
    try:
        plain(*call, **named)
    except ValueError as error:
        raise ValueError(f"{error}{ADVICE}" if "Unrecognized resource types" in str(error) else str(error)) from error


def wanted(plain: Any, template: Properties, parameters: Properties, *names: str) -> Properties:
    """Return the resources that a change set compares.

    AWS: a resource whose condition is false is not there (CloudFormation User Guide, "CloudFormation template Conditions
    syntax"). ministack: the change set lists it as added, again at each update.
    """
    whole: Properties = plain(template, parameters, *names)
    conditions = engine._evaluate_conditions(template, parameters)
    made = {
        name: part for name, part in whole.get("Resources", {}).items() if conditions.get(part.get("Condition"), True)
    }
    return whole | {"Resources": made}


def without_names(plain: Any, *call: Any) -> list[Any]:
    """Return what speaks against a stack before anything is made.

    AWS: a bucket that is taken over is no conflict of names (CloudFormation User Guide, "Import AWS resources into a
    CloudFormation stack automatically"). ministack: it is. Any other bucket's name is refused when it is to be made.
    """
    return [error for error in plain(*call) if error[2] != "NAME_CONFLICT_VALIDATION"]


def correct(handler: dict[str, Any], finish: Callable[[str, Properties], None]) -> None:
    """Give a type's handler numbers as numbers, and let ``finish(physical id, properties)`` follow create and update.

    AWS: a parameter's text becomes what the property's schema says (CloudFormation User Guide, "Parameters": the value
    of a Number is text wherever it is used, and converted by the resource). ministack: it stays text.
    """
    create, update = handler["create"], handler["update"]

    def made(logical_id: str, properties: Properties, *rest: Any) -> Any:
        answer = create(logical_id, with_numbers(properties), *rest)
        finish(answer[0], properties)
        return answer

    def changed(physical_id: str, old: Properties, new: Properties, *rest: Any) -> Any:
        answer = update(physical_id, with_numbers(old), with_numbers(new), *rest)
        finish(answer[0], new)
        return answer

    handler["create"], handler["update"] = made, changed


def with_numbers(value: Any) -> Any:
    """Return properties with the texts of numbers as numbers."""
    if isinstance(value, list):
        return [with_numbers(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: int(part) if name in NUMBERS and isinstance(part, str) else with_numbers(part)
        for name, part in value.items()
    }


def job_runs(name: str, properties: Properties) -> None:
    """AWS: ExecutionProperty says how many runs may be at once, 1 by default. ministack: drops it (AWS::Glue::Job)."""
    glue._jobs[name]["ExecutionProperty"] = with_numbers(properties.get("ExecutionProperty", {"MaxConcurrentRuns": 1}))


def dead_letters(name: str, properties: Properties) -> None:
    """AWS: DeadLetterConfig gets what fails asynchronously. ministack: drops it (AWS::Lambda::Function)."""
    target = properties.get("DeadLetterConfig", {})
    if not target.get("TargetArn", "arn:aws:sqs:").startswith("arn:aws:sqs:"):
        raise ValueError(
            f"DeadLetterConfig {target['TargetArn']}: the local AWS has queues as targets, topics only AWS."
        )
    lambda_svc._functions[name]["config"]["DeadLetterConfig"] = target


def make_classifier(_: str, properties: Properties, __: str) -> Any:
    """Make a classifier. AWS: AWS::Glue::Classifier, whose Ref is its name. ministack: does not know the type."""
    ((kind, settings),) = properties.items()
    provisioners._glue_call(glue._create_classifier, {kind: settings}, "AWS::Glue::Classifier", "create")
    return settings["Name"], {}


def change_classifier(physical_id: str, _: Properties, new: Properties, stack: str) -> Any:
    """Put the new settings in the place of the old ones."""
    drop_classifier(physical_id, {})
    return make_classifier(physical_id, new, stack)


def drop_classifier(physical_id: str, _: Properties) -> None:
    """Remove a classifier."""
    glue._delete_classifier({"Name": physical_id})


def secret_by_arn(handler: dict[str, Any]) -> dict[str, Any]:
    """Return a handler whose secrets are known by ARN.

    AWS: Ref of a secret is its ARN (AWS::SecretsManager::Secret, "Return values"). ministack: its name.
    """

    def name(arn: str) -> str:
        return arn.rpartition(":")[2][: -len("-abc123")]

    def by_arn(answer: Any) -> Any:
        return answer[1]["Arn"], answer[1]

    return handler | {
        "create": lambda *call: by_arn(handler["create"](*call)),
        "update": lambda physical_id, *call: by_arn(handler["update"](name(physical_id), *call)),
        "delete": lambda physical_id, *call: handler["delete"](name(physical_id), *call),
    }


def life_cycle(settings: Properties) -> bytes:
    """Return LifecycleConfiguration as S3's API takes it ("PutBucketLifecycleConfiguration")."""
    rules = []
    for rule in settings["Rules"]:
        if unknown := rule.keys() - RULE_PARTS:
            raise ValueError(f"Rule {rule.get('Id')}: {', '.join(sorted(unknown))} is made on AWS only.")
        expiration = {"Days": rule.get("ExpirationInDays")}
        expiration |= {"ExpiredObjectDeleteMarker": rule.get("ExpiredObjectDeleteMarker")}
        rules.append(
            {"ID": rule["Id"], "Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
            | {"Expiration": {name: value for name, value in expiration.items() if value is not None} or None}
            | {name: rule.get(name) for name in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload")}
        )
    return element("LifecycleConfiguration", {"Rule": rules}).encode()


def encryption(settings: Properties) -> bytes:
    """Return BucketEncryption as S3's API takes it ("PutBucketEncryption")."""
    algorithms = [
        {"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"]}
        for rule in settings["ServerSideEncryptionConfiguration"]
    ]
    return element("ServerSideEncryptionConfiguration", {"Rule": algorithms}).encode()


def ownership(settings: Properties) -> bytes:
    """Return OwnershipControls as S3's API takes it ("PutBucketOwnershipControls")."""
    return element("OwnershipControls", {"Rule": settings["Rules"]}).encode()


def element(name: str, value: Any) -> str:
    """Return a value as XML: a list as an element each, None as none."""
    if isinstance(value, list):
        return "".join(element(name, each) for each in value)
    if value is None:
        return ""
    if isinstance(value, dict):
        return f"<{name}>{''.join(element(*part) for part in value.items())}</{name}>"
    return f"<{name}>{escape(str(value).lower() if isinstance(value, bool) else str(value))}</{name}>"


# AWS: properties of AWS::S3::Bucket. ministack: makes the bucket and drops them.
BUCKET_CONFIGURATIONS = (
    ("LifecycleConfiguration", life_cycle, s3._put_bucket_lifecycle, s3._delete_bucket_lifecycle),
    ("BucketEncryption", encryption, s3._put_bucket_encryption, s3._delete_bucket_encryption),
    ("OwnershipControls", ownership, s3._put_bucket_ownership_controls, s3._delete_bucket_ownership_controls),
)
