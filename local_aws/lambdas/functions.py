"""Functions: moto's record with what it leaves out, after refusing the settings that would be pretended.

Source: Lambda API reference, CreateFunction, UpdateFunctionConfiguration, UpdateFunctionCode,
PutFunctionEventInvokeConfig; "Lambda quotas".
"""

import base64
import binascii
import hashlib
import re
import uuid
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from moto.awslambda import models as moto_lambda
from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError
from moto.core.utils import iso_8601_datetime_with_nanoseconds

from local_aws import access, policies, queues
from local_aws.lambdas import packages, permissions
from local_aws.s3 import object_store
from local_aws.s3.errors import S3Error

RUNTIMES = ("python3.11", "python3.12")
SETTINGS = {
    "Architectures", "Code", "DeadLetterConfig", "Description", "Environment", "EphemeralStorage", "FunctionName",
    "Handler", "LoggingConfig", "MemorySize", "PackageType", "Publish", "Role", "Runtime", "Tags", "Timeout",
    "TracingConfig", "RevisionId",
}  # fmt: skip
CODE_SETTINGS = {"ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion"}
CODE_CALL = {"Architectures", "DryRun", "FunctionName", "Publish", "RevisionId"} | CODE_SETTINGS
ONLY = {
    "PackageType": "Zip",
    "Publish": False,
    "EphemeralStorage": {"Size": 512},
    "TracingConfig": {"Mode": "PassThrough"},
}
NUMBERS = {"MemorySize": (128, 10240), "Timeout": (1, 900)}
LARGEST_ENVIRONMENT = 4096
LARGEST_ZIP = 50 * 1024 * 1024
LARGEST_UNZIPPED = 250 * 1024 * 1024
RESERVED_VARIABLES = {
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}  # fmt: skip
CONFIG_SETTINGS = {"MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig", "FunctionName", "Qualifier"}


class Storage(moto_lambda.LambdaStorage):
    """Moto's functions of a region, in a form that can be kept."""

    def __init__(self, region_name: str, account_id: str) -> None:
        """Make it empty."""
        super().__init__(region_name, account_id)
        self._aliases = defaultdict(dict)  # moto's makes its dicts with a lambda, which cannot be pickled


class Function(moto_lambda.LambdaFunction):
    """A function. `revision_id` changes with its code and its settings; `dead_letter_arn` names a queue or is empty."""

    def __init__(self, account_id: str, spec: dict[str, Any], region: str, version: str | int = 1) -> None:
        """Make it of CreateFunction's parameters."""
        check(spec, account_id, region, new=True)
        self.dead_letter_arn = spec.get("DeadLetterConfig", {}).get("TargetArn", "")
        self.log_group = spec.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{spec['FunctionName']}"
        self.revision_id = str(uuid.uuid4())
        super().__init__(account_id, spec, region, version)
        self.logs_group_name = self.log_group

    def get_configuration(self, on_create: bool = False) -> dict[str, Any]:
        """Return the function as GetFunctionConfiguration shows it."""
        shown = super().get_configuration(on_create)
        shown |= {
            "DeadLetterConfig": {"TargetArn": self.dead_letter_arn} if self.dead_letter_arn else None,
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": self.log_group},
            "RevisionId": self.revision_id,
            "LastUpdateStatus": "Successful",
        }
        return {name: value for name, value in shown.items() if value not in (None, [])}

    def get_code(self) -> dict[str, Any]:
        """Return the function as GetFunction shows it, without a link to its code: there is none to follow."""
        shown = super().get_code()
        return {**shown, "Code": {"RepositoryType": "S3"}}

    def update_configuration(self, config_updates: dict[str, Any]) -> dict[str, Any]:
        """Change the settings that are given."""
        self._check_revision(config_updates)
        check(config_updates, self.account_id, self.region, self)
        if "Role" in config_updates:
            check_role(self.account_id, self.region, config_updates["Role"])
        if "DeadLetterConfig" in config_updates:
            self.dead_letter_arn = config_updates["DeadLetterConfig"].get("TargetArn") or ""
        if "LoggingConfig" in config_updates:
            self.log_group = config_updates["LoggingConfig"].get("LogGroup") or f"/aws/lambda/{self.function_name}"
        if "Environment" in config_updates:
            config_updates["Environment"].setdefault("Variables", {})
        super().update_configuration(config_updates)
        self._touch()
        return self.get_configuration()

    def update_function_code(self, updated_spec: dict[str, Any]) -> dict[str, Any]:
        """Replace the code."""
        _refuse(updated_spec.keys() - CODE_CALL)
        self._check_revision(updated_spec)
        if not updated_spec.get("DryRun"):
            self._set_function_code(updated_spec)
            self._touch()
        return self.get_configuration()

    def _set_function_code(self, updated_spec: dict[str, Any]) -> None:
        code = fetch_code(updated_spec)
        digest = hashlib.sha256(code)
        self.code_bytes, self.code_size = code, len(code)
        self.code_sha_256, self.code_digest = base64.b64encode(digest.digest()).decode(), digest.hexdigest()
        self.code = {"S3Key": self.code_digest}  # not the zip a second time

    def _check_revision(self, given: Mapping[str, Any]) -> None:
        if given.get("RevisionId", self.revision_id) != self.revision_id:
            raise LambdaClientError(
                "PreconditionFailedException", "The Revision Id provided does not match the latest Revision Id."
            )

    def _touch(self) -> None:
        self.last_modified = iso_8601_datetime_with_nanoseconds()
        self.revision_id = str(uuid.uuid4())


