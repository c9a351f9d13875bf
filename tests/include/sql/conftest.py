"""A small shop in the local Athena: the rows of `rows/*.csv`, written once a session as conform and clean tables."""

import csv
import datetime
import hashlib
import io
import os
import time
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.local_aws_process import KEY, running_local_aws

ROWS = Path(__file__).parent / "rows"
CONFORM, CLEAN = "coffee_shop_conform", "coffee_shop_clean"
BUCKET = "lake"

# Contract 3.3; every other column is a string.
TYPES = {
    "int": "line_no quantity birthyear stoctquantity soldquantity waste "
    "dayofweekno dayofmonthno weekno monthno quarterno year",
    "double": "volume wastepercentage",
    "bigint": "row_number",
    "date": "dateofbirth customersince row_date",
    "decimal(12,4)": "unitprice wholesaleprice retailprice currentwholesaleprice",
    "decimal(12,2)": "saleamount beans beverage food merchendise totalgoal",
}
TYPE_OF = {name: kind for kind, names in TYPES.items() for name in names.split()}
ARROW = {
    "int": (pa.int32(), int),
    "bigint": (pa.int64(), int),
    "double": (pa.float64(), float),
    "date": (pa.date32(), datetime.date.fromisoformat),
    "decimal(12,4)": (pa.decimal128(12, 4), Decimal),
    "decimal(12,2)": (pa.decimal128(12, 2), Decimal),
    "string": (pa.string(), str),
}
READ = {
    "integer": int,
    "bigint": int,
    "double": float,
    "decimal": Decimal,
    "date": datetime.date.fromisoformat,
    "varchar": str,
}
PARQUET = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}

Rows = list[dict[str, str | None]]


@dataclass(frozen=True)
class Answer:
    """A query's result: column names, their Athena types, and typed rows in order."""

    columns: list[str]
    types: list[str]
    rows: list[tuple[Any, ...]]


