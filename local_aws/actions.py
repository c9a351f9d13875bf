"""Which permissions a call needs: IAM's names of actions, and the ARNs of what they are about.

Source, unless another stands beside it: Service Authorization Reference, "Actions, resources, and condition keys" of
each service, https://docs.aws.amazon.com/service-authorization/latest/reference/. An action that has no resource there
has "*" here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import getaddresses, parseaddr
from typing import Any
from urllib.parse import unquote

from moto.athena.models import athena_backends
from moto.iam.models import iam_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.ses.models import ses_backends

from local_aws.ses import mails
from local_aws.ses.sending import identity_of

PARTITION = "aws"
Params = Mapping[str, Any]


@dataclass(frozen=True)
class Permission:
    """An action on an ARN, and the condition keys that the call has for it."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """The account and region that a call is for."""

    account: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of this account and region."""
        return f"arn:{PARTITION}:{service}:{self.region}:{self.account}:{resource}"

    def iam(self, resource: str) -> str:
        """Return the ARN of something of IAM, which knows no regions."""
        return f"arn:{PARTITION}:iam::{self.account}:{resource}"


def of(service: str, operation: str, params: Params, place: Place) -> list[Permission]:
    """Return the permissions that a call needs, all of them.

    Args:
        service: botocore's name.
        operation: botocore's name.
        params: the call's parameters by botocore's names; what could not be read is missing.
        place: the account and region that the call is for.

    """
    if service == "s3":
        return _of_s3(operation, params)
    special = _SPECIAL.get((service, operation))
    if special is not None:
        return special(params, place)
    resources = _RESOURCES.get(service, {}).get(operation, _anything)(params, place)
    name = _NAMES.get((service, operation), f"{_PREFIXES.get(service, service)}:{operation}")
    return [Permission(name, one) for one in resources]


# ------------------------------------------------------------------------------------------------------------------ S3
# "Required permissions for Amazon S3 API operations", Amazon S3 User Guide

_S3_NAMES = {
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "HeadObject": "GetObject",
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CopyObject": "PutObject",
    "UploadPartCopy": "PutObject",
}
_S3_OF_A_VERSION = {
    "GetObject": "GetObjectVersion",
    "GetObjectAttributes": "GetObjectVersionAttributes",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectTagging": "PutObjectVersionTagging",
    "DeleteObject": "DeleteObjectVersion",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
}


def s3_arn(bucket: str, key: str | None = None) -> str:
    """Return the ARN of a bucket or of an object."""
    return f"arn:{PARTITION}:s3:::{bucket}" + (f"/{key}" if key is not None else "")


def s3_action(name: str, version_id: str | None) -> str:
    """Return IAM's name of an action on an object, which is another one when the call names a version."""
    return f"s3:{_S3_OF_A_VERSION.get(name, name) if version_id else name}"


def _of_s3(operation: str, params: Params) -> list[Permission]:
    bucket, key = params.get("Bucket"), params.get("Key")
    if not bucket:
        return [Permission(f"s3:{_S3_NAMES.get(operation, operation)}", "*")]
    if operation == "DeleteObjects":  # asked for each object: the answer tells which could not be deleted
        return []
    target = s3_arn(bucket, key)
    needed = [Permission(s3_action(_S3_NAMES.get(operation, operation), params.get("VersionId")), target)]
    if operation == "GetObjectAttributes":
        needed.append(Permission(s3_action("GetObject", params.get("VersionId")), target))
    if operation in ("CopyObject", "UploadPartCopy"):
        needed.insert(0, _copy_source(str(params.get("CopySource", ""))))
    if params.get("Tagging") and operation in ("PutObject", "CopyObject", "CreateMultipartUpload"):
        needed.append(Permission("s3:PutObjectTagging", target))
    return needed


def _copy_source(source: str) -> Permission:
    path, _, query = source.partition("?")
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    version = query.removeprefix("versionId=") if query.startswith("versionId=") else None
    return Permission(s3_action("GetObject", version), s3_arn(bucket, key))


