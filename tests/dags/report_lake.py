"""A small lake for the report DAGs: conform tables written row by row into a local AWS of their own, without Spark.

Two weeks of a shop with two outlets. 2019-04-22 to 28 is the week that the tests report; outlet 8 has no sales on the
24th although it had some on the days before.
"""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import yaml

from tests.local_aws_process import running_local_aws

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "123456789012"
SENDER = "reports@coffee-shop.example"
ROLES = ("raw", "clean", "conform", "reports", "state", "artifacts", "results")
NAMES = {f"COFFEE_SHOP_{role.upper()}_BUCKET": f"coffee-shop-{role}-{ACCOUNT}" for role in ROLES} | {
    "COFFEE_SHOP_STACK": "coffee-shop",
    "COFFEE_SHOP_RAW_DATABASE": "coffee_shop_raw",
    "COFFEE_SHOP_CLEAN_DATABASE": "coffee_shop_clean",
    "COFFEE_SHOP_CONFORM_DATABASE": "coffee_shop_conform",
    "COFFEE_SHOP_WORKGROUP": "coffee-shop",
    "COFFEE_SHOP_MAIL_FROM": SENDER,
}
STATE, REPORTS = NAMES["COFFEE_SHOP_STATE_BUCKET"], NAMES["COFFEE_SHOP_REPORTS_BUCKET"]

# day, outlet, transaction, line, time, staff, customer, product, quantity, amount, wholesale price, promotion
LINES = """
2019-04-17 | 3 | 1 | 1 | 08:00:00 | 11 | 1 | 100 | 1 | 2.00  | 0.5000 | N
2019-04-17 | 8 | 1 | 1 | 09:00:00 | 12 | 0 | 200 | 1 | 3.00  | 1.0000 | N
2019-04-22 | 3 | 1 | 1 | 07:30:00 | 11 | 1 | 100 | 2 | 4.00  | 0.5000 | N
2019-04-22 | 3 | 1 | 2 | 07:30:00 | 11 | 1 | 200 | 1 | 3.50  | 1.0000 | Y
2019-04-22 | 8 | 1 | 1 | 18:00:00 | 12 | 2 | 300 | 3 | 30.00 |        | N
2019-04-23 | 3 | 1 | 1 | 12:00:00 | 12 | 0 | 100 | 1 | 2.00  | 0.5000 | N
2019-04-23 | 8 | 2 | 1 | 23:15:00 |    | 0 | 200 | 1 | 3.50  | 1.0000 | N
2019-04-24 | 3 | 9 | 1 | 10:00:00 | 11 | 1 | 200 | 2 | 7.00  | 1.0000 | N
2019-04-25 | 3 | 1 | 1 | 10:00:00 | 11 | 2 | 100 | 1 | 2.00  | 0.5000 | N
2019-04-25 | 8 | 1 | 1 | 10:00:00 | 12 | 0 | 100 | 1 | 2.00  | 0.5000 | N
2019-04-26 | 3 | 1 | 1 | 10:00:00 | 11 | 0 | 100 | 1 | 2.00  | 0.5000 | N
2019-04-26 | 8 | 1 | 1 | 10:00:00 | 12 | 0 | 100 | 1 | 2.00  | 0.5000 | N
2019-04-27 | 3 | 1 | 1 | 10:00:00 | 11 | 0 | 100 | 1 | 2.00  | 0.5000 | N
2019-04-27 | 8 | 1 | 1 | 10:00:00 | 12 | 0 | 100 | 1 | 2.00  | 0.5000 | N
2019-04-28 | 3 | 1 | 1 | 10:00:00 | 11 | 0 | 100 | 1 | 2.00  | 0.5000 | N
2019-04-28 | 8 | 1 | 1 | 10:00:00 | 12 | 0 | 100 | 1 | 2.00  | 0.5000 | N
"""

# day, outlet, product, stock, sold, waste; on the 24th the till has 2 scones
INVENTORY = [("2019-04-22", "3", "200", 12, 1, 11), ("2019-04-24", "3", "200", 12, 3, 9)]
# outlet, beans, beverage, food, merchandise of April 2019, in items; outlet 8 has no goal
TARGETS = [("3", 0, 20, 5, 0)]

