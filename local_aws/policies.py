"""Whether a policy lets somebody do something: resource policies, trust policies, and the policies of a role.

An explicit Deny wins; what is not allowed is denied. What this does not know (an operator of Condition, NotPrincipal)
never allows and always denies, so that here is the stricter place.

Source: IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements: Condition operators".
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.iam.models import iam_backends
from moto.utilities.utils import get_partition

Document = str | Mapping[str, Any]


def allows(
    document: Document,
    action: str,
    *,
    service: str | None = None,
    resource: str | None = None,
    context: Mapping[str, str] | None = None,
) -> bool:
    """Tell whether a policy allows an action.

    Args:
        document: the policy.
        action: such as "sqs:SendMessage".
        service: who asks, such as "events.amazonaws.com"; None for a role's own policy, which names nobody.
        resource: ARN of what it is done to; None where the policy's own resource is meant.
        context: condition keys and their values; keys are compared without regard to case.

    """
    return decision([document], action, service=service, resource=resource, context=context) == "Allow"


def decision(
    documents: list[Document],
    action: str,
    *,
    service: str | None = None,
    resource: str | None = None,
    context: Mapping[str, str] | None = None,
) -> str | None:
    """Return what several policies say together: "Allow", "Deny", or None when they say nothing. See `allows`."""
    known = {name.lower(): value for name, value in (context or {}).items()}
    effects = {
        statement["Effect"]
        for document in documents
        for statement in _statements(document)
        if _concerns(statement, action, service, resource) and _holds(statement, known)
    }
    return "Deny" if "Deny" in effects else "Allow" if "Allow" in effects else None


def role_allows(role: Any, action: str, resource: str) -> bool:
    """Tell whether a role's own policies (moto's model of the role) allow an action on an ARN."""
    documents: list[Document] = list(role.policies.values())
    for policy in role.managed_policies.values():
        documents += [one.document for one in policy.versions if one.version_id == policy.default_version_id]
    return decision(documents, action, resource=resource, context={"aws:SecureTransport": "true"}) == "Allow"


def find_role(account: str, region: str, arn: str) -> Any | None:
    """Return moto's model of the role of an ARN, None when there is none."""
    roles = iam_backends[account][get_partition(region)].roles.values()
    return next((role for role in roles if role.arn == arn), None)


def _statements(document: Document) -> Iterator[Mapping[str, Any]]:
    policy = json.loads(document) if isinstance(document, str) else document
    statements = policy.get("Statement", [])
    yield from statements if isinstance(statements, list) else [statements]


def _concerns(statement: Mapping[str, Any], action: str, service: str | None, resource: str | None) -> bool:
    if service is not None and not _names(statement, service):
        return False
    if "NotAction" in statement:
        acts = not any(_like(one, action, ignore_case=True) for one in _many(statement["NotAction"]))
    else:
        acts = any(_like(one, action, ignore_case=True) for one in _many(statement.get("Action", [])))
    if not acts or resource is None:
        return acts
    if "NotResource" in statement:
        return not any(_like(one, resource) for one in _many(statement["NotResource"]))
    return any(_like(one, resource) for one in _many(statement.get("Resource", [])))


def _names(statement: Mapping[str, Any], service: str) -> bool:
    if "NotPrincipal" in statement:
        return bool(statement["Effect"] == "Deny")
    principal = statement.get("Principal")
    if principal == "*" or (isinstance(principal, Mapping) and "*" in _many(principal.get("AWS", []))):
        return True
    return isinstance(principal, Mapping) and service in _many(principal.get("Service", []))


def _holds(statement: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    """Tell whether all conditions hold; one that is not known holds in a Deny and not in an Allow."""
    for operator, keys in statement.get("Condition", {}).items():
        test = _OPERATORS.get(operator)
        if test is None:
            if statement["Effect"] == "Allow":
                return False
            continue
        for key, wanted in keys.items():
            value = context.get(key.lower())
            if value is None or not any(test(str(one), value) for one in _many(wanted)):
                return False
    return True


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _like(pattern: str, value: str, ignore_case: bool = False) -> bool:
    """Compare with * and ? in the pattern."""
    parts = re.split(r"([*?])", str(pattern))
    expression = "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(expression, value, re.DOTALL | (re.IGNORECASE if ignore_case else 0)) is not None


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, value: wanted == value,
    "StringNotEquals": lambda wanted, value: wanted != value,
    "StringEqualsIgnoreCase": lambda wanted, value: wanted.lower() == value.lower(),
    "StringLike": _like,
    "ArnEquals": _like,  # IAM: ArnEquals and ArnLike behave identically
    "ArnLike": _like,
    "Bool": lambda wanted, value: wanted.lower() == value.lower(),
}
