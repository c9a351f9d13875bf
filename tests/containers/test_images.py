"""What the Dockerfiles make, carried out in an empty folder; what cannot be carried out is listed line by line."""

import json
import subprocess

import pytest

from tests.containers.images import Image, environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

AIRFLOW, LOCAL_AWS = "containers/airflow/Dockerfile", "containers/local_aws/Dockerfile"
USERADD = "useradd --uid 10001 --home-dir /tmp --no-create-home --shell /usr/sbin/nologin coffee-shop"
AIRFLOW_VOLUMES = "/var/lib/coffee-shop /var/lib/airflow /var/lib/database-password /var/lib/account-key"


def python(image: Image, code: str) -> str:
    done = subprocess.run(
        ["python", "-c", code],
        cwd=image.root / "opt/coffee-shop/code",
        env=environment(image),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_was_not_carried_out(built):
    left_out = {name: [line.split(": ", 1)[1] for line in image.left_out] for name, image in built.items()}
    assert left_out == {
        AIRFLOW: [
            "FROM python:3.12.12-slim-bookworm",
            "ENV HOME=/tmp",
            "ENV UV_NO_CACHE=1",
            f"RUN {USERADD} && chown coffee-shop: {AIRFLOW_VOLUMES}",
            "USER 10001",
        ],
        LOCAL_AWS: [
            "FROM python:3.12.12-slim-bookworm",
            "ENV HOME=/tmp",
            "ENV UV_NO_CACHE=1",
            "RUN python -m local_aws.glue.warm_up /opt/coffee-shop/unpacked && rm -r /opt/coffee-shop/unpacked",
            f"RUN {USERADD} && chown coffee-shop: /var/lib/local-aws /var/lib/account-key",
            "USER 10001",
        ],
    }


@pytest.mark.parametrize(
    ("name", "there", "not_there"),
    [
        (
            AIRFLOW,
            ["apache-airflow==3.3.1", "asyncpg==", "psycopg2-binary=="],
            ["pytest", "pyspark", "ministack", "uv=="],
        ),
        (
            LOCAL_AWS,
            ["ministack==1.5.33", "pyspark==3.5.6", "duckdb==2.0.0"],
            ["pytest", "mypy", "ruff", "apache-airflow", "uv=="],
        ),
    ],
    ids=["airflow", "local AWS"],
)
def test_packages(built, name, there, not_there):
    code = "import importlib.metadata as m, json; print(json.dumps([d.name + '==' + d.version for d in m.distributions()]))"
    found = json.loads(python(built[name], code))
    assert all(any(package.startswith(each) for package in found) for each in there)
    assert not [package for package in found if package.startswith(tuple(not_there))]


def test_code(built):
    code = {name: image.root / "opt/coffee-shop/code" for name, image in built.items()}
    assert sorted(path.name for path in code[AIRFLOW].iterdir()) == [
        "constraints.txt",
        "containers",
        "dags",
        "include",
        "infrastructure",
        "laptop",
        "plugins",
        "pyproject.toml",
        "requirements.txt",
        "sample_data",
    ]
    assert sorted(path.name for path in code[LOCAL_AWS].iterdir()) == [
        "local_aws",
        "requirements.in",
        "requirements.txt",
    ]
    assert not [path for folder in code.values() for path in folder.rglob("__pycache__/*")]


@pytest.mark.parametrize(
    ("name", "volumes"),
    [
        (AIRFLOW, ["account-key", "airflow", "coffee-shop", "database-password"]),
        (LOCAL_AWS, ["account-key", "local-aws"]),
    ],
    ids=["airflow", "local AWS"],
)
def test_places_of_the_volumes(built, name, volumes):
    assert sorted(path.name for path in (built[name].root / "var/lib").iterdir()) == volumes
