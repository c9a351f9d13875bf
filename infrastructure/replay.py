"""Hand the events in the dead-letter queue to the Lambda again, once whatever stopped them is mended.

    python -m infrastructure.replay --stack coffee-shop
    python -m infrastructure.replay --environment production

Each event is the one that S3 sent, so a run has the name it would have had: an event that got through meanwhile starts
no second one. What fails again stays in the queue.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infrastructure.console import DeployError, say
from infrastructure.deploy import read_environment
from infrastructure.stack import environment, find_stack

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

HIDDEN_SECONDS = 900  # nobody else gets a message while we try it; the Lambda takes 60 seconds at most
WAIT_SECONDS = 2  # a long poll asks all of SQS's servers: "Amazon SQS short and long polling" in its guide


def dead_letters(sqs: "SQSClient", queue_url: str) -> "Iterator[MessageTypeDef]":
    """Return each message of the queue once, hidden from others meanwhile."""
    seen: set[str] = set()
    while True:
        found = sqs.receive_message(
            QueueUrl=queue_url,
            MaxNumberOfMessages=1,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=WAIT_SECONDS,
            MessageAttributeNames=["ErrorMessage"],
        ).get("Messages", [])
        new = [message for message in found if message["MessageId"] not in seen]
        if not new:
            return
        seen |= {message["MessageId"] for message in new}
        yield from new


def hand_over(functions: "LambdaClient", name: str, event: str) -> tuple[bool, str]:
    """Run the Lambda with an event; return whether it did its work, and its words."""
    answer = functions.invoke(FunctionName=name, InvocationType="RequestResponse", Payload=event.encode())
    said = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        return False, f"{said.get('errorType', 'Error')}: {said.get('errorMessage', '')}"
    return True, str(said["done"])


def replay(sqs: "SQSClient", functions: "LambdaClient", queue_url: str, function: str) -> tuple[int, int]:
    """Hand each dead letter over again, and take it out of the queue when that worked.

    Returns:
        How many were handed over, and how many failed again and are back in the queue.
    """
    done, failed = 0, []
    for message in dead_letters(sqs, queue_url):
        worked, words = hand_over(functions, function, message["Body"])
        say(("  ok      " if worked else "  failed  ") + words)
        if worked:
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
            done += 1
        else:
            failed.append(message["ReceiptHandle"])
    for handle in failed:
        sqs.change_message_visibility(QueueUrl=queue_url, ReceiptHandle=handle, VisibilityTimeout=0)
    return done, len(failed)


def main(words: list[str] | None = None) -> int:
    """Run the command; return 0 when nothing is left in the queue."""
    parser = argparse.ArgumentParser(prog="python -m infrastructure.replay", description=(__doc__ or "").split("\n")[0])
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--stack", default="coffee-shop", help="name of the stack (default: coffee-shop)")
    which.add_argument("--environment", metavar="NAME", help="the stack of infrastructure/environments/NAME.yaml")
    options = parser.parse_args(words)
    try:
        name = read_environment(options.environment)["stack"] if options.environment else options.stack
        stack = find_stack(boto3.client("cloudformation"), name)
        made = environment(stack) if stack else {}
        if "COFFEE_SHOP_DEAD_LETTER_QUEUE" not in made:
            raise DeployError(f"The stack {name} is not there, or has no Airflow that events start: deploy it first.")
        functions = boto3.client("lambda", config=Config(read_timeout=HIDDEN_SECONDS, retries={"max_attempts": 0}))
        done, failed = replay(
            boto3.client("sqs"),
            functions,
            made["COFFEE_SHOP_DEAD_LETTER_QUEUE"],
            made["COFFEE_SHOP_START_LOAD_FUNCTION"],
        )
    except DeployError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (ClientError, BotoCoreError) as error:
        sys.stderr.write(f"AWS says: {error}\n")
        return 1
    say(f"{done} handed over, {failed} failed again and stay in the queue" if done or failed else "Nothing there")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
