"""The role a crawler or a job works as: it must exist and trust Glue."""

from typing import Any

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from local_aws import policies

SERVICE = "glue.amazonaws.com"
SESSION_NAME = "GlueJobRunnerSession"
CREDENTIALS_LAST_SECONDS = 12 * 3600


def find(account: str, region: str, role: str) -> Any | None:
    """Return the IAM role of a name, a path with a name, or an ARN; None when there is none that Glue may assume."""
    name = role.rsplit("/", 1)[-1]
    roles = iam_backends[account][get_partition(region)].roles.values()
    found = next((one for one in roles if one.name == name), None)
    context = {"aws:SourceAccount": account}
    if found is None or not policies.allows(
        found.assume_role_policy_document, "sts:AssumeRole", service=SERVICE, context=context
    ):
        return None
    return found


def temporary_credentials(account: str, region: str, role_arn: str) -> dict[str, str]:
    """Make credentials of a role for one job run, as environment variables."""
    assumed = sts_backends[account][get_partition(region)].assume_role(
        region_name=region,
        role_session_name=SESSION_NAME,
        role_arn=role_arn,
        policy="",
        duration=CREDENTIALS_LAST_SECONDS,
        external_id="",
    )
    return {
        "AWS_ACCESS_KEY_ID": assumed.access_key_id,
        "AWS_SECRET_ACCESS_KEY": assumed.secret_access_key,
        "AWS_SESSION_TOKEN": assumed.session_token,
    }
