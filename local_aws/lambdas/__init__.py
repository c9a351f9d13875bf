"""Lambda whose functions run: each in a process of its own, waited for or asynchronously."""

from collections.abc import Sequence
from pathlib import Path


def install(home: Path) -> None:
    """Put our functions and invocations in the place of moto's; open the queue below `home`."""
    from moto.awslambda import models
    from moto.awslambda.responses import LambdaResponse

    from local_aws.lambdas import api, asynchronous, functions

    models.LambdaFunction = functions.Function  # type: ignore[misc]
    models.LambdaStorage = functions.Storage  # type: ignore[misc]
    LambdaResponse.invoke = api.invoke  # type: ignore[method-assign]
    for name in (
        "add_permission",
        "delete_function",
        "put_function_concurrency",
        "put_function_event_invoke_config",
        "update_function_code",
        "update_function_event_invoke_config",
    ):
        setattr(models.LambdaBackend, name, getattr(api, name))
    (home / "lambda").mkdir(exist_ok=True)
    asynchronous.open_queue(home / "lambda" / "waiting.sqlite")


def start(home: Path, url: str, retry_seconds: Sequence[float]) -> None:
    """Start to do what waits; functions reach AWS at `url`."""
    from local_aws.lambdas import asynchronous

    asynchronous.start(home / "lambda", url, retry_seconds)


def stop() -> None:
    """Stop; what is not done stays in the queue."""
    from local_aws.lambdas import asynchronous

    asynchronous.stop()