def check(
    given: Mapping[str, Any], account: str, region: str, function: Function | None = None, *, new: bool = False
) -> None:
    """Refuse settings of a function that are wrong or not for real here."""
    _refuse(given.keys() - SETTINGS)
    for name, only in ONLY.items():
        if given.get(name, only) != only:
            raise InvalidParameterValueException(f"{name}: the local AWS does only {only}, not {given[name]}.")
    if new or "Runtime" in given:
        _check_runtime(given.get("Runtime"))
    if new or "Handler" in given:
        _check_handler(given.get("Handler"))
    for name, (least, most) in NUMBERS.items():
        if name in given and not least <= given[name] <= most:
            raise LambdaClientError("ValidationException", f"{name} must be from {least} to {most}, not {given[name]}.")
    _check_environment(given.get("Environment", {}).get("Variables", {}))
    if given.get("LoggingConfig", {}).get("LogFormat", "Text") != "Text":
        raise InvalidParameterValueException("LoggingConfig: the local AWS writes logs as Text only.")
    if new:
        check_role(account, region, given["Role"])
    target = given.get("DeadLetterConfig", {}).get("TargetArn")
    if target:
        role = given.get("Role") or (function.role if function else "")
        check_destination(role, target, "DeadLetterConfig")


def _refuse(names: set[str]) -> None:
    if names:
        raise InvalidParameterValueException(f"The local AWS does not do {', '.join(sorted(names))} for real.")


def _check_runtime(runtime: str | None) -> None:
    if runtime not in RUNTIMES:
        raise InvalidParameterValueException(f"Runtime: the local AWS runs {' and '.join(RUNTIMES)}, not {runtime}.")


def _check_handler(handler: str | None) -> None:
    if not re.fullmatch(r"[^\s.][^\s]*\.[^\s.]+", handler or ""):
        raise InvalidParameterValueException(f"Handler: expected module.function, found {handler}.")


def _check_environment(variables: Mapping[str, str]) -> None:
    reserved = sorted(variables.keys() & RESERVED_VARIABLES)
    if reserved:
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided contains reserved keys that are currently not supported for modification. Reserved keys used "
            f"in this request: {', '.join(reserved)}"
        )
    wrong = [name for name in variables if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_]+", name)]
    if wrong:
        raise InvalidParameterValueException(f"Environment: {wrong[0]!r} cannot be a variable's name.")
    if sum(len(name) + len(value.encode()) for name, value in variables.items()) > LARGEST_ENVIRONMENT:
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided exceeded the 4KB limit."
        )


def check_role(account: str, region: str, arn: str) -> None:
    """Refuse a role that is not there or that Lambda may not assume."""
    role = policies.find_role(account, region, arn)
    if role is None or not permissions.may_be_assumed(role):
        raise InvalidParameterValueException("The role defined for the function cannot be assumed by Lambda.")


def check_destination(role_arn: str, target: str, what: str) -> None:
    """Refuse a place for failed events that is no queue, not there, or not allowed to the function's role."""
    if target.split(":")[2:3] != ["sqs"] or target.endswith(".fifo"):
        raise InvalidParameterValueException(
            f"{what}: the local AWS sends to SQS queues that are not FIFO, not to {target}."
        )
    if not access.has(access.role(role_arn, what), "sqs:SendMessage", target):
        raise InvalidParameterValueException(
            "The provided execution role does not have permissions to call SendMessage on SQS"
        )
    if queues.find(target) is None:
        raise InvalidParameterValueException(f"{what}: the queue {target} does not exist.")


def fetch_code(given: Mapping[str, Any]) -> bytes:
    """Return the zip that CreateFunction's Code or UpdateFunctionCode names, after a look into it."""
    _refuse(given.keys() - CODE_CALL)
    if given.get("ZipFile"):
        text = given["ZipFile"]
        try:
            code = base64.b64decode(text, validate=True)
        except binascii.Error:
            raise InvalidParameterValueException("ZipFile is not base64.") from None
    elif given.get("S3Bucket") and given.get("S3Key"):
        code = _from_s3(given["S3Bucket"], given["S3Key"], given.get("S3ObjectVersion"))
    else:
        raise InvalidParameterValueException("Please provide a source for function code.")
    if len(code) > LARGEST_ZIP:
        raise InvalidParameterValueException(f"The zip has {len(code)} bytes and may have {LARGEST_ZIP}.")
    try:
        size = packages.unzipped_size(code)
    except zipfile.BadZipFile:
        raise InvalidParameterValueException(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ) from None
    if size > LARGEST_UNZIPPED:
        raise InvalidParameterValueException(f"Unzipped size must be smaller than {LARGEST_UNZIPPED} bytes")
    return code


def _from_s3(bucket: str, key: str, version_id: str | None) -> bytes:
    try:
        _, file = object_store.store().open(bucket, key, version_id)
    except S3Error as problem:
        raise InvalidParameterValueException(
            f"Error occurred while GetObject. S3 Error Code: {problem.code}. S3 Error Message: {problem.message}"
        ) from None
    if file is None:
        code = "NoSuchVersion" if version_id else "NoSuchKey"
        raise InvalidParameterValueException(
            f"Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {bucket}/{key} does not exist."
        )
    with file:
        return file.read()


def set_event_invoke_config(function: moto_lambda.LambdaFunction, config: dict[str, Any]) -> dict[str, Any]:
    """Give a function the one config for its asynchronous invocations."""
    _refuse(config.keys() - CONFIG_SETTINGS)
    for kind, target in config.get("DestinationConfig", {}).items():
        if target.get("Destination"):
            check_destination(function.role, target["Destination"], kind)
    made = moto_lambda.EventInvokeConfig(function.function_arn, function.last_modified, config)
    function.event_invoke_config = [made]
    return made.response()