# ---------------------------------------------------------------------------------------------------------------- Glue


def _anything(params: Params, place: Place) -> list[str]:
    return ["*"]


def _named(service: str, form: str, *names: str) -> Callable[[Params, Place], list[str]]:
    """Return what makes the ARN of the resource that one of these parameters names; "*" in its place without one."""

    def arns(params: Params, place: Place) -> list[str]:
        found = next((params[name] for name in names if params.get(name)), "*")
        return [
            str(one) if str(one).startswith("arn:") else place.arn(service, form.format(one))
            for one in (found if isinstance(found, list) else [found])
        ]

    return arns


def glue_arns(place: Place, database: str | None = None, *tables: str) -> list[str]:
    """Return catalog, database and tables: Glue asks for a permission on each of them.

    Source: AWS Glue Developer Guide, "Specifying AWS Glue resource ARNs": a database or table needs its ancestors too,
    and the deletion of a database all that is in it.
    """
    arns = [place.arn("glue", "catalog")]
    if database is not None:
        arns.append(place.arn("glue", f"database/{database.lower()}"))
    return arns + [place.arn("glue", f"table/{str(database).lower()}/{table.lower()}") for table in tables]


def _database(params: Params, place: Place) -> list[str]:
    return glue_arns(place, str(params.get("Name") or (params.get("DatabaseInput") or {}).get("Name") or "*"))


def _whole_database(params: Params, place: Place) -> list[str]:
    name = str(params.get("Name") or params.get("DatabaseName") or "*")
    return glue_arns(place, name, "*")


def _whole_database_to_delete(params: Params, place: Place) -> list[str]:
    name = str(params.get("Name") or "*").lower()
    return [*glue_arns(place, name, "*"), place.arn("glue", f"userDefinedFunction/{name}/*")]


def _databases(params: Params, place: Place) -> list[str]:
    return glue_arns(place, "*")


def _table(params: Params, place: Place) -> list[str]:
    given = params.get("TableName") or params.get("Name") or (params.get("TableInput") or {}).get("Name")
    names = params.get("TablesToDelete") or [given or "*"]
    return glue_arns(place, str(params.get("DatabaseName") or "*"), *map(str, names))


def _with_pass_role(action: str, form: str, service: str) -> Callable[[Params, Place], list[Permission]]:
    """Return the permissions of a call that hands a role to a service: that of the call, and iam:PassRole.

    Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS service".
    """
    owner, _, _ = action.partition(":")

    def needed(params: Params, place: Place) -> list[Permission]:
        name = params.get("Name") or params.get("JobName") or params.get("FunctionName") or "*"
        target = str(name) if str(name).startswith("arn:") else place.arn(owner, form.format(name))
        found = [Permission(action, target)]
        role = params.get("Role") or (params.get("JobUpdate") or {}).get("Role")
        if role:
            found.append(Permission("iam:PassRole", _role_arn(str(role), place), {"iam:PassedToService": service}))
        return found

    return needed


_GLUE: dict[Callable[[Params, Place], list[str]], str] = {
    _database: "CreateDatabase GetDatabase UpdateDatabase",
    _whole_database: "GetTables",
    _whole_database_to_delete: "DeleteDatabase",
    _databases: "GetDatabases",
    _table: "CreateTable GetTable UpdateTable DeleteTable BatchDeleteTable GetTableVersion GetTableVersions "
    "DeleteTableVersion CreatePartition GetPartition GetPartitions UpdatePartition DeletePartition "
    "BatchCreatePartition BatchGetPartition BatchUpdatePartition BatchDeletePartition",
    _named("glue", "crawler/{}", "Name", "CrawlerNames"): "GetCrawler DeleteCrawler StartCrawler StopCrawler "
    "BatchGetCrawlers",
    _named("glue", "job/{}", "JobName", "Name", "JobNames"): "GetJob DeleteJob StartJobRun GetJobRun GetJobRuns "
    "BatchStopJobRun BatchGetJobs",
    _named("glue", "*", "ResourceArn"): "GetTags TagResource UntagResource",
    _anything: "CreateClassifier UpdateClassifier DeleteClassifier GetClassifier GetClassifiers GetCrawlers "
    "GetCrawlerMetrics ListCrawlers GetJobs ListJobs",
}

