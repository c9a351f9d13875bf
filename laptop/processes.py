"""Start, stop and look at the stack's programs; each runs in a session of its own and is known by its process id."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from laptop.phases import Say
from laptop.stack import (
    ACCOUNT_ID,
    AIRFLOW_ROLE,
    EVENTS_USER,
    ROOT,
    STACK_NAME,
    Stack,
    airflow_environment,
    aws_client,
    aws_environment,
    read_names,
    stack_secrets,
)

LOCAL_AWS_PYTHON = ROOT / ".venv-local-aws" / "bin" / "python"
# order of start; log servers are left out because the UI reads the log files where they are
AIRFLOW_PROGRAMS = {
    "api-server": ["airflow", "api-server"],
    "scheduler": [sys.executable, "-P", str(ROOT / "laptop" / "scheduler.py")],
    "dag-processor": ["airflow", "dag-processor"],
    "triggerer": ["airflow", "triggerer", "--skip-serve-logs"],
}
PROGRAMS = ["local-aws", *AIRFLOW_PROGRAMS]


class NotReadyError(RuntimeError):
    """A program of the stack did not come up; the message says where its log is."""


def log_file(stack: Stack, name: str) -> Path:
    """Return the path of one program's log."""
    return stack.home / "logs" / f"{name}.log"


def _pid_file(stack: Stack, name: str) -> Path:
    return stack.home / "run" / f"{name}.pid"


def _started_at(pid: int) -> str | None:
    """Return when the system started process ``pid``: None if it ended; tells it from a later one."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        state, *fields = stat.read_text().rpartition(")")[2].split()
        return None if state == "Z" else fields[18]
    if Path("/proc/self/stat").exists():
        return None
    shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip() or None


def running_pid(stack: Stack, name: str) -> int | None:
    """Return the process id of a program of this stack if it runs, else None."""
    path = _pid_file(stack, name)
    if not path.exists():
        return None
    pid, _, started = path.read_text().partition(" ")
    return int(pid) if _started_at(int(pid)) == started else None


def start(stack: Stack, name: str, command: list[str], environment: dict[str, str]) -> None:
    """Start a program in its own session, log to a file, remember its process id; nothing happens if it runs."""
    if running_pid(stack, name):
        return
    for path in (log_file(stack, name), _pid_file(stack, name)):
        path.parent.mkdir(parents=True, exist_ok=True)
    with log_file(stack, name).open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _pid_file(stack, name).write_text(f"{process.pid} {_started_at(process.pid)}")


def stop(stack: Stack, name: str) -> bool:
    """End a program and all it started; return whether it ran. It has 20 s to end by itself."""
    pid = running_pid(stack, name)
    if pid is not None:
        os.killpg(pid, signal.SIGTERM)
        wait_until(lambda: running_pid(stack, name) is None, seconds=20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    _pid_file(stack, name).unlink(missing_ok=True)
    return pid is not None


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask ``condition`` every 0.3 s for at most ``seconds``; return whether it came true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.3)
    return condition()


def run_program(command: list[str], environment: dict[str, str], say: Say = print) -> None:
    """Run a program of the project to its end, and say each line that it prints.

    Raises:
        subprocess.CalledProcessError: it failed; ``output`` has its last lines.
    """
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            say(line.rstrip())
            lines = [*lines[-14:], line]
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output="".join(lines))


def answers(url: str) -> bool:
    """Return whether an HTTP GET of ``url`` is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # always our own http://127.0.0.1
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _wait_for(stack: Stack, name: str, url: str, seconds: float) -> None:
    """Wait until ``url`` answers.

    Raises:
        NotReadyError: the program ended or did not answer in time.
    """
    if not wait_until(lambda: answers(url) or running_pid(stack, name) is None, seconds) or not answers(url):
        tail = "\n".join(log_file(stack, name).read_text(errors="replace").splitlines()[-15:])
        raise NotReadyError(f"{name} did not start. The end of {log_file(stack, name)}:\n{tail}")


def start_local_aws(stack: Stack) -> None:
    """Start the local AWS and wait until it answers."""
    command = [
        str(LOCAL_AWS_PYTHON),
        "-m",
        "local_aws",
        "--port",
        str(stack.aws_port),
        "--home",
        str(stack.home / "aws"),
    ]
    start(stack, "local-aws", command, aws_environment(stack))
    _wait_for(stack, "local-aws", f"{stack.aws_url}/_local_aws/ready", 60)


def deploy(stack: Stack, say: Say = print) -> None:
    """Apply the infrastructure template to the local AWS, write the names it made, let Airflow and Lambda in.

    Raises:
        subprocess.CalledProcessError: the deploy failed; ``output`` says why.
    """
    command = [
        sys.executable,
        "-m",
        "infrastructure.deploy",
        "--stack",
        STACK_NAME,
        "--env-file",
        str(stack.names_file),
        "--parameter",
        f"AirflowUrl={stack.airflow_url}",
    ]
    run_program(command, aws_environment(stack), say)
    make_airflow_role(stack)
    aws_client(stack, "secretsmanager").put_secret_value(
        SecretId=read_names(stack)["COFFEE_SHOP_AIRFLOW_SECRET"],
        SecretString=json.dumps({"username": EVENTS_USER, "password": stack_secrets(stack)["events_password"]}),
    )


def make_airflow_role(stack: Stack) -> None:
    """Make the role that Airflow works as, with the two policies that the template makes for it."""
    iam, account = aws_client(stack, "iam"), f"arn:aws:iam::{ACCOUNT_ID}:root"
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam.create_role(RoleName=AIRFLOW_ROLE, AssumeRolePolicyDocument=document)
    for policy in read_names(stack)["COFFEE_SHOP_AIRFLOW_POLICIES"].split(","):
        iam.attach_role_policy(RoleName=AIRFLOW_ROLE, PolicyArn=policy)


def start_airflow(stack: Stack) -> None:
    """Bring Airflow's database up to date, start its four programs and wait until UI and tasks are answered."""
    environment = airflow_environment(stack)
    if not any(running_pid(stack, name) for name in AIRFLOW_PROGRAMS):
        with log_file(stack, "migrate").open("ab") as log:
            subprocess.run(["airflow", "db", "migrate"], cwd=ROOT, env=environment, stdout=log, stderr=log, check=True)
    for name, command in AIRFLOW_PROGRAMS.items():
        start(stack, name, command, environment)
    # tasks have an API of their own, which the first question builds in some 4 s: better this one than a load's
    _wait_for(stack, "api-server", f"{stack.airflow_url}/execution/health", 120)
