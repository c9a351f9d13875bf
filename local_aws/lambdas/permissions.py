"""Who may invoke a function: the policy that AddPermission writes; and what the function itself may do: its role."""

from typing import Any

from local_aws import access, policies
from local_aws.actions import Permission

LAMBDA = "lambda.amazonaws.com"


def may_invoke(function: Any, service: str, source_arn: str) -> bool:
    """Tell whether a function's policy lets a service invoke it on behalf of a resource."""
    return policies.allows(
        {"Statement": function.policy.statements},
        "lambda:InvokeFunction",
        service=service,
        resource=function.function_arn,
        context={"AWS:SourceArn": source_arn, "AWS:SourceAccount": function.account_id},
    )


def may_be_assumed(role: Any) -> bool:
    """Tell whether a role lets Lambda assume it."""
    return policies.allows(role.assume_role_policy_document, "sts:AssumeRole", service=LAMBDA)


def role_may(function: Any, action: str, resource: str) -> bool:
    """Tell whether a function's role may do what Lambda is about to do as that role; the record of calls has it."""
    caller = access.role(function.role, function.function_name)
    try:
        access.act(caller, LAMBDA, [Permission(action, resource)])
    except access.AccessDenied:
        return False
    return True
