"""What the Makefile calls: up, down, status, logs, demo, backfill, schedule, upload, replay."""

import argparse
import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Callable

from laptop import demo, processes
from laptop.airflow_rest import AirflowRest, RestError
from laptop.airflow_runs import RunFailedError
from laptop.backfill import BackfillError, run_backfill
from laptop.demo import step
from laptop.stack import (
    ROOT,
    STACK_NAME,
    USER,
    Stack,
    aws_client,
    aws_environment,
    stack_from_environment,
    stack_secrets,
)
from laptop.uploads import LOAD, UploadError, changed_dates, read_ledger, upload, watch_loads

FUNCTION = "start-load"


def up(stack: Stack, arguments: argparse.Namespace) -> None:
    """Start the local AWS, apply the template, start Airflow; what runs already stays as it is."""
    step("Local AWS: start")
    processes.start_local_aws(stack)
    print(f"  {stack.aws_url}, state in {os.path.relpath(stack.home)}")
    step("Infrastructure: apply the CloudFormation template, upload the Glue scripts")
    processes.deploy(stack)
    step("Airflow: start api-server, scheduler, dag-processor, triggerer")
    processes.start_airflow(stack)
    airflow = AirflowRest(stack)
    demo.open_shop(airflow)
    print(f"  {stack.airflow_url}   user {USER}, password {stack_secrets(stack)['password']}")


def down(stack: Stack, arguments: argparse.Namespace) -> None:
    """Stop all programs, the last started first."""
    stopped = [name for name in reversed(processes.PROGRAMS) if processes.stop(stack, name)]
    print("Stopped: " + (", ".join(stopped) or "nothing ran"))


def status(stack: Stack, arguments: argparse.Namespace) -> None:
    """Show each program, then the DAGs with their latest run."""
    for name in processes.PROGRAMS:
        pid = processes.running_pid(stack, name)
        print(f"  {name:<14} {'runs, process ' + str(pid) if pid else 'stopped'}")
    if not processes.running_pid(stack, "api-server"):
        return
    print(f"\n  {stack.airflow_url}   user {USER}, password {stack_secrets(stack)['password']}\n")
    airflow = AirflowRest(stack)
    for dag in airflow.call("GET", "/dags?limit=100")["dags"]:
        runs = airflow.call("GET", f"/dags/{dag['dag_id']}/dagRuns?limit=1&order_by=-run_after")["dag_runs"]
        latest = f"latest run {runs[0]['dag_run_id']}: {runs[0]['state']}" if runs else "never ran"
        print(f"  {dag['dag_id']:<28} {'paused' if dag['is_paused'] else 'on':<7} {latest}")


def logs(stack: Stack, arguments: argparse.Namespace) -> None:
    """Follow the logs of all programs, or of one; show what Lambda's start-load said last."""
    if arguments.program == FUNCTION:
        show_function_log(stack)
        return
    names = [arguments.program] if arguments.program else processes.PROGRAMS
    files = [str(path) for name in names if (path := processes.log_file(stack, name)).exists()]
    if not files:
        raise processes.NotReadyError("There are no logs yet. Type: make up")
    subprocess.run(["tail", "-n", "40", "-F", *files], check=False)


def show_function_log(stack: Stack) -> None:
    """Print the Lambda's log of the last day."""
    since = int((time.time() - 24 * 3600) * 1000)
    pages = aws_client(stack, "logs").get_paginator("filter_log_events")
    found = pages.paginate(logGroupName=f"/aws/lambda/{STACK_NAME}-{FUNCTION}", startTime=since)
    for event in sorted((one for page in found for one in page["events"]), key=lambda one: one["timestamp"]):
        moment = dt.datetime.fromtimestamp(event["timestamp"] / 1000).astimezone()
        print(f"{moment:%Y-%m-%d %H:%M:%S}  {event['message'].rstrip()}")


