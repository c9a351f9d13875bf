"""What ministack 1.5.33 does otherwise than AWS where this project would notice; each goes when it is mended there.

Every place says what AWS does, with the page of its documentation, and what ministack does. A test in
tests/local_aws/corrections fails as soon as an upgrade of ministack moves a replaced function or no longer deviates.
"""

from pathlib import Path

from local_aws.corrections import access, cloudformation, events, functions


def install(home: Path) -> functions.Invocations:
    """Put all corrections into ministack; return what is to be resumed once it answers."""
    access.install()
    cloudformation.install()
    events.install()
    return functions.install(home / "lambda")