MEMBERS = {
    "customer": [
        ("0", None, None, None, None, None, None, None, None),
        ("1", "Anna", "Able", "anna@example.com", "2018-01-01", "card-1", "1990-04-30", "F", 1990),
        ("2", '=HYPERLINK("x")', None, None, None, "card-2", None, None, 1950),
    ],
    "product": [
        ("100", "Beverages", "Coffee", "Drip coffee", "Our drip", None, 12.0, "oz", "0.5000"),
        ("200", "Food", "Bakery", "Scone", "Oat scone", None, None, "each", "1.0000"),
        ("300", "Beverages", "Tea", "Chai tea", "Morning chai", None, 16.0, "oz", None),
    ],
    "staff": [("11", "Sue", "Smith"), ("12", "Bob", "Jones")],
    "sales_outlet": [("3", "Astoria"), ("8", "Hell's Kitchen")],
}


SETTINGS = {
    "mail_recipients": ["boss@coffee-shop.example"],
    "mail_operators": ["operator@coffee-shop.example"],
    "mail_allowed": ["@coffee-shop.example"],
}


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Path]:
    """Run a local AWS with this lake, its state below the folder; the environment points there meanwhile."""
    before = dict(os.environ)
    with running_local_aws(folder, os.environ) as url:
        os.environ.update(NAMES, AWS_ENDPOINT_URL=url, AIRFLOW_VAR_COFFEE_SHOP=json.dumps(SETTINGS))
        fill()
        yield folder
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def fill() -> None:
    """Make buckets, databases, workgroup and sender without the template, and the lake in them."""
    _make_resources()
    make_lake()


def make_lake() -> None:
    """Make the tables, and put the rows and the ledger there."""
    _make_tables()
    _put_rows()
    put_ledger(ledger())


def _make_resources() -> None:
    s3, glue = boto3.client("s3"), boto3.client("glue")
    for role in ROLES:
        s3.create_bucket(Bucket=NAMES[f"COFFEE_SHOP_{role.upper()}_BUCKET"])
    for zone in ("raw", "clean", "conform"):
        glue.create_database(DatabaseInput={"Name": NAMES[f"COFFEE_SHOP_{zone.upper()}_DATABASE"]})
    boto3.client("athena").create_work_group(
        Name="coffee-shop",
        Configuration={
            "EnforceWorkGroupConfiguration": True,
            "ResultConfiguration": {"OutputLocation": f"s3://{NAMES['COFFEE_SHOP_RESULTS_BUCKET']}/"},
        },
    )
    boto3.client("ses").verify_email_identity(EmailAddress=SENDER)


def _make_tables() -> None:
    model = yaml.safe_load((ROOT / "include" / "data_model.yaml").read_text())["tables"]
    for table, definition in model.items():
        columns = {name: column["type"] for name, column in definition["columns"].items()}
        day = columns.pop("business_date", None)
        keys = {"business_date": day} if day else {}
        _make_table("coffee_shop_conform", table, columns, f"s3://{NAMES['COFFEE_SHOP_CONFORM_BUCKET']}/{table}/", keys)
    columns = {"dataset": "string", "source_key": "string", "version_id": "string", "row_number": "bigint"}
    columns |= {"row": "string", "reasons": "string", "row_date": "date", "receipt": "string", "load_id": "string"}
    with contextlib.suppress(boto3.client("glue").exceptions.AlreadyExistsException):  # the template has made it
        _make_table("coffee_shop_clean", "quarantine", columns, f"s3://{STATE}/quarantine/")
    receipts = dict.fromkeys(("source_key", "salesoutletno", "transactionno", "transactiontime"), "string")
    place = f"s3://{NAMES['COFFEE_SHOP_CLEAN_BUCKET']}/sales_reciept/"
    _make_table("coffee_shop_clean", "sales_reciept", receipts, place, {"date": "string"})


def _make_table(
    database: str, name: str, columns: dict[str, str], place: str, keys: dict[str, str] | None = None
) -> None:
    fields, partition_keys = (
        [{"Name": field, "Type": kind} for field, kind in part.items()] for part in (columns, keys or {})
    )
    storage = {"Columns": fields, "Location": place}
    table = {"Name": name, "StorageDescriptor": storage, "PartitionKeys": partition_keys}
    boto3.client("glue").create_table(
        DatabaseName=database, TableInput=table | {"Parameters": {"classification": "parquet"}}
    )


