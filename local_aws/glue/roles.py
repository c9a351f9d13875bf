"""The role that a crawler or a job works as. What Glue does for it, it does as a client with the role's own keys."""

import contextlib
import time
from collections.abc import Callable

from botocore.exceptions import ClientError
from ministack.core import iam_evaluator, lambda_runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

from local_aws import clients

Keys = dict[str, str]  # a role's temporary keys, its region and endpoint, as environment variables


def is_trusted(role: str) -> bool:
    """Tell whether a role, given by name or ARN, trusts Glue; ministack lets any service work as any role.

    Source: the AWS Glue Developer Guide, "Create an IAM role for AWS Glue".
    """
    record = iam._roles.get(role.rpartition("/")[2]) or {}
    trust = record.get("AssumeRolePolicyDocument", {})
    return bool(iam_evaluator.evaluate_trust_policy(trust, "glue.amazonaws.com"))


def assume(role: str, session: str) -> Keys:
    """Return temporary keys of a role, made as for a function of Lambda."""
    account, region = get_account_id(), get_region()
    arn = role if role.startswith("arn:") else f"arn:aws:iam::{account}:role/{role}"
    function = {"FunctionArn": f"arn:aws:lambda:{region}:{account}:function:{session}", "FunctionName": session}
    keys: Keys = lambda_runtime.execution_credentials(function | {"Role": arn})
    return keys | {"AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_ENDPOINT_URL": clients.url()}


def log(keys: Keys, group: str, stream: str) -> Callable[..., None]:
    """Make a log stream as the role; return what adds lines to it. A role without rights on its log has none."""
    logs, place = clients.client_of("logs", keys), {"logGroupName": group, "logStreamName": stream}

    def write(*lines: str) -> None:
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines if line]
        if events:
            with contextlib.suppress(ClientError):
                logs.put_log_events(**place, logEvents=events)

    for make, names in ((logs.create_log_group, {"logGroupName": group}), (logs.create_log_stream, place)):
        with contextlib.suppress(ClientError):  # there already, or not allowed
            make(**names)
    return write
