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
NUMBERS = frozenset((
    "BytesScannedCutoffPerQuery", "EvaluationPeriods", "MaxConcurrentRuns", "MaxRetries", "NumberOfWorkers", "Period",
    "RetentionInDays", "Threshold", "Timeout",
))  # fmt: skip
BOTH = ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload")  # as in S3's API
RULE_PARTS = frozenset(("Id", "Status", "Prefix", "ExpirationInDays", "ExpiredObjectDeleteMarker", *BOTH))


def install() -> None:
    """Correct the handlers of the types below, and forget those of all others."""
    known = provisioners._RESOURCE_HANDLERS
    known["AWS::Glue::Classifier"] = {"create": make_classifier, "update": change_classifier, "delete": drop_classifier}
    finishing = {"AWS::Glue::Job": job_runs, "AWS::Lambda::Function": dead_letters}
    for name in ("AWS::Athena::WorkGroup", "AWS::CloudWatch::Alarm", "AWS::Logs::LogGroup", *finishing):
        for action in ("create", "update"):
            known[name][action] = partial(make, known[name][action], finishing.get(name))
    known["AWS::SecretsManager::Secret"] = secret_by_arn(known["AWS::SecretsManager::Secret"])
    rules = ("LifecycleConfiguration", life_cycle, s3._put_bucket_lifecycle, s3._delete_bucket_lifecycle)
    hooks.replace(provisioners, "_S3_BUCKET_CONFIGURATIONS", (*provisioners._S3_BUCKET_CONFIGURATIONS, rules))
    for name in known.keys() - TYPES:
        del known[name]
    hooks.replace(changesets, "_resolve_props_for_diff", partial(wanted, changesets._resolve_props_for_diff))
    hooks.replace(stacks, "_validation_errors", partial(without_names, stacks._validation_errors))
    for module in (changesets, handlers):  # both have the function by name
        hooks.replace(module, "validate_template_support", partial(refuse, engine.validate_template_support))


def refuse(plain: Callable[..., None], *call: Any, **named: Any) -> None:
    """Refuse a template with other resource types, and say what to do.

    AWS: makes them. ministack: knows hundreds of types, most of which are records alone: a VPC carries no traffic.
    """
    try:
        plain(*call, **named)
    except ValueError as error:
        raise ValueError(f"{error}{ADVICE}" if "Unrecognized resource types" in str(error) else str(error)) from error


def wanted(plain: Any, template: Properties, parameters: Properties, *names: str) -> Properties:
    """Return the resources that a change set compares.

    AWS: none whose condition is false (CloudFormation User Guide, "CloudFormation template Conditions syntax").
    ministack: the change set lists those as added.
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


def make(plain: Any, finish: Callable[[str, Properties], None] | None, *call: Any) -> Any:
    """Create or update a resource with numbers that are numbers, and finish it.

    AWS: a parameter's text becomes what the property's schema says (CloudFormation User Guide, "CloudFormation template
    Parameters syntax"). ministack: it stays text.
    """
    call = with_numbers(list(call))  # the last of the dictionaries among them has the new properties
    answer = plain(*call)
    if finish:
        finish(answer[0], [part for part in call if isinstance(part, dict)][-1])
    return answer


def with_numbers(value: Any) -> Any:
    """Return properties with the texts of numbers as numbers, but for a function's own variables."""
    if isinstance(value, list):
        return [with_numbers(each) for each in value]
    if not isinstance(value, dict) or "Variables" in value:
        return value
    texts = {name: part for name, part in value.items() if name in NUMBERS and isinstance(part, str)}
    return {name: int(part) if name in texts else with_numbers(part) for name, part in value.items()}


def job_runs(name: str, properties: Properties) -> None:
    """AWS: ExecutionProperty says how many runs may be at once, 1 by default. ministack: drops it (AWS::Glue::Job)."""
    glue._jobs[name]["ExecutionProperty"] = properties.get("ExecutionProperty", {"MaxConcurrentRuns": 1})


def dead_letters(name: str, properties: Properties) -> None:
    """AWS: DeadLetterConfig gets what fails asynchronously. ministack: drops it (AWS::Lambda::Function)."""
    target = properties.get("DeadLetterConfig", {})
    if not target.get("TargetArn", "arn:aws:sqs:").startswith("arn:aws:sqs:"):
        raise ValueError(f"DeadLetterConfig {target['TargetArn']}: only queues are targets here, topics only on AWS.")
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
    """Return LifecycleConfiguration as S3's API takes it.

    AWS: the bucket gets it (AWS::S3::Bucket, and S3 API Reference, "PutBucketLifecycleConfiguration"). ministack:
    drops it, and BucketEncryption and OwnershipControls, which the template has as every new bucket has them.
    """
    rules = []
    for rule in settings["Rules"]:
        if unknown := rule.keys() - RULE_PARTS:
            raise ValueError(f"Rule {rule.get('Id')}: {', '.join(sorted(unknown))} is made on AWS only.")
        names = {"ExpirationInDays": "Days", "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker"}
        expiration = {name: rule[given] for given, name in names.items() if given in rule}
        rules.append(
            {"ID": rule["Id"], "Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
            | ({"Expiration": expiration} if expiration else {})
            | {name: rule[name] for name in BOTH if name in rule}
        )
    return element("LifecycleConfiguration", {"Rule": rules}).encode()


def element(name: str, value: Any) -> str:
    """Return a value as XML, a list as an element each."""
    if isinstance(value, list):
        return "".join(element(name, each) for each in value)
    if isinstance(value, dict):
        return f"<{name}>{''.join(element(*part) for part in value.items())}</{name}>"
    return f"<{name}>{escape(str(value).lower() if isinstance(value, bool) else str(value))}</{name}>"
