"""The role that a crawler or a job works as. What Glue does for it, it does as a client with the role's own keys."""

import contextlib
import json
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from ministack.core import lambda_runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

Keys = dict[str, str]  # a role's temporary keys, its region and endpoint, as environment variables
endpoint = {"url": ""}  # where this AWS answers


def is_trusted(role: str) -> bool:
    """Tell whether a role, given by name or ARN, trusts Glue; ministack lets any service work as any role.

    Source: the AWS Glue Developer Guide, "Create an IAM role for AWS Glue".
    """
    trust = (iam._roles.get(role.rpartition("/")[2]) or {}).get("AssumeRolePolicyDocument", {})
    statements = (json.loads(trust) if isinstance(trust, str) else trust).get("Statement", [])
    allowed = [statement["Principal"] for statement in statements if statement["Effect"] == "Allow"]
    return any("glue.amazonaws.com" in who.get("Service", []) for who in allowed if isinstance(who, dict))


def assume(role: str, session: str) -> Keys:
    """Return temporary keys of a role, made as for a function of Lambda."""
    account, region = get_account_id(), get_region()
    arn = role if role.startswith("arn:") else f"arn:aws:iam::{account}:role/{role}"
    function = {"FunctionArn": f"arn:aws:lambda:{region}:{account}:function:{session}", "FunctionName": session}
    keys: Keys = lambda_runtime.execution_credentials(function | {"Role": arn})
    return keys | {"AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_ENDPOINT_URL": endpoint["url"]}


def client(service: str, keys: Keys) -> Any:
    """Return a client of this AWS with a role's keys."""
    return _client(service, *(keys[f"AWS_{name}"] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")))


@lru_cache(maxsize=64)
def _client(service: str, key: str, secret: str, token: str) -> Any:
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=20)
    session = boto3.Session(key, secret, token, get_region())
    return session.client(service, endpoint_url=endpoint["url"], config=config)  # type: ignore[call-overload]


def log(keys: Keys, group: str, stream: str) -> Callable[..., None]:
    """Make a log stream as the role; return what adds lines to it. A role without rights on its log has none."""
    logs, place = client("logs", keys), {"logGroupName": group, "logStreamName": stream}

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
