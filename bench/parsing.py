"""How much longer parsing all DAG files takes than importing what every DAG file needs."""

import statistics
import subprocess
import sys
import tempfile

from laptop.stack import ROOT

OPERATORS = """
import airflow.sdk
from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.amazon.aws.operators.glue_crawler import GlueCrawlerOperator
from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor
"""
SCRIPT = f"""
import importlib.util, time
{OPERATORS}
started = time.perf_counter()
for name in ("coffee_shop_load", "coffee_shop_reports"):
    spec = importlib.util.spec_from_file_location(name, f"dags/{{name}}.py")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
print(time.perf_counter() - started)
"""


def seconds_to_parse(runs: int = 5) -> float:
    """Return the median of ``runs`` new processes: seconds to parse all DAG files once the operators are imported."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": "dags",
        }
        times = [
            float(
                subprocess.run(
                    [sys.executable, "-c", SCRIPT],
                    cwd=ROOT,
                    env=environment,
                    capture_output=True,
                    check=True,
                    text=True,
                ).stdout.splitlines()[-1]
            )
            for _ in range(runs)
        ]
    return statistics.median(times)