# -------------------------------------------------------------------------------------------------------------- Athena


def _workgroup_of(params: Params, place: Place, name: str, kept: str) -> list[str]:
    """Return the workgroups of things that a call names by their ids alone."""
    given = params.get(name) or params.get(f"{name}s") or []
    things = getattr(athena_backends[place.account][place.region], kept)
    found = [things.get(one) for one in (given if isinstance(given, list) else [given])]
    groups = {str(getattr(one.workgroup, "name", one.workgroup)) if one is not None else "*" for one in found}
    return [place.arn("athena", f"workgroup/{group}") for group in sorted(groups or {"*"})]


def _of_execution(params: Params, place: Place) -> list[str]:
    return _workgroup_of(params, place, "QueryExecutionId", "executions")


def _of_named_query(params: Params, place: Place) -> list[str]:
    return _workgroup_of(params, place, "NamedQueryId", "named_queries")


def _workgroup(params: Params, place: Place) -> list[str]:
    group = params.get("WorkGroup") or params.get("Name") or "primary"
    return [place.arn("athena", f"workgroup/{group}")]


def _named_query(params: Params, place: Place) -> list[str]:
    return [place.arn("athena", f"workgroup/{params.get('WorkGroup') or 'primary'}")]


def _query_results(params: Params, place: Place) -> list[Permission]:
    """GetQueryResults. Source of the second one: Athena API Reference, GetQueryResults, "IAM permissions"."""
    execution = athena_backends[place.account][place.region].executions.get(str(params.get("QueryExecutionId")))
    needed = [Permission("athena:GetQueryResults", one) for one in _of_execution(params, place)]
    location = getattr(execution, "output_location", None)
    if location:
        bucket, _, key = location.removeprefix("s3://").partition("/")
        needed.append(Permission("s3:GetObject", s3_arn(bucket, key)))
    return needed


def _catalog_call(action: str, glue_action: str) -> Callable[[Params, Place], list[Permission]]:
    """Return the permissions of a call that looks into the Glue catalog through Athena.

    Source: Athena User Guide, "Configure access to databases and tables in the AWS Glue Data Catalog".
    """

    def needed(params: Params, place: Place) -> list[Permission]:
        catalog = params.get("CatalogName") or "*"
        database, table = params.get("DatabaseName"), params.get("TableName")
        if glue_action == "GetDatabases":
            arns = glue_arns(place, "*")
        elif glue_action == "GetDatabase":
            arns = glue_arns(place, str(database or "*"))
        else:
            arns = glue_arns(place, str(database or "*"), str(table or "*"))
        first = Permission(f"athena:{action}", place.arn("athena", f"datacatalog/{catalog}"))
        return [first, *(Permission(f"glue:{glue_action}", one) for one in arns)]

    return needed


_ATHENA: dict[Callable[[Params, Place], list[str]], str] = {
    _workgroup: "CreateWorkGroup GetWorkGroup UpdateWorkGroup DeleteWorkGroup",
    _named_query: "StartQueryExecution ListQueryExecutions CreateNamedQuery ListNamedQueries CreatePreparedStatement "
    "GetPreparedStatement UpdatePreparedStatement DeletePreparedStatement ListPreparedStatements",
    _of_execution: "GetQueryExecution BatchGetQueryExecution StopQueryExecution GetQueryRuntimeStatistics",
    _of_named_query: "GetNamedQuery DeleteNamedQuery",
    _named("athena", "datacatalog/{}", "Name"): "GetDataCatalog",
    _named("athena", "*", "ResourceARN"): "TagResource UntagResource ListTagsForResource",
    _anything: "ListWorkGroups ListDataCatalogs",
}

