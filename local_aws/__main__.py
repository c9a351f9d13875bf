"""Run the local AWS until it is told to stop: `python -m local_aws --help`."""

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Start the server, say where it is, stop on SIGTERM or Ctrl-C. Returns the exit status."""
    options = _options(arguments)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    print("local AWS: starting (a few seconds)", flush=True)  # noqa: T201
    from local_aws.server import AlreadyRunning, start
    from local_aws.state import StateOfAnotherVersion

    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        server = start(options.home, options.port, options.lambda_retry_seconds)
    except (AlreadyRunning, StateOfAnotherVersion) as problem:
        print(f"local AWS: {problem}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"local AWS: ready at {server.url}, state in {server.home}", flush=True)  # noqa: T201
    stopping.wait()
    server.stop()
    print("local AWS: stopped", flush=True)  # noqa: T201
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local_aws",
        description="AWS on this machine: S3, Glue, Athena, EventBridge, Lambda, SQS, SES, SNS, CloudFormation, IAM, "
        "Secrets Manager and CloudWatch on 127.0.0.1. "
        "What it does, it does for real; anything else it refuses by name.",
        epilog="Use it with AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local "
        "AWS_DEFAULT_REGION=us-east-1 and any AWS SDK or tool. Objects lie as plain files in <home>/s3/<bucket>/<key>, "
        "mails in <home>/mail, calls in <home>/calls.jsonl.",
    )
    parser.add_argument("--port", type=int, default=4566, help="port on 127.0.0.1, 0 for a free one (default: 4566)")
    parser.add_argument(
        "--home",
        type=Path,
        default=Path(".local/aws"),
        help="folder that holds the whole state, kept over a restart (default: .local/aws)",
    )
    parser.add_argument(
        "--lambda-retry-seconds",
        type=_retry_seconds,
        default=os.environ.get("LOCAL_AWS_LAMBDA_RETRY_SECONDS", "60,120"),
        metavar="FIRST,SECOND",
        help="waits before the two retries of an asynchronous Lambda invocation (default: AWS's own, 60,120; or "
        "LOCAL_AWS_LAMBDA_RETRY_SECONDS)",
    )
    return parser.parse_args(arguments)


def _retry_seconds(text: str) -> tuple[float, float]:
    try:
        first, second = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected two numbers of seconds such as 5,10, found {text!r}") from None
    if min(first, second) < 0:
        raise argparse.ArgumentTypeError(f"seconds cannot be less than 0: {text}")
    return first, second


if __name__ == "__main__":
    sys.exit(main())
