"""Where everything of one running stack lives: folders, ports, secrets, and the environment of its programs.

Two stacks can run side by side when their home folders and ports differ: the tests use that.
"""

import base64
import datetime as dt
import json
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
STACK_NAME = "coffee-shop"
USER = "admin"
# who Lambda signs in as: may start runs and read them, and change no setting
EVENTS_USER = "start-load"
# the local AWS's account, which may do everything; Airflow works as a role with the template's two policies
ACCOUNT_KEY, ACCOUNT_ID = "laptop", "123456789012"
AIRFLOW_ROLE = f"{STACK_NAME}-airflow"
# what every Airflow of a laptop has, whichever stack it is of
AIRFLOW_SETTINGS = {
    "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
    "PYTHONPATH": str(ROOT / "dags"),  # the pages' periods, which plugins.zip brings on MWAA
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
    # most of a task's time it waits for a query or a job
    "AIRFLOW__CORE__PARALLELISM": "6",
    # a supervisor that misses its task's end notices it at its next heartbeat: by default after up to 5 s
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS": "15",  # as patient as with three, every 5 s
    # a task that waits for the one before it waits for the scheduler to wake, by default up to 1 s
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
    # a task whose worker was killed, as when the battery is empty, begins again after a minute, not after five
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "60",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin,{EVENTS_USER}:user",
    "AIRFLOW__API__HOST": "127.0.0.1",
    "AIRFLOW__API__WORKERS": "1",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "20",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
    "COFFEE_SHOP_POLL_SECONDS": "0.3",
    "COFFEE_SHOP_DEFERRABLE": "0",
}


@dataclass(frozen=True)
class Stack:
    """One stack: ``home`` holds all its state; both servers listen on 127.0.0.1."""

    home: Path
    aws_port: int
    airflow_port: int

    @property
    def aws_url(self) -> str:
        """Address of the local AWS."""
        return f"http://127.0.0.1:{self.aws_port}"

    @property
    def airflow_url(self) -> str:
        """Address of Airflow's UI and REST API."""
        return f"http://127.0.0.1:{self.airflow_port}"

    @property
    def names_file(self) -> Path:
        """The COFFEE_SHOP_* lines that the deploy writes from the template's outputs."""
        return self.home / "coffee_shop.env"

    @property
    def aws_profiles(self) -> Path:
        """AWS's configuration file: the profile `account`, and as default the role that Airflow works as."""
        return self.home / "aws.ini"

    @property
    def buckets(self) -> Path:
        """Folder in which the local S3 keeps the newest version of each object as a plain file, below its bucket."""
        return self.home / "aws" / "s3" / ACCOUNT_ID

    @property
    def mail(self) -> Path:
        """Folder of the mails that the local SES accepted."""
        return self.home / "aws" / "mail"


def stack_from_environment() -> Stack:
    """Return the stack that LOCAL_HOME, AWS_PORT and AIRFLOW_PORT name (defaults: .local, 4566, 8080)."""
    home = Path(os.environ.get("LOCAL_HOME") or ROOT / ".local")
    return Stack(
        home=home if home.is_absolute() else ROOT / home,
        aws_port=int(os.environ.get("AWS_PORT") or 4566),
        airflow_port=int(os.environ.get("AIRFLOW_PORT") or 8080),
    )


def stack_secrets(stack: Stack) -> dict[str, str]:
    """Return the stack's keys and passwords, made on the first call and kept in a file that only its owner can read."""
    path = stack.home / "secrets.json"
    found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    made = {
        "password": secrets.token_urlsafe(12),
        "events_password": secrets.token_urlsafe(24),
        "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "api_secret": secrets.token_hex(32),
        "jwt_secret": secrets.token_hex(64),
        "aws_secret": secrets.token_urlsafe(30),
        "made_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }
    if not made.keys() <= found.keys():  # new, or of an earlier version
        found = made | found
        write_whole(path, json.dumps(found, indent=1))
    return found


def typed_path(path: Path) -> str:
    """Return a path as one would type it here: relative if it is below the working folder, else whole."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def write_whole(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file that is whole from the moment it is there, by default for its owner's eyes alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(path.name + ".new")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
    half.chmod(mode)  # whatever the umask
    half.replace(path)


def read_names(stack: Stack) -> dict[str, str]:
    """Return the names (buckets, databases, ...) that the deploy wrote; empty before the first deploy."""
    if not stack.names_file.exists():
        return {}
    lines = stack.names_file.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def write_aws_profiles(stack: Stack) -> None:
    """Write AWS's configuration file: `account` with its key, and as default the role that Airflow works as."""
    place = f"region = {REGION}\nendpoint_url = {stack.aws_url}\n"
    key = f"aws_access_key_id = {ACCOUNT_KEY}\naws_secret_access_key = {stack_secrets(stack)['aws_secret']}\n"
    role = f"role_arn = arn:aws:iam::{ACCOUNT_ID}:role/{AIRFLOW_ROLE}\nsource_profile = account\n"
    write_whole(stack.aws_profiles, f"[profile account]\n{key}{place}\n[default]\n{role}{place}")


def aws_environment(stack: Stack) -> dict[str, str]:
    """Return the environment that sends every AWS call to the local AWS, as the account, which may do everything."""
    write_aws_profiles(stack)
    # each task is a process, which would compile the project's modules again where PYTHONDONTWRITEBYTECODE is set
    ours = ("AIRFLOW", "AWS_", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    base = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    here = str(Path(sys.executable).parent)
    return base | {
        "PATH": here + os.pathsep + base.get("PATH", os.defpath),
        "AWS_ENDPOINT_URL": stack.aws_url,
        "AWS_CONFIG_FILE": str(stack.aws_profiles),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PROFILE": "account",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def aws_client(stack: Stack, service: str) -> Any:
    """Return a boto3 client of the stack's local AWS, as the account."""
    import boto3

    connect: Any = boto3.client
    return connect(
        service,
        endpoint_url=stack.aws_url,
        region_name=REGION,
        aws_access_key_id=ACCOUNT_KEY,
        aws_secret_access_key=stack_secrets(stack)["aws_secret"],
    )


def airflow_environment(stack: Stack) -> dict[str, str]:
    """Return the environment of every Airflow program of the stack; its AWS calls are made as Airflow's role."""
    keys = stack_secrets(stack)
    home = stack.home / "airflow"
    home.mkdir(parents=True, exist_ok=True)
    passwords = home / "passwords.json"
    passwords.touch(mode=0o600, exist_ok=True)
    passwords.write_text(json.dumps({USER: keys["password"], EVENTS_USER: keys["events_password"]}))
    aws = {name: value for name, value in aws_environment(stack).items() if name != "AWS_PROFILE"}
    return {
        **aws,
        **read_names(stack),
        **AIRFLOW_SETTINGS,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__FERNET_KEY": keys["fernet_key"],
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{stack.airflow_url}/execution/",
        "AIRFLOW__API__PORT": str(stack.airflow_port),
        "AIRFLOW__API__BASE_URL": stack.airflow_url,
        "AIRFLOW__API__SECRET_KEY": keys["api_secret"],
        "AIRFLOW__API_AUTH__JWT_SECRET": keys["jwt_secret"],
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        # the schedules begin now: a period before the set-up is a back-fill, not a mail at first switch-on
        "COFFEE_SHOP_START_DATE": keys["made_at"],
    }