def _put_rows() -> None:
    customers = ["customerno", "customerfirstname", "customersurname", "customeremail", "customersince"]
    customers += ["loyaltycardnumber", "dateofbirth", "gender", "birthyear"]
    products = ["productno", "productgroup", "productcategory", "producttype", "productname", "productdescription"]
    _insert("customer", customers, MEMBERS["customer"])
    _insert("product", [*products, "volume", "unitofmeasure", "currentwholesaleprice"], MEMBERS["product"])
    _insert("staff", ["staffno", "stafffirstname", "stafflastname"], MEMBERS["staff"])
    _insert("sales_outlet", ["salesoutletno", "neighbourhood"], MEMBERS["sales_outlet"], "salesoutlet_id")
    _put_days("2019-04-01", "2019-04-30")
    put_lines(LINES)
    _put_inventory_and_targets()
    columns = ["dataset", "source_key", "version_id", "row_number", "row", "reasons", "row_date", "receipt", "load_id"]
    _put(
        "quarantine",
        columns,
        "('sales_reciept', 'sales-reciept/a.csv', 'v1', 7, '5,2019-04-23,10:00:00,Y,3', 'Quantity is zero', "
        "date '2019-04-23', '3 2019-04-23 5 10:00:00', 'load-1'), "
        "('sales_reciept', 'sales-reciept/a.csv', 'v1', 8, '6,2019-03-01,10:00:00,Y,3', 'Quantity: many', "
        "date '2019-03-01', null, 'load-1')",
        "coffee_shop_clean",
    )


def _put_days(first: str, last: str) -> None:
    day, rows = date.fromisoformat(first), []
    while day <= date.fromisoformat(last):
        month = _text(md5(f"{day:%Y-%m}"))
        rows.append(f"({_text(md5(day.isoformat()))}, date '{day}', {day.isoweekday()}, '{day:%A}', {month})")
        day += timedelta(days=1)
    _put("date", ["date_id", "date", "dayofweekno", "dayofweekname", "month_id"], ", ".join(rows))


def _put_inventory_and_targets() -> None:
    counted = [
        f"({', '.join(_text(md5(part)) for part in (f'{outlet}|{day}|{product}', day, outlet, product))}, "
        f"{stock}, {sold}, {waste}, '{day}')"
        for day, outlet, product, stock, sold, waste in INVENTORY
    ]
    ids = ["inventory_id", "date_id", "salesoutlet_id", "product_id"]
    _put("pastry_inventory", [*ids, "stoctquantity", "soldquantity", "waste", "business_date"], ", ".join(counted))
    goals = [
        f"({', '.join(_text(md5(part)) for part in (f'{outlet}|2019-04', outlet, '2019-04'))}, "
        f"{', '.join(f'cast({goal} as decimal(12,2))' for goal in (*parts, sum(parts)))})"
        for outlet, *parts in TARGETS
    ]
    ids = ["sales_target_id", "salesoutlet_id", "month_id"]
    _put("sales_target", [*ids, "beans", "beverage", "food", "merchendise", "totalgoal"], ", ".join(goals))


def put_lines(lines: str) -> None:
    """Put lines of sales, written as in LINES, into the fact table."""
    rows = []
    for line in lines.strip().splitlines():
        day, outlet, number, line_no, at, staff, customer, product, quantity, amount, cost, promo = (
            cell.strip() or None for cell in line.split("|")
        )
        rows.append(
            {
                "transaction_id": _text(md5(f"{outlet}|{day}|{number}")),
                "line_no": line_no,
                "transactionno": _text(number),
                "transactiontime": _text(at),
                "isinstoretransaction": "'Y'",
                "date_id": _text(md5(str(day))),
                "salesoutlet_id": _text(md5(str(outlet))),
                "staff_id": _text(md5(staff)) if staff else "cast(null as varchar)",
                "customer_id": _text(md5(str(customer))),
                "product_id": _text(md5(str(product))),
                "quantity": quantity,
                "unitprice": "cast(2 as decimal(12,4))",
                "saleamount": f"cast({amount} as decimal(12,2))",
                "wholesaleprice": f"cast({cost or 'null'} as decimal(12,4))",
                "retailprice": "cast(2 as decimal(12,4))",
                "ispromoitem": _text(promo),
                "business_date": _text(day),
            }
        )
    values = ", ".join(f"({', '.join(map(str, row.values()))})" for row in rows)
    _put("sales_reciept", list(rows[0]), values)


