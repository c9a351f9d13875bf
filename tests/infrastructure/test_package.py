"""The package for Amazon MWAA: what is in it, and that it runs laid out as on MWAA.

Taken from MWAA's user guide and its public image (aws/amazon-mwaa-docker-images, images/airflow/3.3.1): the folders below
/usr/local/airflow, here below a temporary one; the packages of the image and its constraints; the start-up script first,
then pip, then Airflow's programs with what the script exported; FAB as auth manager, gunicorn as server.

Not as on MWAA: SQLite and LocalExecutor in place of PostgreSQL and Celery, a user with a password in place of IAM, and the
image's psycopg2 and pycurl are left out, as they have to be compiled; nothing here imports them.
"""

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import boto3
import openpyxl
import pytest

from infrastructure import deploy, package
from infrastructure.console import DeployError
from infrastructure.template import TEMPLATE, read_template
from laptop.airflow_rest import AirflowRest
from laptop.processes import answers, wait_until
from laptop.stack import USER, Stack, stack_secrets
from tests.dags import report_lake
from tests.local_aws_process import KEY, running_local_aws

ROOT = Path(__file__).resolve().parents[2]
UV = str(ROOT / ".venv" / "bin" / "uv")
HOME_ON_MWAA = "/usr/local/airflow"
# bootstrap/02-airflow/001-install-required-pip-packages.sh of the image
IMAGE = [
    "apache-airflow-providers-amazon[aiobotocore]",
    "apache-airflow[celery,statsd]==3.3.1",
    "apache-airflow-core[gunicorn]==3.3.1",
    "apache-airflow-providers-postgres",
    "apache-airflow-providers-fab",
    "apache-airflow-providers-standard",
    "boto3-stubs[logs,sqs]",
    "watchtower",
    "fluent-logger",
    "virtualenv",
]
REPORTS = ("custom", "daily", "monthly", "restated", "upload", "weekly")
DAG_IDS = sorted(["coffee_shop_load", "coffee_shop_restate", *(f"coffee_shop_{name}_report" for name in REPORTS)])


def unzip(body: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(body))


# ------------------------------------------------------------------------------------------- what is in it


def test_it_is_what_mwaa_takes_and_nothing_else():
    files = package.build()
    assert {name for name in files if "/" not in name} == {"plugins.zip", "requirements.txt", "startup.sh"}
    assert sorted(name for name in files if name.startswith("dags/") and name.count("/") == 1) == [
        "dags/.airflowignore",
        "dags/coffee_shop_load.py",
        "dags/coffee_shop_reports.py",
        "dags/coffee_shop_restate.py",
    ]
    assert {"dags/coffee_shop/settings.py", "dags/include/sql/sales/report.yaml"} <= files.keys()
    assert "dags/include/sql/macros/customers.sql" in files
    assert not [
        name for name in files if "__pycache__" in name or name.endswith((".pyc", ".sqlfluff", ".sqlfluffignore"))
    ]
    assert {
        "coffee_shop_reports_page.py",
        "coffee_shop_run_notes.py",
        "coffee_shop_reports_app/web.py",
        ".airflowignore",
        "constraints.txt",
    } <= set(unzip(files["plugins.zip"]).namelist())


def test_the_pages_need_nothing_of_the_dags_but_what_plugins_zip_brings(tmp_path):
    unzip(package.build()["plugins.zip"]).extractall(tmp_path)
    assert [path.name for path in (tmp_path / "coffee_shop").iterdir()] == ["periods.py"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), "AIRFLOW_HOME": str(tmp_path / "home")}
    look = "import coffee_shop_reports_app.web, coffee_shop.periods; print(coffee_shop.periods.__file__)"
    done = subprocess.run([sys.executable, "-c", look], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1:] == [str(tmp_path / "coffee_shop" / "periods.py")], done.stderr


