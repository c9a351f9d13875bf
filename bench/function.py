"""How long the Lambda works beside waiting for Airflow's answers."""

import subprocess
import sys

from laptop.stack import ROOT, Stack, aws_environment, read_names

SCRIPT = """
import time
began, waited = time.perf_counter(), 0.0
from infrastructure import start_load
send = start_load.UrlAirflow._send
def timed(*words):
    global waited
    started = time.perf_counter()
    try:
        return send(*words)
    finally:
        waited += time.perf_counter() - started
start_load.UrlAirflow._send = timed
item = {"key": "sales-target/none.csv", "version-id": "bench", "etag": ""}
start_load.handler({"detail": {"bucket": {"name": "bench"}, "object": item}}, None)
print(time.perf_counter() - began - waited)
"""


def own_seconds(stack: Stack) -> float:
    """Return the seconds of one event in a new process, imports included, less the time until Airflow's answers.

    It starts a run of the load, which finds nothing new.
    """
    secret = read_names(stack)["COFFEE_SHOP_AIRFLOW_SECRET"]
    own = {"DAG_ID": "coffee_shop_load", "AIRFLOW_URL": stack.airflow_url, "AIRFLOW_SECRET_ID": secret}
    command, environment = [sys.executable, "-c", SCRIPT], aws_environment(stack) | own
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True, text=True)
    return float(done.stdout.splitlines()[-1])