# ---------------------------------------------------------------------------------------------------------------- logs


def log_group_arn(place: Place, group: str) -> str:
    """Return the ARN that actions on a log group are asked for: the policy's needs ``:*`` behind the group's name.

    Source: CloudWatch Logs API Reference, LogGroup, "arn" and "logGroupArn".
    """
    return place.arn("logs", f"log-group:{group}:log-stream:")


def log_stream_arn(place: Place, group: str, stream: str) -> str:
    """Return the ARN of a log stream."""
    return log_group_arn(place, group) + stream


def _log_group(params: Params, place: Place) -> list[str]:
    name = str(params.get("logGroupName") or params.get("logGroupIdentifier") or "*")
    return [name if name.startswith("arn:") else log_group_arn(place, name)]


def _log_groups(params: Params, place: Place) -> list[str]:
    return [log_group_arn(place, str(params.get("logGroupNamePrefix") or ""))]


def _log_stream(params: Params, place: Place) -> list[str]:
    return [log_stream_arn(place, str(params.get("logGroupName") or "*"), str(params.get("logStreamName") or "*"))]


_LOGS: dict[Callable[[Params, Place], list[str]], str] = {
    _log_group: "CreateLogGroup DeleteLogGroup DescribeLogStreams FilterLogEvents PutRetentionPolicy "
    "DeleteRetentionPolicy",
    _log_groups: "DescribeLogGroups",
    _log_stream: "CreateLogStream DeleteLogStream GetLogEvents PutLogEvents",
    _named("logs", "*", "resourceArn"): "TagResource UntagResource ListTagsForResource",
}

# ----------------------------------------------------------------------------------------------------------------- SES


def _sending(action: str) -> Callable[[Params, Place], list[Permission]]:
    """Return the permissions of sending: of the identity of each sender, with the address as ses:FromAddress.

    Source: Amazon SES Developer Guide, "Identity and access management in Amazon SES".
    """

    def needed(params: Params, place: Place) -> list[Permission]:
        backend = ses_backends[place.account][place.region]
        found = []
        for address in _senders(params) or ["*"]:
            identity = identity_of(backend, address) or address
            context = {"ses:FromAddress": address}
            found.append(Permission(f"ses:{action}", place.arn("ses", f"identity/{identity}"), context))
        return found

    return needed


def _senders(params: Params) -> list[str]:
    raw = (params.get("RawMessage") or (params.get("Content") or {}).get("Raw") or {}).get("Data")
    named = [str(params.get("Source") or params.get("FromEmailAddress") or "")]
    if isinstance(raw, bytes):
        named += [str(one) for one in mails.parse(raw).get_all("From", [])]
    return list(dict.fromkeys(address for _, address in getaddresses(named) if address))


def _identity(*names: str) -> Callable[[Params, Place], list[str]]:
    def arns(params: Params, place: Place) -> list[str]:
        given = next((str(params[name]) for name in names if params.get(name)), "*")
        return [place.arn("ses", f"identity/{parseaddr(given)[1] or given}")]

    return arns


def _sending_v2(params: Params, place: Place) -> list[Permission]:
    raw = bool((params.get("Content") or {}).get("Raw"))
    return _sending("SendRawEmail" if raw else "SendEmail")(params, place)


_SES: dict[Callable[[Params, Place], list[str]], str] = {
    _anything: "DeleteIdentity DeleteVerifiedEmailAddress GetIdentityVerificationAttributes GetSendQuota "
    "GetSendStatistics ListIdentities ListVerifiedEmailAddresses VerifyDomainIdentity VerifyEmailAddress "
    "VerifyEmailIdentity",
}
_SESV2: dict[Callable[[Params, Place], list[str]], str] = {
    _identity("EmailIdentity"): "CreateEmailIdentity DeleteEmailIdentity GetEmailIdentity",
    _anything: "ListEmailIdentities",
}