class Lake:
    """The buckets, the catalog and Athena of one local AWS."""

    def __init__(self, url: str) -> None:
        keys = {name.lower(): value for name, value in KEY.items()}
        place = {"endpoint_url": url, "region_name": "us-east-1"}
        self.s3, self.glue, self.athena = (boto3.client(name, **place, **keys) for name in ("s3", "glue", "athena"))
        self.s3.create_bucket(Bucket=BUCKET)

    def write(self, database: str, name: str, rows: Rows, types: dict[str, str] = TYPE_OF, partition: str = "") -> None:
        """Make a table of rows of text: one Parquet object, or one for each value of the partition column."""
        kinds = {column: types.get(column, "string") for column in rows[0] if column != partition}
        place = f"{database}/{name}/"
        keys = [{"Name": partition, "Type": "string"}] if partition else []
        self.glue.create_table(
            DatabaseName=database,
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "StorageDescriptor": storage(kinds, place),
                "PartitionKeys": keys,
            },
        )
        if not partition:
            self.put(f"{place}data.parquet", parquet(kinds, rows))
            return
        for value in sorted({row[partition] or "" for row in rows}):
            folder = f"{place}{partition}={value}/"
            self.put(f"{folder}data.parquet", parquet(kinds, [row for row in rows if row[partition] == value]))
            self.add_partition(database, name, value, folder, kinds)

    def add_partition(self, database: str, name: str, value: str, folder: str, kinds: dict[str, str]) -> None:
        """Register a partition."""
        given = {"Values": [value], "StorageDescriptor": storage(kinds, folder)}
        self.glue.create_partition(DatabaseName=database, TableName=name, PartitionInput=given)

    def put(self, key: str, body: bytes) -> None:
        """Store an object."""
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    def query(self, sql: str, database: str = CONFORM) -> Answer:
        """Run a query to its end.

        Raises:
            RuntimeError: with what Athena said.
        """
        run = self.athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": database},
            ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/results/"},
        )["QueryExecutionId"]
        while True:
            status = self.athena.get_query_execution(QueryExecutionId=run)["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                break
            time.sleep(0.01)
        if status["State"] != "SUCCEEDED":
            raise RuntimeError(status.get("StateChangeReason", status["State"]))
        pages = list(self.athena.get_paginator("get_query_results").paginate(QueryExecutionId=run))
        described = pages[0]["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        types = [column["Type"] for column in described]
        cells = [
            [cell.get("VarCharValue") for cell in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]
        ]
        rows = [tuple(typed(kind, cell) for kind, cell in zip(types, row, strict=True)) for row in cells[1:]]
        return Answer([column["Name"] for column in described], types, rows)


def typed(kind: str, cell: str | None) -> Any:
    return None if cell is None else READ[kind](cell)


def storage(kinds: dict[str, str], folder: str) -> dict[str, Any]:
    columns = [{"Name": name, "Type": kind} for name, kind in kinds.items()]
    return {"Columns": columns, "Location": f"s3://{BUCKET}/{folder}", **PARQUET}


def parquet(kinds: dict[str, str], rows: Rows) -> bytes:
    columns = {}
    for name, kind in kinds.items():
        arrow, read = ARROW[kind]
        columns[name] = pa.array([None if row[name] is None else read(row[name]) for row in rows], arrow)
    body = io.BytesIO()
    pq.write_table(pa.table(columns), body)
    return body.getvalue()


def rows_of(name: str) -> Rows:
    """Rows of `rows/<name>.csv`; an empty cell is a null."""
    with (ROWS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [{column: value or None for column, value in row.items()} for row in csv.DictReader(file)]


def md5(*parts: str | None) -> str | None:
    """An id as contract 3.3 makes it; none for a null."""
    if None in parts:
        return None
    return hashlib.md5("|".join(part or "" for part in parts).encode()).hexdigest()


def dimension(name: str, number: str, key: str) -> Rows:
    return [{key: md5(row[number]), **row} for row in rows_of(name)]


def calendar() -> Rows:
    """March and April 2019, day by day."""
    found = []
    for number in range(31 + 30):
        day = datetime.date(2019, 3, 1) + datetime.timedelta(days=number)
        week = day.isocalendar().week
        found.append(
            {
                "date_id": md5(str(day)),
                "date": str(day),
                "dayofweekno": str(day.isoweekday()),
                "dayofweekname": f"{day:%A}",
                "dayofmonthno": str(day.day),
                "weekno": str(week),
                "weekname": f"Week {week}",
                "monthno": str(day.month),
                "monthname": f"{day:%B}",
                "month_id": md5(f"{day:%Y-%m}"),
                "quarterno": str((day.month + 2) // 3),
                "quartername": f"Q{(day.month + 2) // 3}",
                "year": "2019",
            }
        )
    return found


def ids(row: dict[str, str | None]) -> dict[str, str | None]:
    """The ids of a fact's row, in place of the numbers."""
    return {
        "date_id": md5(row["business_date"]),
        "salesoutlet_id": md5(row["salesoutletno"]),
        "product_id": md5(row["productno"]),
    }


def sales() -> Rows:
    return [
        {
            "transaction_id": md5(
                row["salesoutletno"], row["business_date"], row["transactionno"], row["transactiontime"]
            ),
            **ids(row),
            "staff_id": md5(row["staffno"]),
            "customer_id": md5(row["customerno"]),
            **{name: value for name, value in row.items() if name not in NUMBERS},
            "isinstoretransaction": "Y",
            "retailprice": row["unitprice"],
        }
        for row in rows_of("sales_reciept")
    ]


def inventory() -> Rows:
    return [
        {
            "inventory_id": md5(row["salesoutletno"], row["business_date"], row["productno"]),
            **ids(row),
            **{name: value for name, value in row.items() if name not in NUMBERS},
        }
        for row in rows_of("pastry_inventory")
    ]


def targets() -> Rows:
    return [
        {
            "sales_target_id": md5(row["salesoutletno"], month),
            "salesoutlet_id": md5(row["salesoutletno"]),
            "month_id": md5(month),
            "year": "2019",
            **{name: value for name, value in row.items() if name not in NUMBERS},
        }
        for row in rows_of("sales_target")
        for month in [f"{datetime.datetime.strptime(row['monthyear'] or '', '%B %Y'):%Y-%m}"]
    ]


NUMBERS = ("salesoutletno", "productno", "staffno", "customerno")


def clean(name: str) -> Rows:
    """The clean zone's rows: those of the file, with the partition column `date`."""
    return [
        {
            "source_key": "april.csv",
            **{("date" if column == "business_date" else column): v for column, v in row.items()},
        }
        for row in rows_of(name)
    ]


@pytest.fixture(scope="session")
def lake(tmp_path_factory):
    with running_local_aws(tmp_path_factory.mktemp("aws"), os.environ) as url:
        made = Lake(url)
        for database in (CONFORM, CLEAN):
            made.glue.create_database(DatabaseInput={"Name": database})
        made.write(CONFORM, "customer", dimension("customer", "customerno", "customer_id"))
        made.write(CONFORM, "product", dimension("product", "productno", "product_id"))
        made.write(CONFORM, "staff", dimension("staff", "staffno", "staff_id"))
        made.write(CONFORM, "sales_outlet", dimension("sales_outlet", "salesoutletno", "salesoutlet_id"))
        made.write(CONFORM, "date", calendar(), TYPE_OF | {"date": "date"})
        made.write(CONFORM, "sales_reciept", sales(), partition="business_date")
        made.write(CONFORM, "pastry_inventory", inventory(), partition="business_date")
        made.write(CONFORM, "sales_target", targets())
        made.write(CLEAN, "sales_reciept", clean("sales_reciept"), partition="date")
        made.write(CLEAN, "pastry_inventory", clean("pastry_inventory"), partition="date")
        made.write(CLEAN, "sales_target", clean("sales_target"))
        made.write(CLEAN, "quarantine", rows_of("quarantine"))
        yield made
