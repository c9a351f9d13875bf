"""What ministack 1.5.33 does otherwise than AWS where this project would notice; each goes when it is mended there.

Every place says what AWS does, with the page of its documentation, and what ministack does. A test in
tests/local_aws/corrections fails as soon as an upgrade of ministack moves a replaced function or no longer deviates.
"""

import os
from pathlib import Path

from local_aws.corrections import access, cloudformation, events, functions, invocations


def install(home: Path, endpoint_url: str) -> invocations.Invocations:
    """Put all corrections into ministack.

    LOCAL_AWS_LAMBDA_RETRY_SECONDS gives the waits before the second and third try of an asynchronous invocation.

    Args:
        home: the folder of the local AWS's state.
        endpoint_url: the address at which this server answers.

    Returns:
        What waits to be invoked; to be resumed once the server answers.
    """
    waits = tuple(float(wait) for wait in os.environ.get("LOCAL_AWS_LAMBDA_RETRY_SECONDS", "60,120").split(","))
    access.install()
    cloudformation.install()
    functions.install(endpoint_url)
    waiting = invocations.install(home / "lambda", waits)
    events.install(waiting)
    return waiting
