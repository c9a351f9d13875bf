"""Whether a policy lets somebody do something: resource policies, trust policies, and the policies of a role or user.

An explicit Deny wins; what is not allowed is denied. What this does not know (an operator of Condition, a policy
variable, NotPrincipal) never allows and always denies, so that here is the stricter place.

Source: IAM User Guide, "Policy evaluation logic", "IAM JSON policy elements: Condition operators" and "AWS JSON policy
elements: Principal".
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from moto.iam.models import iam_backends
from moto.utilities.utils import get_partition

Document = str | Mapping[str, Any]
EVERY_CALL = {"aws:SecureTransport": "true"}  # 127.0.0.1 counts as TLS


class Rule(NamedTuple):
    """What one statement says of some actions on some resources, its conditions being met: two regular expressions."""

    effect: str
    action: str
    resource: str

    def concerns(self, action: str, resource: str | None) -> bool:
        """Tell whether the rule speaks of an action on a resource (None: whichever the policy belongs to)."""
        if _compiled(self.action).fullmatch(action) is None:
            return False
        return resource is None or _compiled(self.resource).fullmatch(resource) is not None


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
    documents: Iterable[Document],
    action: str,
    *,
    service: str | None = None,
    principals: Iterable[str] = (),
    resource: str | None = None,
    context: Mapping[str, str] | None = None,
) -> str | None:
    """Return what several policies say together: "Allow", "Deny", or None when they say nothing.

    principals: the ARNs and account that a caller is, for resource policies. For the others see `allows`.
    """
    found = None
    for rule in rules(documents, service=service, principals=principals, context=context):
        if rule.concerns(action, resource):
            if rule.effect == "Deny":
                return "Deny"
            found = "Allow"
    return found


def rules(
    documents: Iterable[Document],
    *,
    service: str | None = None,
    principals: Iterable[str] = (),
    context: Mapping[str, str] | None = None,
) -> list[Rule]:
    """Return what is left of policies when principals and conditions have been looked at. See `decision`."""
    known = {name.lower(): value for name, value in (context or {}).items()}
    who = {"Service": {service} if service else set(), "AWS": set(principals)}
    found = []
    for document in documents:
        for statement, rule in _statements(document) if isinstance(document, str) else _parsed(document):
            if (not any(who.values()) or _names(statement, who)) and _holds(statement, known):
                found.append(rule)
    return found


def documents_of(owner: Any) -> list[Document]:
    """Return the policies of a role or user (moto's model of it): inline ones and attached ones."""
    documents: list[Document] = list(owner.policies.values())
    for policy in owner.managed_policies.values():
        documents += [one.document for one in policy.versions if one.version_id == policy.default_version_id]
    return documents


def find_role(account: str, region: str, arn: str) -> Any | None:
    """Return moto's model of the role of an ARN, None when there is none."""
    roles = iam_backends[account][get_partition(region)].roles.values()
    return next((role for role in roles if role.arn == arn), None)


@lru_cache(maxsize=512)
def _statements(document: str) -> list[tuple[Mapping[str, Any], Rule]]:
    """Return the statements of a policy with their rules. A policy is text, so one that changes is another one."""
    return _parsed(json.loads(document))


def _parsed(policy: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Rule]]:
    return [(statement, _rule(statement)) for statement in _many(policy.get("Statement", []))]


def _rule(statement: Mapping[str, Any]) -> Rule:
    return Rule(
        statement["Effect"],
        "(?i)" + _expression(statement, "Action"),
        "(?s)" + _expression(statement, "Resource"),
    )


def _expression(statement: Mapping[str, Any], element: str) -> str:
    """Return the regular expression of Action or Resource, or of its opposite. A pattern that has a variable is any."""
    opposite = f"Not{element}" in statement
    patterns = _many(statement.get(f"Not{element}" if opposite else element, []))
    unknown = ".*" if (statement["Effect"] == "Deny") != opposite else "(?!)"
    either = "|".join(unknown if "${" in str(one) else _regex(one) for one in patterns) or "(?!)"
    return f"(?!(?:{either})$).*" if opposite else f"(?:{either})"


def _names(statement: Mapping[str, Any], who: Mapping[str, set[str]]) -> bool:
    """Tell whether a statement speaks of a caller.

    Naming an account allows nothing by itself: it leaves the decision to the policies of its roles and users. It does
    deny to all of them.
    """
    denies = bool(statement["Effect"] == "Deny")
    if "NotPrincipal" in statement:
        return denies
    principal = statement.get("Principal")
    if not isinstance(principal, Mapping):
        return bool(principal == "*")
    if "*" in _many(principal.get("AWS", [])):
        return True
    named = {kind: {str(one) for one in _many(principal.get(kind, []))} for kind in who}
    if not denies:
        named["AWS"] = {one for one in named["AWS"] if not is_account(one)}
    else:
        named["AWS"] |= {one.split(":")[4] for one in named["AWS"] if one.endswith(":root")}
    return any(named[kind] & who[kind] for kind in who)


def is_account(principal: str) -> bool:
    """Tell whether a principal is a whole account."""
    return principal.isdigit() or principal.endswith(":root")


def delegates_to(document: Document, account: str) -> bool:
    """Tell whether a trust policy leaves to an account who may assume the role; with conditions it does not here."""
    statements = _statements(document) if isinstance(document, str) else _parsed(document)
    return any(
        statement["Effect"] == "Allow"
        and not statement.get("Condition")
        and rule.concerns("sts:AssumeRole", None)
        and isinstance(statement.get("Principal"), Mapping)
        and any(is_account(str(one)) and account in str(one) for one in _many(statement["Principal"].get("AWS", [])))
        for statement, rule in statements
    )


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
            if value is None:
                if operator in _NEGATED and statement["Effect"] == "Deny":
                    continue
                return False
            met = all if operator in _NEGATED else any
            if not met(test(str(one), value) for one in _many(wanted)):
                return False
    return True


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _regex(pattern: str) -> str:
    """Return the regular expression of a pattern with * and ?."""
    parts = re.split(r"([*?])", str(pattern))
    return "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in parts)


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


def _like(pattern: str, value: str) -> bool:
    return _compiled("(?s)" + _regex(pattern)).fullmatch(value) is not None


_NEGATED = {"StringNotEquals"}  # these hold when the key is missing
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, value: wanted == value,
    "StringNotEquals": lambda wanted, value: wanted != value,
    "StringEqualsIgnoreCase": lambda wanted, value: wanted.lower() == value.lower(),
    "StringLike": _like,
    "ArnEquals": _like,  # IAM: ArnEquals and ArnLike behave identically
    "ArnLike": _like,
    "Bool": lambda wanted, value: wanted.lower() == value.lower(),
}