def _insert(table: str, columns: list[str], rows: list[tuple], id_column: str | None = None) -> None:
    values = ", ".join(
        f"({', '.join([_text(md5(row[0])), *(_literal(name, cell) for name, cell in zip(columns, row, strict=True))])})"
        for row in rows
    )
    _put(table, [id_column or f"{table}_id", *columns], values)


def _put(table: str, columns: list[str], values: str, database: str = "coffee_shop_conform") -> None:
    """Add a file of rows to a table, and its partitions: Athena's INSERT, which the local one does not know."""
    described = boto3.client("glue").get_table(DatabaseName=database, Name=table)["Table"]
    storage, keys = described["StorageDescriptor"], [key["Name"] for key in described["PartitionKeys"]]
    kinds = {field["Name"]: field["Type"] for field in storage["Columns"] + described["PartitionKeys"]}
    fields = (
        f"""cast({f'"{name}"' if name in columns else "null"} as {kind.replace("string", "varchar")}) as "{name}" """
        for name, kind in kinds.items()
    )
    parted = f", partitioned_by = array['{keys[0]}']" if keys else ""
    athena(
        f"unload (select {', '.join(fields)} from (values {values}) as rows ({', '.join(map(json.dumps, columns))})) "
        f"to '{storage['Location']}' with (format = 'PARQUET'{parted})"
    )
    if keys:
        athena(f"msck repair table {table}")


def _literal(column: str, value: Any) -> str:
    kinds = {"customersince": "date", "dateofbirth": "date", "birthyear": "integer", "volume": "double"}
    kinds |= {"currentwholesaleprice": "decimal(12,4)"}
    plain = "null" if value is None else (_text(value) if isinstance(value, str) else str(value))
    return f"cast({plain} as {kinds.get(column, 'varchar')})"


def _text(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def athena(sql: str) -> None:
    """Run a statement and wait until it has succeeded."""
    client = boto3.client("athena")
    started = client.start_query_execution(
        QueryString=sql, WorkGroup="coffee-shop", QueryExecutionContext={"Database": "coffee_shop_conform"}
    )
    for _ in range(600):
        status = client.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.05)
    assert status["State"] == "SUCCEEDED", f"{status}\n{sql}"


def ledger(*, loads: int = 1) -> dict[str, Any]:
    """The ledger that the load of LINES would have left, after so many loads."""
    days: dict[str, dict[str, Any]] = {}
    for line in LINES.strip().splitlines():
        day, outlet, *_, quantity, amount, _, _ = (cell.strip() for cell in line.split("|"))
        entry = days.setdefault(day, {}).setdefault(outlet, {"rows": 0, "quantity": 0, "amount": "0.00", "keys": {}})
        entry |= {"rows": entry["rows"] + 1, "quantity": entry["quantity"] + int(quantity)}
        entry["amount"] = str(Decimal(entry["amount"]) + Decimal(amount))
    counted: dict[str, dict[str, Any]] = {}
    for day, outlet, _, _, sold, _ in INVENTORY:
        entry = counted.setdefault(day, {}).setdefault(outlet, {"rows": 0, "quantity": 0, "amount": "0.00", "keys": {}})
        entry |= {"rows": entry["rows"] + 1, "quantity": entry["quantity"] + sold}
    seen = {"version_id": "v1", "status": "published", "reason": None, "load_id": "load-1", "run_id": "r"}
    seen |= {"at": "2019-04-29T09:03:00+00:00", "last_modified": "2019-04-29T09:00:00+00:00", "etag": "e", "size": 1}
    file = {"last_seen": seen, "holding": None, "withdrawn": None}
    return {
        "format": 2,
        "revision": loads,
        "files": {
            "sales_reciept": {"sales-reciept/a.csv": file},
            "pastry_inventory": {},
            "sales_target": {},
        },
        "days": {"sales_reciept": days, "pastry_inventory": counted, "sales_target": {}},
        "handovers": [],
        "loads": [
            {
                "load_id": f"load-{number}",
                "run_id": "r",
                "published_at": "2019-04-29T09:03:00+00:00",
                "changed_dates": sorted(days),
                "files": 1,
                "refused": [],
            }
            for number in range(1, loads + 1)
        ],
    }


def put_ledger(value: dict[str, Any]) -> None:
    """Write the ledger."""
    boto3.client("s3").put_object(Bucket=STATE, Key="ledger.json", Body=json.dumps(value).encode())


def mails(home: Path) -> list[Path]:
    """The mails sent so far, oldest first."""
    return sorted((home / "aws" / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
