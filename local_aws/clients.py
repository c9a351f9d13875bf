"""Clients of this AWS itself: what a service does for somebody it does by the API, with that caller's own keys."""

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from ministack.core import iam_evaluator, lambda_runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

Keys = dict[str, str]  # temporary keys, their region and endpoint, as the environment variables of AWS's own programs

# one for all: each task comes with new keys, and a new session would read AWS's models again
_session: Any = boto3.Session()
_making = threading.Lock()


def client_of(service: str, keys: Mapping[str, str]) -> Any:
    """Return a client of a service."""
    token = keys.get("AWS_SESSION_TOKEN")
    return _client(service, keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], token)


def client_of_key(service: str, access_key: str) -> Any:
    """Return a client with the credentials that belong to the key of a caller."""
    keys: Any = iam_evaluator.resolve_credential(access_key, get_account_id())
    if isinstance(keys, iam_evaluator.CredentialResolutionError):
        raise PermissionError(keys.message)
    return _client(service, keys.access_key_id, keys.secret_access_key, keys.session_token)


@lru_cache(maxsize=128)
def _client(service: Any, key: str, secret: str, token: str | None) -> Any:
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=20)
    names = "aws_access_key_id", "aws_secret_access_key", "aws_session_token"
    with _making:  # sessions are not thread-safe (boto3, "Session reference")
        return _session.client(service, config=config, **dict(zip(names, (key, secret, token), strict=True)))


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
    account = get_account_id()
    arn = role if role.startswith("arn:") else f"arn:aws:iam::{account}:role/{role}"
    function = {"FunctionArn": f"arn:aws:lambda:{get_region()}:{account}:function:{session}", "FunctionName": session}
    keys: Keys = lambda_runtime.execution_credentials(function | {"Role": arn})
    return keys | {name: os.environ[name] for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL")}


def log(keys: Keys, group: str, stream: str, *, makes_group: bool = True) -> Callable[..., None]:
    """Make a log stream as the role; return what adds lines to it. A role without rights on its log has none."""
    logs, place = client_of("logs", keys), {"logGroupName": group, "logStreamName": stream}

    def write(*lines: str) -> None:
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines if line]
        if events:
            with contextlib.suppress(ClientError):
                logs.put_log_events(**place, logEvents=events)

    if makes_group:
        with contextlib.suppress(ClientError):  # there already, or not allowed
            logs.create_log_group(logGroupName=group)
    with contextlib.suppress(ClientError):
        logs.create_log_stream(**place)
    return write