def test_with_the_dags_on_the_path_too_their_package_is_whole(tmp_path):
    unzip(package.build()["plugins.zip"]).extractall(tmp_path)
    for folders in ([tmp_path, ROOT / "dags"], [ROOT / "dags", tmp_path]):
        environment = {"PYTHONPATH": os.pathsep.join(map(str, folders))}
        look = "import coffee_shop.periods, coffee_shop.lake.documents; print(coffee_shop.periods.__file__)"
        done = subprocess.run([sys.executable, "-c", look], env=environment, capture_output=True, text=True)
        assert done.stdout == f"{ROOT / 'dags' / 'coffee_shop' / 'periods.py'}\n", done.stderr


def test_the_same_project_gives_the_same_bytes_wherever_and_whenever(tmp_path):
    for folder in ("dags", "include", "plugins"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "requirements.txt", tmp_path)
    os.utime(tmp_path / "plugins" / "coffee_shop_reports_page.py", (1, 1))
    (tmp_path / "plugins" / "coffee_shop_reports_page.py").chmod(0o600)
    (tmp_path / "plugins" / "__pycache__").mkdir(exist_ok=True)
    (tmp_path / "plugins" / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert package.build(tmp_path) == package.build()
    (tmp_path / "plugins" / "coffee_shop_reports_page.py").write_text("a = 1\n")
    assert package.build(tmp_path)["plugins.zip"] != package.build()["plugins.zip"]


def test_requirements_name_the_constraints_where_they_lie_on_mwaa():
    lines = package.build()["requirements.txt"].decode().splitlines()
    ours = (ROOT / "requirements.txt").read_text().splitlines()
    where = lines.index('--constraint "/usr/local/airflow/plugins/constraints.txt"')
    assert ours[where] == "-c constraints.txt"
    assert lines[:where] + lines[where + 1 :] == ours[:where] + ours[where + 1 :]
    with pytest.raises(DeployError, match=r"expected one line `-c constraints\.txt`, found 0"):
        package.requirements("pandas==3.0.5\n")


def test_mwaas_constraints_allow_what_we_pin():
    listed = (package.MWAA / "constraints.txt").read_text().lower().splitlines()
    ours = [line.lower() for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line]
    # the list is of this Airflow, and has nothing on Pillow, which needs nothing else
    assert [pin for pin in ours if pin not in listed] == ["apache-airflow==3.3.1", "pillow==13.0.0"]
    assert not [line for line in listed if line.startswith("pillow")]


def test_dist_holds_the_package_and_says_what_changed(tmp_path, capsys):
    package.write(tmp_path, {"dags/a.py": b"a", "dags/include/b.sql": b"b", "startup.sh": b"c"})
    assert "3 files, 3 of them new or changed, 0 removed" in capsys.readouterr().out
    package.write(tmp_path, {"dags/a.py": b"a", "startup.sh": b"d"})
    assert "2 files, 1 of them new or changed, 1 removed" in capsys.readouterr().out
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == [
        "dags",
        "dags/a.py",
        "startup.sh",
    ]


# -------------------------------------------------------------------------------------- laid out as on MWAA

# Put into the new virtual environment: Python imports it at every start, and then opens nothing below the folders of
# HIDDEN and lists none of them. (Permissions would do the same, were the tests never run as root.)
SITECUSTOMIZE = """
import os, sys

HIDDEN = tuple(os.path.join(folder, "") for folder in os.environ.get("HIDDEN", "").split(os.pathsep) if folder)

def refuse(event, arguments):
    if event in ("open", "os.listdir", "os.scandir") and not isinstance(arguments[0], (int, type(None))):
        path = os.path.join(os.path.abspath(os.fsdecode(arguments[0])), "")
        if path.startswith(HIDDEN):
            raise PermissionError(13, "hidden by the test", path)

sys.addaudithook(refuse)
"""
PREPARE = """
import sys
from airflow.cli.cli_parser import get_parser

user = ["users", "create", "--username", sys.argv[1], "--password", sys.argv[2], "--role", "Admin"]
for words in (["db", "migrate"], [*user, "--firstname", "A", "--lastname", "B", "--email", "a@coffee-shop.example"]):
    asked = get_parser().parse_args(words)
    asked.func(asked)
"""


def python_3_12() -> str:
    """Return a Python 3.12, as uv, the PATH or pyenv have it."""
    found = subprocess.run([UV, "python", "find", "3.12"], capture_output=True, text=True, check=False, cwd="/")
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path(shutil.which("pyenv") or "/pyenv/bin/pyenv").parents[1])
    candidates = [found.stdout.strip(), "python3.12", *map(str, sorted(pyenv.glob("versions/3.12.*/bin/python")))]
    for candidate in filter(None, candidates):
        try:
            version = subprocess.run([candidate, "-V"], capture_output=True, text=True, check=False).stdout
        except OSError:
            continue
        if version.startswith("Python 3.12."):
            return candidate
    pytest.skip("no Python 3.12, which MWAA has: not in uv, on the PATH or in pyenv")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is /usr/local/airflow on MWAA, as MWAA fills it from the bucket."""
    home = tmp_path_factory.mktemp("mwaa") / "airflow"
    files = package.build()
    unzip(files.pop("plugins.zip")).extractall(home / "plugins")
    for name, body in files.items():
        path = home / {"requirements.txt": "requirements/requirements.txt", "startup.sh": "startup/startup.sh"}.get(
            name, name
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return home


def pip(python: Path, *words: str) -> str:
    done = subprocess.run(
        [UV, "pip", words[0], "--python", str(python), *words[1:]], capture_output=True, text=True, check=False, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(home: Path) -> dict[str, list[str]]:
    """The packages of the image, and with requirements.txt, in a new virtual environment beside the home."""
    venv = home.parent / "venv"
    subprocess.run([UV, "venv", "--quiet", "--python", python_3_12(), str(venv)], check=True, cwd="/")
    python = venv / "bin" / "python"
    pip(python, "install", "--compile-bytecode", "-c", str(home / "plugins" / "constraints.txt"), *IMAGE)
    image = pip(python, "freeze").splitlines()
    here = home.parent / "requirements-here.txt"
    here.write_text((home / "requirements" / "requirements.txt").read_text().replace(HOME_ON_MWAA, str(home)))
    pip(python, "install", "--compile-bytecode", "-r", str(here))
    next(venv.glob("lib/python3.12/site-packages")).joinpath("sitecustomize.py").write_text(SITECUSTOMIZE)
    return {"image": image, "all": pip(python, "freeze").splitlines()}


@pytest.fixture(scope="module")
def stack(home: Path) -> Stack:
    """Ports, password and folder of the programs, in the form that laptop/ knows."""
    ports = []
    with ExitStack() as probes:
        for _ in range(2):
            probe = probes.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            ports.append(probe.getsockname()[1])
    return Stack(home=home.parent / "stack", aws_port=ports[0], airflow_port=ports[1])


def before_the_script(home: Path, stack: Stack, aws_url: str) -> dict[str, str]:
    """Return what MWAA starts the start-up script with: its own settings, and the template's configuration options."""
    options = read_template(TEMPLATE)["Resources"]["MwaaEnvironment"]["Properties"]["AirflowConfigurationOptions"]
    values = {name.removeprefix("COFFEE_SHOP_").lower(): value for name, value in report_lake.NAMES.items()}
    keys = stack_secrets(stack)
    return {
        **{f"AIRFLOW__{name.replace('.', '__').upper()}": values[name.split(".")[1]] for name in options},
        "AIRFLOW__COFFEE_SHOP__POLL_SECONDS": "1",
        "PATH": f"{home.parent}/venv/bin:/usr/bin:/bin",
        "VIRTUAL_ENV": f"{home.parent}/venv",
        "HOME": str(home),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "3",
        "AIRFLOW__CORE__FERNET_KEY": keys["fernet_key"],
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{stack.airflow_url}/execution/",
        "AIRFLOW__API__SERVER_TYPE": "gunicorn",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(stack.airflow_port),
        "AIRFLOW__API__BASE_URL": stack.airflow_url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": keys["api_secret"],
        "AIRFLOW__API_AUTH__JWT_SECRET": keys["jwt_secret"],
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        "AWS_ENDPOINT_URL": aws_url,
        **KEY,
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "HIDDEN": str(ROOT),
    }


