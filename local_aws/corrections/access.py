"""Who is let in: signatures of the account's own key are checked, and 127.0.0.1 counts as encrypted."""

import os
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import sts

from local_aws.hooks import replaces, wraps


@replaces(iam_evaluator, "is_root_access_key")
@replaces(sts, "is_root_access_key")  # it has the function by name
def is_key_of_account(access_key_id: str) -> bool:
    """Tell whether a key is the account's own.

    AWS: each request but an anonymous one carries the signature of a key that exists (IAM User Guide, "AWS Signature
    Version 4 for API requests"). ministack: no key at all, `test` and any twelve digits are the account's root user
    too, and a root user's signature is not checked: whoever knows the id of the key needs no secret.
    """
    return access_key_id == os.environ.get("AWS_ACCESS_KEY_ID", "test")


replaces(iam_evaluator, "_is_root_key")(lambda access_key_id: False)


@wraps(iam_evaluator, "_resolve_condition_key")
def resolve_key(plain: Any, name: str, context: Any) -> Any:
    """Return the value of a policy's condition key.

    AWS: `aws:SecureTransport` is true for a request over TLS (IAM User Guide, "AWS global condition context keys").
    ministack: it is false for our http://127.0.0.1, which leaves the machine as little as TLS is readable on its way;
    the template's buckets and queue refuse whatever is not secure.
    """
    return "true" if name.lower() == "aws:securetransport" else plain(name, context)
