"""Who a caller is, and whether its policies let it do what it asks for.

A key that belongs to a role's session or to a user has what the policies of that role or user allow, and nothing
else. A key that looks like one of IAM's and belongs to nobody (any more) is refused. Any other key is the account
itself, which may do all that no policy of a bucket, queue or topic denies.

Sources: IAM User Guide, "Policy evaluation logic" (one account: an identity's policy or the resource's allows, any Deny
refuses), "Troubleshoot access denied error messages" (the words).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends
from moto.sts.models import sts_backends

from local_aws import calls, policies
from local_aws.actions import PARTITION, Permission
from local_aws.policies import Document

ACCOUNT = DEFAULT_ACCOUNT_ID
KEYS_OF_IAM = ("AKIA", "ASIA")  # IAM User Guide, "Understanding unique ID prefixes"


@dataclass(frozen=True)
class Caller:
    """Who asks.

    kind: role, user, account, unknown or anonymous; arn: the role's or user's; session: the role's.
    """

    kind: str
    arn: str = ""
    session: str = ""
    access_key: str = ""

    @property
    def shown(self) -> str:
        """The ARN that AWS's errors name."""
        if self.kind == "anonymous":
            return "anonymous"
        if self.kind != "role":
            return self.arn or f"arn:{PARTITION}:iam::{ACCOUNT}:root"
        return f"arn:{PARTITION}:sts::{ACCOUNT}:assumed-role/{self.arn.rsplit('/', 1)[-1]}/{self.session}"

    @property
    def principals(self) -> tuple[str, ...]:
        """The caller as policies of resources name it."""
        if self.kind == "anonymous":
            return ("anonymous",)
        return (self.arn, self.shown, ACCOUNT) if self.arn else (self.shown, ACCOUNT)

    @property
    def is_limited(self) -> bool:
        """Whether policies say what it may do."""
        return self.kind != "account"

    def as_dict(self) -> dict[str, str]:
        """Return the caller as the record of calls names it."""
        if self.kind == "role":
            return {"type": "role", "role": self.arn, "session": self.session}
        if self.kind == "user":
            return {"type": "user", "user": self.arn}
        return {"type": self.kind} | ({"access_key": self.access_key} if self.access_key else {})


class AccessDenied(Exception):
    """A caller may not do what it asks for; the text is AWS's."""

    def __init__(self, caller: Caller, refused: Permission, why: str) -> None:
        self.caller, self.refused, self.why = caller, refused, why
        super().__init__(
            f"User: {caller.shown} is not authorized to perform: {refused.action} on resource: {refused.resource} {why}"
        )


def credential(authorization: str) -> list[str]:
    """Return the parts of the credential in an Authorization header: access key, day, region, service, aws4_request.

    Source: IAM User Guide, "Elements of an AWS API request signature".
    """
    return authorization.partition("Credential=")[2].partition(",")[0].split("/")


_sessions: dict[str, Caller] = {}


def caller_of(access_key: str) -> Caller:
    """Return who an access key belongs to: a role's session, a user, or the account itself for any other key."""
    if not access_key:
        return Caller("anonymous")
    if access_key in _sessions:
        return _sessions[access_key]
    if not access_key.startswith(KEYS_OF_IAM):
        return Caller("account", access_key=access_key)
    session = sts_backends[ACCOUNT][PARTITION].get_assumed_role_from_access_key(access_key)
    if session is not None:
        found = Caller("role", session.role_arn, session.session_name, access_key)
        return _sessions.setdefault(access_key, found)  # a session stays what it is
    for user in iam_backends[ACCOUNT][PARTITION].users.values():
        if any(key.access_key_id == access_key for key in user.access_keys):
            return Caller("user", user.arn, access_key=access_key)
    return Caller("unknown", access_key=access_key)


def role(arn: str, session: str) -> Caller:
    """Return a role as the caller of what a service does for it."""
    return Caller("role", arn, session)


def check(caller: Caller, needed: Iterable[Permission]) -> None:
    """Raise AccessDenied unless the caller has all permissions that are needed."""
    own = _own_documents(caller)
    for one in needed:
        if one.action == "sts:AssumeRole":
            _check_trust(caller, own, one)
            continue
        why = _refusal(caller, own, one)
        if why is not None:
            raise AccessDenied(caller, one, why)


def has(caller: Caller, action: str, resource: str) -> bool:
    """Tell whether a caller has one permission."""
    try:
        check(caller, [Permission(action, resource)])
    except AccessDenied:
        return False
    return True