def after_the_script(home: Path, environment: dict[str, str]) -> dict[str, str]:
    """Return the environment that the start-up script leaves, as MWAA takes it over."""
    command = ["/bin/bash", "-c", 'source "$0" && env -0', str(home / "startup" / "startup.sh")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=home)
    return dict(line.split("=", 1) for line in done.stdout.split("\0") if line)


@contextmanager
def program(name: str, environment: dict[str, str], logs: Path, cwd: Path) -> Iterator[None]:
    """Run one of Airflow's programs in a session of its own, as `airflow NAME`; its log is NAME.log."""
    with (logs / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [f"{environment['VIRTUAL_ENV']}/bin/airflow", name],
            env=environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@dataclass(frozen=True)
class Mwaa:
    """Airflow as MWAA runs it: the environment of its programs, a signed-in caller, and where mails and logs are."""

    environment: dict[str, str]
    rest: AirflowRest
    mails: Path
    logs: Path


@pytest.fixture(scope="module")
def mwaa(
    home: Path, installed: dict[str, list[str]], stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mwaa]:
    """Airflow's four programs on the package, and a local AWS with a loaded lake."""
    lake, logs, elsewhere = (tmp_path_factory.mktemp(name) for name in ("lake", "logs", "elsewhere"))
    with running_local_aws(lake, os.environ) as url, pytest.MonkeyPatch.context() as patch, ExitStack() as running:
        environment = after_the_script(home, before_the_script(home, stack, url))
        python, password = f"{environment['VIRTUAL_ENV']}/bin/python", stack_secrets(stack)["password"]
        prepared = subprocess.run(
            [python, "-c", PREPARE, USER, password], env=environment, cwd=elsewhere, capture_output=True, text=True
        )
        assert prepared.returncode == 0, prepared.stdout + prepared.stderr
        no_dags = environment | {"HIDDEN": f"{ROOT}{os.pathsep}{home / 'dags'}"}
        running.enter_context(program("api-server", no_dags, logs, elsewhere))
        for name in ("scheduler", "dag-processor", "triggerer"):
            running.enter_context(program(name, environment, logs, elsewhere))
        for name, value in environment.items():
            if name.startswith("AWS_"):
                patch.setenv(name, value)
        report_lake.fill()
        assert wait_until(lambda: answers(f"{stack.airflow_url}/api/v2/monitor/health"), 120), (
            logs / "api-server.log"
        ).read_text()[-3000:]
        rest = AirflowRest(stack)
        rest.wait_for_dags(DAG_IDS)
        yield Mwaa(environment, rest, lake, logs)


@pytest.mark.slow
def test_requirements_bring_what_the_image_lacks_and_neither_pytest_nor_spark(installed):
    brought = [line.split("==")[0] for line in installed["all"] if line not in installed["image"]]
    assert brought == ["et-xmlfile", "numpy", "openpyxl", "pandas", "pillow"]
    names = {line.split("==")[0] for line in installed["all"]}
    assert not names & {"pytest", "pyspark", "pyspark-client", "ministack", "duckdb"}


@pytest.mark.slow
def test_the_start_up_script_gives_the_names_that_the_dags_need(mwaa):
    found = {name: value for name, value in mwaa.environment.items() if name.startswith("COFFEE_SHOP_")}
    assert found == {**report_lake.NAMES, "COFFEE_SHOP_POLL_SECONDS": "1"}


@pytest.mark.slow
def test_the_repository_is_out_of_reach(mwaa, tmp_path):
    assert not [name for name, value in mwaa.environment.items() if str(ROOT) in value and name != "HIDDEN"]
    for what in (f"open({str(ROOT / 'README.md')!r})", f"__import__('os').listdir({str(ROOT / 'dags')!r})"):
        done = subprocess.run(
            [f"{mwaa.environment['VIRTUAL_ENV']}/bin/python", "-c", what],
            env=mwaa.environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert "PermissionError: [Errno 13] hidden by the test" in done.stderr


@pytest.mark.slow
def test_only_the_dag_files_are_parsed_and_all_dags_import(mwaa, home):
    """The DAG processor keeps a log for each file that it parses."""
    parsed = {path.name for path in (home / "logs" / "dag_processor").rglob("*.log")}
    assert parsed == {"coffee_shop_load.py.log", "coffee_shop_reports.py.log", "coffee_shop_restate.py.log"}
    assert mwaa.rest.call("GET", "/importErrors")["import_errors"] == []
    assert sorted(dag["dag_id"] for dag in mwaa.rest.call("GET", "/dags")["dags"]) == DAG_IDS
    assert mwaa.rest.call("GET", "/plugins/importErrors")["import_errors"] == []


@pytest.mark.slow
def test_a_report_runs_and_the_pages_show_it(mwaa, stack):
    mwaa.rest.set_variable_once("coffee_shop", json.dumps({"mail_recipients": ["boss@coffee-shop.example"]}), "")
    dag_id = "coffee_shop_upload_report"  # has no schedule that switching it on would start
    mwaa.rest.pause(dag_id, paused=False)
    asked = {"from": "2019-04-22", "to": "2019-04-28", "reports": ["employee"], "mail": True}
    run_id = mwaa.rest.trigger(dag_id, asked)
    state = mwaa.rest.wait_for_run(dag_id, run_id, 180)
    assert state == "success", mwaa.rest.task_states(dag_id, run_id)
    note = mwaa.rest.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}")["note"]
    assert note.startswith("**What this run did**: Coffee Shop ")
    assert "income $66.00" in note

    s3 = boto3.client("s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=report_lake.REPORTS)["Contents"]]
    folder = keys[0].rsplit("/", 1)[0]
    assert keys == [f"{folder}/employees.xlsx", f"{folder}/summary.json"]
    workbook = openpyxl.load_workbook(io.BytesIO(s3.get_object(Bucket=report_lake.REPORTS, Key=keys[0])["Body"].read()))
    assert len(workbook.sheetnames) == 6  # dashboard, contents, three questions, chart data
    assert "income $66.00" in report_lake.mails(mwaa.mails)[-1].read_text()

    page = f"{stack.airflow_url}/coffee-shop/reports/?kind={folder.split('/')[0]}"
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(page)
    signed_in = urllib.request.Request(page, headers=mwaa.rest._headers)
    assert "$66.00" in urllib.request.urlopen(signed_in).read().decode()
    loads = urllib.request.Request(f"{stack.airflow_url}/coffee-shop/reports/loads", headers=mwaa.rest._headers)
    assert "Newest loads" in urllib.request.urlopen(loads).read().decode()


@pytest.mark.slow
def test_a_deploy_ends_with_what_this_airflow_keeps_paused(mwaa, stack):
    """By the code that MWAA's other Airflows are asked with: user and password in a secret, FAB signs them in."""
    secret = json.dumps({"username": USER, "password": stack_secrets(stack)["password"]})
    arn = boto3.client("secretsmanager").create_secret(Name="coffee-shop-airflow", SecretString=secret)["ARN"]
    names = {"COFFEE_SHOP_ARTIFACTS_BUCKET": "a", "COFFEE_SHOP_AIRFLOW_SECRET": arn}
    given = {"AirflowUrl": stack.airflow_url}
    others = "coffee_shop_load, coffee_shop_daily_report, coffee_shop_weekly_report, coffee_shop_monthly_report"
    mwaa.rest.pause("coffee_shop_upload_report", paused=True)
    assert f"\nPaused: {others}, coffee_shop_upload_report.\n" in deploy.what_is_next(names, given)
    mwaa.rest.pause("coffee_shop_upload_report", paused=False)
    assert f"\nPaused: {others}.\n" in deploy.what_is_next(names, given)
