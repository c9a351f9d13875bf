"""The role that a crawler or a job works as. What Glue does for it, it does as a client with the role's own keys."""

import json
import time
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from ministack.core import lambda_runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

SERVICE = "glue.amazonaws.com"

Keys = dict[str, str]  # a role's temporary keys, its region and endpoint, as environment variables
_endpoint = {"url": ""}


def serve_at(url: str) -> None:
    """Set where this AWS answers."""
    _endpoint["url"] = url


def is_trusted(role: str) -> bool:
    """Tell whether a role, given by name or ARN, trusts Glue; ministack lets any service work as any role.

    Source: the AWS Glue Developer Guide, "Create an IAM role for AWS Glue".
    """
    trust = (iam._roles.get(role.rpartition("/")[2]) or {}).get("AssumeRolePolicyDocument", "{}")
    statements = (json.loads(trust) if isinstance(trust, str) else trust).get("Statement", [])
    principals = [statement.get("Principal") for statement in statements if statement["Effect"] == "Allow"]
    return any(SERVICE in principal.get("Service", []) for principal in principals if isinstance(principal, dict))


def assume(role: str, session: str) -> Keys:
    """Return temporary keys of a role, made as for a function of Lambda."""
    account, region = get_account_id(), get_region()
    arn = role if role.startswith("arn:") else f"arn:aws:iam::{account}:role/{role}"
    function = {"FunctionArn": f"arn:aws:lambda:{region}:{account}:function:{session}", "FunctionName": session}
    keys: Keys = lambda_runtime.execution_credentials({**function, "Role": arn})
    return keys | {"AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_ENDPOINT_URL": _endpoint["url"]}


def client(service: str, keys: Keys) -> Any:
    """Return a client of this AWS with a role's keys."""
    return _client(service, *(keys[f"AWS_{name}"] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")))


@lru_cache(maxsize=64)
def _client(service: str, key: str, secret: str, token: str) -> Any:
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=20)
    session = boto3.Session(key, secret, token, get_region())
    return session.client(service, endpoint_url=_endpoint["url"], config=config)  # type: ignore[call-overload]


def fetch(keys: Keys, address: str) -> tuple[str, bytes]:
    """Return name and bytes of an object given as ``s3://bucket/key``, read as the role."""
    bucket, _, key = address.removeprefix("s3://").partition("/")
    s3 = client("s3", keys)
    try:
        return key.rpartition("/")[2], s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except (s3.exceptions.NoSuchKey, s3.exceptions.NoSuchBucket) as error:
        raise FileNotFoundError(f"File not found: {address}") from error


class Log:
    """A log stream, written as the role; a role without rights on it has none."""

    def __init__(self, keys: Keys, group: str, stream: str) -> None:
        self.logs, self.place = client("logs", keys), {"logGroupName": group, "logStreamName": stream}
        self.writes = True
        self._try(self.logs.create_log_group, logGroupName=group)
        self._try(self.logs.create_log_stream, **self.place)

    def write(self, *lines: str) -> None:
        """Add lines."""
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines if line]
        if events:
            self._try(self.logs.put_log_events, **self.place, logEvents=events)

    def _try(self, call: Any, **fields: Any) -> None:
        try:
            if self.writes:
                call(**fields)
        except self.logs.exceptions.ResourceAlreadyExistsException:
            pass
        except self.logs.exceptions.ClientError:
            self.writes = False