def act(caller: Caller, by: str, needed: Sequence[Permission]) -> None:
    """Let a service do something for a caller, without a call: the record has it, the caller's policies must allow it.

    Args:
        caller: for whom; what is done for the account itself is not noted.
        by: the service, such as "glue.amazonaws.com".
        needed: what is done, as permissions of one service.

    Raises:
        AccessDenied: the caller's policies do not allow it.

    """
    if not caller.is_limited:
        return
    try:
        check(caller, needed)
    except AccessDenied as refusal:
        calls.note_act(caller.as_dict(), by, [refusal.refused], allowed=False)
        raise
    calls.note_act(caller.as_dict(), by, needed, allowed=True)


def rules(caller: Caller, buckets: Iterable[str]) -> list[policies.Rule]:
    """Return what the policies of a role or user say, and those of buckets about it, their conditions looked at."""
    context = _context(caller, {})
    found = policies.rules(_own_documents(caller), context=context)
    for bucket in buckets:
        documents = resource_documents(f"arn:{PARTITION}:s3:::{bucket}")
        found += policies.rules(documents, principals=caller.principals, context=context)
    return found


def resource_documents(arn: str) -> list[Document]:
    """Return the policy of the bucket, queue, topic or function that an ARN is about; none where it has none."""
    parts = arn.split(":", 5)
    if len(parts) < len(("arn", "partition", "service", "region", "account", "resource")):
        return []
    _, _, service, region, account, resource = parts
    found: Any = None
    if service == "s3":
        bucket = s3_backends[ACCOUNT][PARTITION].buckets.get(resource.partition("/")[0])
        found = bucket.policy.decode() if bucket is not None and bucket.policy else None
    elif service == "sqs":
        queue = sqs_backends[account][region].queues.get(resource)
        found = queue.policy if queue is not None else None
    elif service == "sns":
        topic = sns_backends[account][region].topics.get(arn)
        found = topic.policy if topic is not None else None
    elif service == "lambda":
        found = _function_policy(lambda_backends[account][region], resource)
    return [found] if found else []


def _function_policy(backend: Any, resource: str) -> Any | None:
    name = resource.removeprefix("function:").partition(":")[0]
    function = next((one for one in backend._lambdas.latest() if one.function_name == name), None)
    return {"Statement": function.policy.statements} if function is not None and function.policy else None


def _own_documents(caller: Caller) -> list[Document]:
    owner = None
    if caller.kind == "role":
        owner = policies.find_role(ACCOUNT, "us-east-1", caller.arn)
    elif caller.kind == "user":
        users = iam_backends[ACCOUNT][PARTITION].users.values()
        owner = next((user for user in users if user.arn == caller.arn), None)
    return policies.documents_of(owner) if owner is not None else []


def _context(caller: Caller, more: Mapping[str, str]) -> dict[str, str]:
    known = {"aws:PrincipalArn": caller.arn or caller.shown, "aws:PrincipalAccount": ACCOUNT}
    return {**policies.EVERY_CALL, **known, **more}


def _refusal(caller: Caller, own: list[Document], one: Permission) -> str | None:
    """Return why a caller lacks a permission, None when it has it."""
    context = _context(caller, one.context)
    theirs = resource_documents(one.resource)
    by_resource = policies.decision(
        theirs, one.action, principals=caller.principals, resource=one.resource, context=context
    )
    if by_resource == "Deny" and not _mends_a_policy(caller, one.action):
        return "with an explicit deny in a resource-based policy"
    if not caller.is_limited:
        return None
    by_identity = policies.decision(own, one.action, resource=one.resource, context=context)
    if by_identity == "Deny":
        return "with an explicit deny in an identity-based policy"
    if "Allow" in (by_identity, by_resource):
        return None
    return f"because no identity-based policy allows the {one.action} action"


def _mends_a_policy(caller: Caller, action: str) -> bool:
    """Tell whether the account itself looks after a bucket's policy, which no bucket policy can deny to it.

    Source: Amazon S3 API Reference, PutBucketPolicy: the root user of the owner's account can always do it.
    """
    return caller.kind == "account" and action in ("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")


def _check_trust(caller: Caller, own: list[Document], one: Permission) -> None:
    """Raise AccessDenied unless a role trusts the caller, or its account and the caller's policies allow it.

    Source: IAM User Guide, "Methods to assume a role".
    """
    wanted = policies.find_role(ACCOUNT, "us-east-1", one.resource)
    trust = [wanted.assume_role_policy_document] if wanted is not None else []
    context = _context(caller, one.context)
    named = policies.decision(trust, one.action, principals=caller.principals, context=context)
    by_identity = policies.decision(own, one.action, resource=one.resource, context=context)
    if "Deny" in (named, by_identity):
        raise AccessDenied(caller, one, "with an explicit deny")
    if named == "Allow":
        return
    if any(policies.delegates_to(document, ACCOUNT) for document in trust) and (
        by_identity == "Allow" or not caller.is_limited
    ):
        return
    raise AccessDenied(caller, one, "because no identity-based policy allows the sts:AssumeRole action")
