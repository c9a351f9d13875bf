"""A row in quarantine is mended as an operator would do it: list, export, mend, upload."""

import csv
import io
import subprocess
import time
from pathlib import Path

import pytest

from infrastructure.start_load import run_id
from laptop.airflow_rest import AirflowRest
from laptop.sql import connect
from laptop.stack import aws_client, read_names
from laptop.uploads import LOAD

ROOT = Path(__file__).resolve().parents[2]
DAY = "2019-05-02"  # outside of the periods that other tests look at
KEY = "sales-reciept/register-2.csv"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def till_file(demo_csv: str) -> str:
    """Six lines of sales of another day, on two receipts; the third line's quantity is a word."""
    reader = csv.DictReader(io.StringIO(demo_csv))
    first = next(reader)
    same_outlet = (line for line in reader if line["SalesOutletNo"] == first["SalesOutletNo"])
    lines = [first, *(next(same_outlet) for _ in range(5))]
    text = io.StringIO()
    writer = csv.DictWriter(text, reader.fieldnames or [], lineterminator="\n")
    writer.writeheader()
    for number, line in enumerate(lines):
        receipt = {"TransactionNo": str(1 + number // 4), "TransactionTime": f"1{number // 4}:00:00"}
        quantity = "two" if number == 2 else "1"
        writer.writerow(line | receipt | {"TransactionDate": DAY, "Quantity": quantity, "SaleAmount": "2.50"})
    return text.getvalue()


def upload_and_load(stack, key: str, text: str) -> None:
    """Put a file into the raw bucket and wait for the run that its event starts."""
    bucket, airflow = read_names(stack)["COFFEE_SHOP_RAW_BUCKET"], AirflowRest(stack)
    version = aws_client(stack, "s3").put_object(Bucket=bucket, Key=key, Body=text.encode())["VersionId"]
    run, end = run_id(bucket, key, version), time.monotonic() + 420
    while True:
        runs = airflow.call("GET", f"/dags/{LOAD}/dagRuns?limit=100&order_by=-run_after")["dag_runs"]
        state = {each["dag_run_id"]: each["state"] for each in runs}.get(run)
        if state in ("success", "failed"):
            assert state == "success"
            return
        assert time.monotonic() < end, f"the load of {key} has not ended: {state}"
        time.sleep(1)


def quarantine(environment, *arguments: str) -> str:
    command = ["make", "quarantine", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_mended_row_counts_and_leaves_the_quarantine_empty(demo, environment, stack, tmp_path):
    (raw,) = (stack.home / "sample" / "sales-reciept").glob("*.csv")
    upload_and_load(stack, KEY, till_file(raw.read_text()))

    listed = quarantine(environment, f"EXPORT={tmp_path}")

    assert KEY in listed
    assert "Quantity" in listed
    (exported,) = tmp_path.glob("*.csv")
    header, *rows = exported.read_text().splitlines()
    assert header.startswith("TransactionNo,")
    assert len(rows) == 4  # the receipt's clean lines too
    upload_and_load(stack, "sales-reciept/register-2-mended.csv", exported.read_text().replace(",two,", ",1,"))

    assert "No row in quarantine waits to be mended.\n" in quarantine(environment)
    cursor = connect(stack).cursor()
    cursor.execute(f"select count(*), sum(saleamount) from sales_reciept where business_date = '{DAY}'")
    assert [tuple(map(float, row)) for row in cursor] == [(6, 15.0)]
