"""Log streams that services write for a role: of a function, a job run, a crawler."""

from moto.logs.models import logs_backends

from local_aws import access
from local_aws.access import Caller
from local_aws.actions import Permission, Place, log_group_arn, log_stream_arn


def make(caller: Caller, by: str, place: Place, group: str, stream: str) -> bool:
    """Make a stream for a role, and its group where that is missing.

    Args:
        caller: the role.
        by: the service that writes, such as "lambda.amazonaws.com".
        place: the account and region.
        group: name of the log group.
        stream: name of the stream.

    Returns:
        whether the role may write there; if not, nothing is made.

    """
    logs = logs_backends[place.account][place.region]
    arn = log_stream_arn(place, group, stream)
    wanted = [Permission("logs:CreateLogStream", arn), Permission("logs:PutLogEvents", arn)]
    if group not in logs.groups:
        wanted.insert(0, Permission("logs:CreateLogGroup", log_group_arn(place, group)))
    try:
        for one in wanted:
            access.act(caller, by, [one])
    except access.AccessDenied:
        return False
    logs.ensure_log_group(group)
    logs.ensure_log_stream(group, stream)
    return True