# --------------------------------------------------------------------------------------------------- the other services


def _secret(params: Params, place: Place) -> list[str]:
    given = str(params.get("SecretId") or params.get("Name") or "*")
    if given.startswith("arn:"):
        return [given]
    secrets = secretsmanager_backends[place.account][place.region].secrets
    known = secrets[given].arn if given in secrets else place.arn("secretsmanager", f"secret:{given}-??????")
    return [str(known)]


_SECRETS: dict[Callable[[Params, Place], list[str]], str] = {
    _secret: "CreateSecret DeleteSecret DescribeSecret GetSecretValue ListSecretVersionIds PutSecretValue "
    "RestoreSecret TagResource UntagResource UpdateSecret",
    _anything: "GetRandomPassword ListSecrets",
}


def _queue(params: Params, place: Place) -> list[str]:
    name = str(params.get("QueueName") or str(params.get("QueueUrl") or "*").rsplit("/", 1)[-1])
    return [place.arn("sqs", name)]


_SQS: dict[Callable[[Params, Place], list[str]], str] = {
    _queue: "ChangeMessageVisibility CreateQueue DeleteMessage DeleteMessageBatch DeleteQueue GetQueueAttributes "
    "GetQueueUrl ListDeadLetterSourceQueues ListQueueTags PurgeQueue ReceiveMessage SendMessage SendMessageBatch "
    "SetQueueAttributes TagQueue UntagQueue",
    _anything: "ListQueues",
}


def _topic(params: Params, place: Place) -> list[str]:
    subscription = str(params.get("SubscriptionArn") or "")
    given = params.get("TopicArn") or params.get("TargetArn") or params.get("ResourceArn")
    given = given or subscription.rsplit(":", 1)[0] or place.arn("sns", str(params.get("Name") or "*"))
    return [str(given)]


_SNS: dict[Callable[[Params, Place], list[str]], str] = {
    _topic: "CreateTopic DeleteTopic GetTopicAttributes ListSubscriptionsByTopic ListTagsForResource Publish "
    "SetTopicAttributes Subscribe TagResource UntagResource",
    _anything: "GetSubscriptionAttributes ListSubscriptions ListTopics Unsubscribe",
}


def _function(params: Params, place: Place) -> list[str]:
    given = unquote(str(params.get("FunctionName") or params.get("Resource") or "*"))
    if not given.startswith("arn:"):
        given = place.arn("lambda", f"function:{given.rsplit(':function:', 1)[-1]}")
    qualifier = params.get("Qualifier")
    return [f"{given}:{qualifier}" if qualifier and given.count(":") == _COLONS_OF_A_FUNCTION else given]


_COLONS_OF_A_FUNCTION = 6
_LAMBDA: dict[Callable[[Params, Place], list[str]], str] = {
    _function: "AddPermission DeleteFunction DeleteFunctionConcurrency DeleteFunctionEventInvokeConfig GetFunction "
    "GetFunctionConcurrency GetFunctionConfiguration GetFunctionEventInvokeConfig GetPolicy Invoke "
    "ListFunctionEventInvokeConfigs ListTags PutFunctionConcurrency PutFunctionEventInvokeConfig RemovePermission "
    "TagResource UntagResource UpdateFunctionCode UpdateFunctionEventInvokeConfig",
    _anything: "ListFunctions",
}


def _rule(params: Params, place: Place) -> list[str]:
    given = params.get("ResourceARN") or params.get("Rule") or params.get("Name") or "*"
    bus = str(params.get("EventBusName") or "default").rsplit("/", 1)[-1]
    path = f"rule/{given}" if bus == "default" else f"rule/{bus}/{given}"
    return [str(given) if str(given).startswith("arn:") else place.arn("events", path)]


