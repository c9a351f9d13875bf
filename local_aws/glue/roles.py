"""The role that a crawler or a job works as. What Glue does for it, it does as a client with the role's own keys."""

import contextlib
import json
import threading
import time
from typing import Any

import boto3
from botocore.config import Config
from ministack.core.iam_evaluator import EvalContext, evaluate_trust_policy
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, sts

SERVICE = "glue.amazonaws.com"
KEYS_LAST_SECONDS = 12 * 3600
MOST_EVENTS = 1000

Keys = dict[str, str]
_endpoint = {"url": ""}
_session = boto3.Session()
_making_clients = threading.Lock()  # boto3: a session is not for several threads at once


def serve_at(url: str) -> None:
    """Set where this AWS answers."""
    _endpoint["url"] = url


def is_trusted(role: str) -> bool:
    """Tell whether Glue may assume a role, given by name or ARN.

    Source: the IAM User Guide, "The confused deputy problem" (aws:SourceAccount in a trust policy).
    """
    known = iam._roles.get(role.rpartition("/")[2])
    if known is None:
        return False
    account, trust = get_account_id(), known["AssumeRolePolicyDocument"]
    context = EvalContext(
        principal_arn=SERVICE,
        principal_type="Service",
        principal_account=account,
        action="sts:AssumeRole",
        resource_arn=known["Arn"],
        region=get_region(),
        service_context={"aws:sourceaccount": account},
    )
    statements = (json.loads(trust) if isinstance(trust, str) else trust)["Statement"]
    ours = [
        statement | {"Principal": "*"}  # ministack does not tell services apart
        for statement in ([statements] if isinstance(statements, dict) else statements)
        if SERVICE in _services(statement.get("Principal"))
    ]
    return bool(evaluate_trust_policy({"Statement": ours}, SERVICE, context))


def _services(principal: Any) -> list[str]:
    named = principal.get("Service", []) if isinstance(principal, dict) else [SERVICE] if principal == "*" else []
    return [named] if isinstance(named, str) else named


def assume(role: str, session: str) -> Keys:
    """Return temporary credentials of a role that Glue may assume, as environment variables with region and endpoint."""
    name, account = role.rpartition("/")[2], get_account_id()
    keys = {
        "AWS_ACCESS_KEY_ID": iam._gen_session_access_key(),
        "AWS_SECRET_ACCESS_KEY": iam._gen_secret(),
        "AWS_SESSION_TOKEN": iam._gen_session_token(),
    }
    identity = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        "UserId": f"{iam._roles[name]['RoleId']}:{session}",
        "SecretAccessKey": keys["AWS_SECRET_ACCESS_KEY"],
        "SessionToken": keys["AWS_SESSION_TOKEN"],
        "Expiration": time.time() + KEYS_LAST_SECONDS,
        "AccountId": account,
        "PrincipalType": "AssumedRole",
    }
    sts.register_session(keys["AWS_ACCESS_KEY_ID"], identity)
    place = {"AWS_REGION": get_region(), "AWS_DEFAULT_REGION": get_region(), "AWS_ENDPOINT_URL": _endpoint["url"]}
    return keys | place


def client(service: str, keys: Keys) -> Any:
    """Return a client of this AWS with a role's keys."""
    with _making_clients:
        return _session.client(
            service,  # type: ignore[call-overload]
            endpoint_url=keys["AWS_ENDPOINT_URL"],
            region_name=keys["AWS_REGION"],
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=keys["AWS_SESSION_TOKEN"],
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=8),
        )


def fetch(keys: Keys, address: str) -> tuple[str, bytes]:
    """Return name and bytes of an object given as ``s3://bucket/key``, read as the role."""
    bucket, _, key = address.removeprefix("s3://").partition("/")
    s3 = client("s3", keys)
    try:
        return key.rpartition("/")[2], s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except (s3.exceptions.NoSuchKey, s3.exceptions.NoSuchBucket) as error:
        raise FileNotFoundError(f"File not found: {address}") from error


class Log:
    """A log stream, written as the role.

    A role that may not write there has none: tecRacer, "Glue Crawlers: No GetObject, No Problem".
    """

    def __init__(self, keys: Keys, group: str, stream: str) -> None:
        self.logs, self.place = client("logs", keys), {"logGroupName": group, "logStreamName": stream}
        self.writes = True
        self._try(lambda: self.logs.create_log_group(logGroupName=group), "ResourceAlreadyExistsException")
        self._try(lambda: self.logs.create_log_stream(**self.place), "ResourceAlreadyExistsException")

    def write(self, *lines: str) -> None:
        """Add lines."""
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines if line]
        for first in range(0, len(events), MOST_EVENTS):
            some = events[first : first + MOST_EVENTS]
            self._try(lambda some=some: self.logs.put_log_events(**self.place, logEvents=some))  # type: ignore[misc]

    def _try(self, call: Any, fine: str = "") -> None:
        if not self.writes:
            return
        try:
            call()
        except self.logs.exceptions.ClientError as error:
            self.writes = error.response["Error"]["Code"] == fine
        except Exception:
            with contextlib.suppress(Exception):
                self.writes = False
