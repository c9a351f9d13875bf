"""What the Makefile calls: up, down, status, logs, demo, backfill, schedule, upload, replay, sql, quarantine."""

import argparse
import datetime as dt
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from laptop import demo, processes
from laptop.airflow_rest import AirflowRest, RestError
from laptop.airflow_runs import RunFailedError
from laptop.backfill import BackfillError, BackfillRequest, report_folders, run_backfill
from laptop.phases import Phases
from laptop.quarantine import ExportError, show_quarantine
from laptop.sql import SQL_HELP, SqlError, open_sql
from laptop.stack import (
    ROOT,
    STACK_NAME,
    USER,
    Stack,
    aws_client,
    aws_environment,
    read_names,
    stack_from_environment,
    stack_secrets,
    typed_path,
)
from laptop.uploads import LOAD, UploadError, changed_dates, read_ledger, upload, watch_loads

FUNCTION = "start-load"


def phases_of(stack: Stack, command: str) -> Phases:
    """Return the phases of a command, whose details go into a log named after it."""
    return Phases(processes.log_file(stack, f"make-{command}"))


def up(stack: Stack, arguments: argparse.Namespace) -> None:
    """Start the local AWS, apply the template, start Airflow; what runs already stays as it is."""
    start_all(stack, phases_of(stack, "up"))
    print(f"\nAirflow     {stack.airflow_url}   user {USER}, password {stack_secrets(stack)['password']}")


def start_all(stack: Stack, phases: Phases) -> None:
    """Start whatever of the stack does not run yet."""
    with phases.phase("Local AWS") as phase:
        processes.start_local_aws(stack)
        phase.outcome = f"answers at {stack.aws_url}"
    with phases.phase("Infrastructure") as phase:
        processes.deploy(stack, phase.say)
        phase.outcome = "the CloudFormation template is applied, the Glue scripts are uploaded"
    with phases.phase("Airflow") as phase:
        processes.start_airflow(stack)
        demo.open_shop(AirflowRest(stack))
        phase.outcome = f"answers at {stack.airflow_url}, and knows the DAGs"


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
    phases = phases_of(stack, "demo")
    start_all(stack, phases)
    airflow = AirflowRest(stack)
    sample = stack.home / "sample"
    with phases.phase("Sample data") as phase:
        demo.make_sample(sample, phase.say)
        phase.outcome = "April 2019: sales, pastry inventory and sales targets as CSV files"
    airflow.pause(LOAD, False)
    load(stack, airflow, phases, sample)
    with phases.phase("Weekly report") as phase:
        demo.run_weekly_report(airflow, phase)
    with phases.phase("Check") as phase:
        raw, mail, keys = demo.check_figures(stack)
        phase.outcome = "counted again from the raw files: the same figures"
    print("\n" + demo.last_words(stack, raw, mail, keys))
    print(f"\nDone in {time.monotonic() - started:.0f} s. Details: {typed_path(phases.log)}")


def load(stack: Stack, airflow: AirflowRest, phases: Phases, folder: Path) -> None:
    """Upload the CSV files of a folder and follow the load that their event starts."""
    with phases.phase("Upload") as phase:
        uploaded = upload(stack, folder, phase.say)
        number = len(uploaded.versions)
        phase.outcome = f"{'one file' if number == 1 else f'{number} files'} to the raw bucket"
    with phases.phase("Load") as phase:
        watch_loads(stack, airflow, uploaded, phase)


def backfill(stack: Stack, arguments: argparse.Namespace) -> None:
    """Create a back-fill of past periods and wait for it."""
    request = BackfillRequest(
        arguments.report, arguments.first, arguments.last, mail=arguments.mail, again=arguments.again
    )
    plan = run_backfill(AirflowRest(stack), request, phases_of(stack, "backfill"))
    print("\n" + report_folders(stack.buckets / read_names(stack)["COFFEE_SHOP_REPORTS_BUCKET"], plan))


def schedule(stack: Stack, arguments: argparse.Namespace) -> None:
    """Switch a report's schedule on."""
    AirflowRest(stack).pause(f"coffee_shop_{arguments.report}_report", False)
    print(f"coffee_shop_{arguments.report}_report is on. Off again: in the UI, the switch beside its name.")


def upload_correction(stack: Stack, arguments: argparse.Namespace) -> None:
    """Upload a correction of one day, follow the load that its event starts, and say which days changed."""
    airflow = AirflowRest(stack)
    airflow.pause(LOAD, False)
    phases = phases_of(stack, "upload")
    with phases.phase("Sample data") as phase:
        folder = demo.make_correction(stack, arguments.day, phase.say)
        phase.outcome = f"{arguments.day} with other sales, as a correction"
    load(stack, airflow, phases, folder)
    print("\n" + changed_dates(read_ledger(stack) or {}))


def replay(stack: Stack, arguments: argparse.Namespace) -> None:
    """Hand the events that Lambda gave up to it again."""
    command = [sys.executable, "-m", "infrastructure.replay", "--stack", STACK_NAME]
    if subprocess.run(command, cwd=ROOT, env=aws_environment(stack), check=False).returncode:
        raise UploadError("What stays can be replayed again. What Lambda said: make logs PROGRAM=start-load")


def sql(stack: Stack, arguments: argparse.Namespace) -> None:
    """Ask the laptop's Athena: one query, or a prompt."""
    open_sql(stack, arguments.query, arguments.csv)


def quarantine(stack: Stack, arguments: argparse.Namespace) -> None:
    """List the rows that broke the contract and are not mended yet; write files with their receipts to mend."""
    show_quarantine(stack, arguments.export)


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
    "sql": sql,
    "quarantine": quarantine,
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
    commands.choices["sql"].add_argument("--query", metavar="SQL", help="one query (default: a prompt)")
    commands.choices["sql"].add_argument("--csv", type=Path, metavar="FILE", help="write all rows there, as CSV")
    commands.choices["sql"].epilog = SQL_HELP
    commands.choices["quarantine"].add_argument("--export", type=Path, metavar="FOLDER", help="write the files there")
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
        ExportError,
        RestError,
        SqlError,
        TimeoutError,
    ) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"\n{error.output or ''}{error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"\nThe stack does not answer ({error}). Type: make up", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
