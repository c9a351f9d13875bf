"""What the containers of Airflow's image run: keys, set-up, run, health, ready, in the order of docker-compose.yaml."""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from laptop import demo, processes
from laptop.airflow_rest import AirflowRest, RestError
from laptop.stack import (
    EVENTS_USER,
    USER,
    Stack,
    read_names,
    stack_from_environment,
    stack_secrets,
    write_aws_profiles,
    write_whole,
)
from laptop.uploads import upload


def make_keys(stack: Stack, arguments: argparse.Namespace) -> None:
    """Make keys and passwords on the first start; those that are there stay.

    Airflow's settings read one file each (``AIRFLOW__..._CMD``). The database's own password lies apart, because its
    container sees nothing else: the folder is mounted there alone, so the file may be read by any user. The key of the
    local AWS's account lies apart too.
    """
    password_file = Path(os.environ["DATABASE_PASSWORD_FILE"])
    if not password_file.exists():
        write_whole(password_file, secrets.token_urlsafe(24), 0o444)
    user, _, place = os.environ["DATABASE_ADDRESS"].partition("@")
    made = stack_secrets(stack)
    files = {name: made[name] for name in ("password", "fernet_key", "api_secret", "jwt_secret")}
    files["database"] = f"postgresql+psycopg2://{user}:{password_file.read_text()}@{place}"
    for name, text in files.items():
        write_whole(stack.home / "keys" / name, text, 0o400)
    write_aws_profiles(stack)
    account_key = Path(os.environ["ACCOUNT_KEY_FILE"])
    write_whole(account_key, stack.aws_profiles.read_text(), 0o400)
    print(f"Keys and passwords are in {stack.home}, {password_file.parent} and {account_key.parent}, each a volume")


def set_up(stack: Stack, arguments: argparse.Namespace) -> None:
    """Bring the database up to date, write the users' passwords for Airflow, apply the template, let Lambda in."""
    subprocess.run(["airflow", "db", "migrate"], check=True)
    made = stack_secrets(stack)
    passwords = {USER: made["password"], EVENTS_USER: made["events_password"]}
    write_whole(Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]), json.dumps(passwords), 0o600)
    processes.deploy(stack)


def run(stack: Stack, arguments: argparse.Namespace) -> None:
    """Become a program, with the names that the template gave in its environment."""
    environment = os.environ | read_names(stack) | {"COFFEE_SHOP_START_DATE": stack_secrets(stack)["made_at"]}
    os.execvpe(arguments.program[0], arguments.program, environment)  # noqa: S606


def health(stack: Stack, arguments: argparse.Namespace) -> None:
    """Ask Airflow whether one of its parts is well; the parts note in the database that they are alive.

    Raises:
        RestError: it is not.
    """
    url = f"{stack.airflow_url}/api/v2/monitor/health"
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # always our own http://127.0.0.1
        status = json.loads(answer.read())[arguments.part]["status"]
    if status != "healthy":
        raise RestError("GET", url, 200, f"{arguments.part} is {status or 'not there'}")


def get_ready(stack: Stack, arguments: argparse.Namespace) -> None:
    """Give the shop its first settings, switch the load on once, and say where everything is."""
    demo.open_shop(AirflowRest(stack))
    print(
        f"""
Airflow     {os.environ["AIRFLOW__API__BASE_URL"]}   user {USER}
Password    docker compose exec api-server cat {stack.home}/keys/password
Keys        in the volumes keys and database-password, made on the first start
Workbooks   in Airflow's UI: Reports
Mails       docker compose cp local-aws:/var/lib/local-aws/mail .
Upload      docker compose run --rm sample      a month of sample data: its events start a load
            docker compose run --rm --volume "$PWD/my-files:/files:ro" upload      your own files
Stop        docker compose down      with --volumes it forgets everything
"""
    )


def upload_files(stack: Stack, arguments: argparse.Namespace) -> None:
    """Put the CSV files of a folder into the raw bucket, under the same names."""
    if not upload(stack, arguments.folder).versions:
        raise FileNotFoundError(f"There is no .csv file in {arguments.folder}: mount a folder with prefixes there")


def upload_sample(stack: Stack, arguments: argparse.Namespace) -> None:
    """Make April 2019 as CSV files and put them into the raw bucket."""
    with tempfile.TemporaryDirectory() as folder:
        demo.make_sample(Path(folder))
        upload(stack, Path(folder))


COMMANDS: dict[str, Callable[[Stack, argparse.Namespace], None]] = {
    "keys": make_keys,
    "set-up": set_up,
    "run": run,
    "health": health,
    "ready": get_ready,
    "upload": upload_files,
    "sample": upload_sample,
}


def parse_arguments() -> argparse.Namespace:
    """Return the command line's values."""
    parser = argparse.ArgumentParser(prog="python -m containers", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function in COMMANDS.items():
        words = (function.__doc__ or "").splitlines()[0]
        commands.add_parser(name, help=words, description=words)
    commands.choices["run"].add_argument("program", nargs=argparse.REMAINDER)
    parts = ["metadatabase", "scheduler", "dag_processor", "triggerer"]
    commands.choices["health"].add_argument("part", choices=parts)
    commands.choices["upload"].add_argument("folder", type=Path)
    return parser.parse_args()


def main() -> int:
    """Run one command; return 0 only if all of it worked."""
    arguments = parse_arguments()
    try:
        COMMANDS[arguments.command](stack_from_environment(), arguments)
    except (RestError, TimeoutError, OSError, subprocess.CalledProcessError) as error:
        print(f"{arguments.command}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