def _buses(params: Params, place: Place) -> list[str]:
    names = [str(one.get("EventBusName") or "default").rsplit("/", 1)[-1] for one in params.get("Entries") or [{}]]
    return [place.arn("events", f"event-bus/{name}") for name in dict.fromkeys(names)]


_EVENTS: dict[Callable[[Params, Place], list[str]], str] = {
    _rule: "DeleteRule DescribeRule DisableRule EnableRule ListTagsForResource ListTargetsByRule PutRule PutTargets "
    "RemoveTargets TagResource UntagResource",
    _buses: "PutEvents",
    _anything: "ListRuleNamesByTarget ListRules TestEventPattern",
}


def _alarms(params: Params, place: Place) -> list[str]:
    given = params.get("AlarmNames") or [params.get("AlarmName") or params.get("ResourceARN") or "*"]
    return [str(one) if str(one).startswith("arn:") else place.arn("cloudwatch", f"alarm:{one}") for one in given]


def _metric_data(params: Params, place: Place) -> list[Permission]:
    return [Permission("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": str(params.get("Namespace") or "")})]


_CLOUDWATCH: dict[Callable[[Params, Place], list[str]], str] = {
    _alarms: "DeleteAlarms DescribeAlarms DisableAlarmActions EnableAlarmActions ListTagsForResource PutMetricAlarm "
    "SetAlarmState TagResource UntagResource",
    _anything: "GetMetricStatistics ListMetrics",
}


def _role_arn(role: str, place: Place) -> str:
    if role.startswith("arn:"):
        return role
    name = role.rsplit("/", 1)[-1]
    known = iam_backends[place.account][PARTITION].roles.values()
    return next((str(one.arn) for one in known if one.name == name), place.iam(f"role/{role.lstrip('/')}"))


def _iam_role(params: Params, place: Place) -> list[str]:
    path = str(params.get("Path") or "/").strip("/")
    name = str(params.get("RoleName") or "*")
    return [_role_arn(f"{path}/{name}" if path else name, place)]


def _iam_user(params: Params, place: Place) -> list[str]:
    name = str(params.get("UserName") or "*")
    known = iam_backends[place.account][PARTITION].users.get(name)
    path = str(params.get("Path") or "/").strip("/")
    return [str(known.arn) if known is not None else place.iam(f"user/{path + '/' if path else ''}{name}")]


def _iam_policy(params: Params, place: Place) -> list[str]:
    path = str(params.get("Path") or "/").strip("/")
    return [str(params.get("PolicyArn") or place.iam(f"policy/{path + '/' if path else ''}{params.get('PolicyName')}"))]


_IAM: dict[Callable[[Params, Place], list[str]], str] = {
    _iam_role: "AttachRolePolicy CreateRole DeleteRole DeleteRolePolicy DetachRolePolicy GetRole GetRolePolicy "
    "ListAttachedRolePolicies ListRolePolicies ListRoleTags PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy "
    "UpdateRole",
    _iam_user: "AttachUserPolicy CreateAccessKey CreateUser DeleteAccessKey DeleteUser DeleteUserPolicy "
    "DetachUserPolicy GetUser GetUserPolicy ListAccessKeys ListAttachedUserPolicies ListUserPolicies PutUserPolicy",
    _iam_policy: "CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion "
    "ListEntitiesForPolicy ListPolicyVersions SetDefaultPolicyVersion",
    _anything: "ListPolicies ListRoles ListUsers",
}


def _stack(params: Params, place: Place) -> list[str]:
    given = str(params.get("StackName") or "*")
    return [given if given.startswith("arn:") else place.arn("cloudformation", f"stack/{given}/*")]


_CLOUDFORMATION: dict[Callable[[Params, Place], list[str]], str] = {
    _stack: "CreateChangeSet CreateStack DeleteChangeSet DeleteStack DescribeChangeSet DescribeStackEvents "
    "DescribeStackResource DescribeStackResources DescribeStacks ExecuteChangeSet GetTemplate GetTemplateSummary "
    "ListChangeSets ListStackResources UpdateStack",
    _anything: "ListExports ListStacks ValidateTemplate",
}

