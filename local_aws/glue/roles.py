"""The role that a crawler or a job works as. What Glue does for it, it does as a client with the role's own keys."""

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

Keys = dict[str, str]
_endpoint = {"url": ""}
_session = boto3.Session()
_making_clients = threading.Lock()  # boto3: a session is not for several threads at once


def serve_at(url: str) -> None:
    """Set where this AWS answers."""
    _endpoint["url"] = url


def is_trusted(role: str) -> bool:
    """Tell whether Glue may assume a role, given by name or ARN. ministack does not tell services apart.

    Source: the IAM User Guide, "The confused deputy problem" (aws:SourceAccount in a trust policy).
    """
    known = iam._roles.get(role.rpartition("/")[2])
    if known is None:
        return False
    account, trust = get_account_id(), known["AssumeRolePolicyDocument"]
    statements = (json.loads(trust) if isinstance(trust, str) else trust)["Statement"]
    ours = [
        statement | {"Principal": "*"}
        for statement in ([statements] if isinstance(statements, dict) else statements)
        if isinstance(statement.get("Principal"), dict) and SERVICE in statement["Principal"].get("Service", [])
    ]
    about = {"action": "sts:AssumeRole", "resource_arn": known["Arn"], "region": get_region()}
    principal = {"principal_arn": SERVICE, "principal_type": "Service", "principal_account": account}
    context = EvalContext(**principal, **about, service_context={"aws:sourceaccount": account})
    return bool(evaluate_trust_policy({"Statement": ours}, SERVICE, context))


def assume(role: str, session: str) -> Keys:
    """Return temporary credentials of a role that Glue may assume, as environment variables, and its place."""
    name, account = role.rpartition("/")[2], get_account_id()
    key, secret, token = iam._gen_session_access_key(), iam._gen_secret(), iam._gen_session_token()
    identity = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        "UserId": f"{iam._roles[name]['RoleId']}:{session}",
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": time.time() + KEYS_LAST_SECONDS,
        "AccountId": account,
        "PrincipalType": "AssumedRole",
    }
    sts.register_session(key, identity)
    keys = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}
    return keys | {"AWS_REGION": (region := get_region()), "AWS_DEFAULT_REGION": region} | _place()


def _place() -> Keys:
    return {"AWS_ENDPOINT_URL": _endpoint["url"]}


def client(service: str, keys: Keys) -> Any:
    """Return a client of this AWS with a role's keys."""
    given = {name.lower(): value for name, value in keys.items() if name.startswith(("AWS_ACCESS", "AWS_SE"))}
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    make: Any = _session.client
    with _making_clients:
        return make(service, region_name=keys["AWS_REGION"], endpoint_url=_endpoint["url"], config=config, **given)


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
        self._try(self.logs.create_log_group, logGroupName=group)
        self._try(self.logs.create_log_stream, **self.place)

    def write(self, *lines: str) -> None:
        """Add lines."""
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines if line]
        if events:
            self._try(self.logs.put_log_events, **self.place, logEvents=events)

    def _try(self, call: Any, **given: Any) -> None:
        try:
            if self.writes:
                call(**given)
        except self.logs.exceptions.ResourceAlreadyExistsException:
            pass
        except self.logs.exceptions.ClientError:
            self.writes = False