def run_demo(stack: Stack, arguments: argparse.Namespace) -> None:
    """Start all, load a month, report and mail a week, and hold the result against the raw files."""
    started = time.monotonic()
    up(stack, arguments)
    airflow = AirflowRest(stack)
    step("Sample data: April 2019, about 50,000 lines of sales")
    sample = stack.home / "sample"
    demo.make_sample(sample)
    airflow.pause(LOAD, False)
    step("Upload to the raw bucket")
    uploaded = upload(stack, sample)
    step("Load, started by the upload's event: raw files to conformed tables")
    watch_loads(stack, airflow, uploaded)
    step("Weekly report: three workbooks and a mail")
    demo.run_weekly_report(airflow)
    step("Check: count the week again from the raw files")
    raw, mail, keys = demo.check_figures(stack, sample)
    print(demo.last_words(stack, raw, mail, keys))
    print(f"\nDone in {time.monotonic() - started:.0f} s.")


def backfill(stack: Stack, arguments: argparse.Namespace) -> None:
    """Create a back-fill of past periods and wait for it."""
    airflow = AirflowRest(stack)
    run_backfill(airflow, arguments.report, arguments.first, arguments.last, mail=arguments.mail, again=arguments.again)


def schedule(stack: Stack, arguments: argparse.Namespace) -> None:
    """Switch a report's schedule on."""
    AirflowRest(stack).pause(f"coffee_shop_{arguments.report}_report", False)
    print(f"coffee_shop_{arguments.report}_report is on. Off again: in the UI, the switch beside its name.")


def upload_correction(stack: Stack, arguments: argparse.Namespace) -> None:
    """Upload a correction of one day, follow the load that its event starts, and say which days changed."""
    airflow = AirflowRest(stack)
    airflow.pause(LOAD, False)
    step(f"Sample data: {arguments.day} with other sales")
    folder = demo.make_correction(stack, arguments.day)
    step("Upload to corrections/ below the prefix")
    uploaded = upload(stack, folder)
    step("Load, started by the upload's event")
    watch_loads(stack, airflow, uploaded)
    print("\n" + changed_dates(read_ledger(stack) or {}))


def replay(stack: Stack, arguments: argparse.Namespace) -> None:
    """Hand the events that Lambda gave up to it again."""
    command = [sys.executable, "-m", "infrastructure.replay", "--stack", STACK_NAME]
    if subprocess.run(command, cwd=ROOT, env=aws_environment(stack), check=False).returncode:
        raise UploadError("What stays can be replayed again. What Lambda said: make logs PROGRAM=start-load")


COMMANDS: dict[str, Callable[[Stack, argparse.Namespace], None]] = {
    "up": up,
    "down": down,
    "status": status,
    "logs": logs,
    "demo": run_demo,
    "backfill": backfill,
    "schedule": schedule,
    "upload": upload_correction,
    "replay": replay,
}


def parse_arguments() -> argparse.Namespace:
    """Return the command line's values."""
    parser = argparse.ArgumentParser(prog="python -m laptop", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function in COMMANDS.items():
        words = (function.__doc__ or "").splitlines()[0]
        commands.add_parser(name, help=words, description=words)
    commands.choices["logs"].add_argument("program", nargs="?", choices=[*processes.PROGRAMS, FUNCTION])
    for name in ("backfill", "schedule"):
        commands.choices[name].add_argument("--report", required=True, choices=["daily", "weekly", "monthly"])
    commands.choices["backfill"].add_argument("--from", dest="first", required=True, metavar="YYYY-MM-DD")
    commands.choices["backfill"].add_argument("--to", dest="last", required=True, metavar="YYYY-MM-DD")
    commands.choices["backfill"].add_argument("--mail", action="store_true", help="mail the reports as well")
    commands.choices["backfill"].add_argument("--again", action="store_true", help="report periods that ran before")
    commands.choices["upload"].add_argument("--day", required=True, metavar="YYYY-MM-DD")
    return parser.parse_args()


def main() -> int:
    """Run one command; return 0 only if all of it worked."""
    arguments = parse_arguments()
    try:
        COMMANDS[arguments.command](stack_from_environment(), arguments)
    except (
        processes.NotReadyError,
        demo.DemoError,
        BackfillError,
        RunFailedError,
        UploadError,
        RestError,
        TimeoutError,
        subprocess.CalledProcessError,
    ) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"\nThe stack does not answer ({error}). Type: make up", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