_STS: dict[Callable[[Params, Place], list[str]], str] = {_named("sts", "*", "RoleArn"): "AssumeRole"}


def _none(params: Params, place: Place) -> list[Permission]:
    return []


def _by_operation(table: Mapping[Callable[[Params, Place], list[str]], str]) -> dict[str, Any]:
    return {operation: arns for arns, operations in table.items() for operation in operations.split()}


_PREFIXES = {"sesv2": "ses", "mwaa": "airflow"}
_NAMES = {
    ("lambda", "Invoke"): "lambda:InvokeFunction",
    ("sqs", "DeleteMessageBatch"): "sqs:DeleteMessage",
    ("sqs", "SendMessageBatch"): "sqs:SendMessage",
}
_SPECIAL: dict[tuple[str, str], Callable[[Params, Place], list[Permission]]] = {
    ("sts", "GetCallerIdentity"): _none,  # STS API Reference: no permissions are required
    ("glue", "CreateJob"): _with_pass_role("glue:CreateJob", "job/{}", "glue.amazonaws.com"),
    ("glue", "UpdateJob"): _with_pass_role("glue:UpdateJob", "job/{}", "glue.amazonaws.com"),
    ("glue", "CreateCrawler"): _with_pass_role("glue:CreateCrawler", "crawler/{}", "glue.amazonaws.com"),
    ("glue", "UpdateCrawler"): _with_pass_role("glue:UpdateCrawler", "crawler/{}", "glue.amazonaws.com"),
    ("lambda", "CreateFunction"): _with_pass_role("lambda:CreateFunction", "function:{}", "lambda.amazonaws.com"),
    ("lambda", "UpdateFunctionConfiguration"): _with_pass_role(
        "lambda:UpdateFunctionConfiguration", "function:{}", "lambda.amazonaws.com"
    ),
    ("athena", "GetQueryResults"): _query_results,
    ("athena", "GetDatabase"): _catalog_call("GetDatabase", "GetDatabase"),
    ("athena", "ListDatabases"): _catalog_call("ListDatabases", "GetDatabases"),
    ("athena", "GetTableMetadata"): _catalog_call("GetTableMetadata", "GetTable"),
    ("athena", "ListTableMetadata"): _catalog_call("ListTableMetadata", "GetTables"),
    ("ses", "SendEmail"): _sending("SendEmail"),
    ("ses", "SendRawEmail"): _sending("SendRawEmail"),
    ("sesv2", "SendEmail"): _sending_v2,
    ("cloudwatch", "PutMetricData"): _metric_data,
}
_RESOURCES: dict[str, dict[str, Callable[[Params, Place], list[str]]]] = {
    service: _by_operation(table)
    for service, table in {
        "athena": _ATHENA,
        "cloudformation": _CLOUDFORMATION,
        "cloudwatch": _CLOUDWATCH,
        "events": _EVENTS,
        "glue": _GLUE,
        "iam": _IAM,
        "lambda": _LAMBDA,
        "logs": _LOGS,
        "secretsmanager": _SECRETS,
        "ses": _SES,
        "sesv2": _SESV2,
        "sns": _SNS,
        "sqs": _SQS,
        "sts": _STS,
    }.items()
}


def known(service: str, operation: str) -> bool:
    """Tell whether this module says what a call needs."""
    return service == "s3" or (service, operation) in _SPECIAL or operation in _RESOURCES.get(service, {})


def names(permissions: Iterable[Permission]) -> list[dict[str, Any]]:
    """Return permissions as the record of calls holds them."""
    return [
        {"action": one.action, "resource": one.resource} | ({"context": dict(one.context)} if one.context else {})
        for one in permissions
    ]
