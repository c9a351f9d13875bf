"""A small lake: rows of trees by day as Parquet, one table of text, and a workgroup that enforces its place."""

import io
import time
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

TREES = {
    "2020-01-01": {"id": [1, 2], "kind": ["oak", "ash"], "height": [2.5, None], "price": [Decimal("10.00"), Decimal("0.10")]},
    "2020-01-02": {"id": [3], "kind": ["oak, old"], "height": [12.0], "price": [Decimal("7.25")]},
}  # fmt: skip
SCHEMA = pa.schema(
    [("id", pa.int32()), ("kind", pa.string()), ("height", pa.float64()), ("price", pa.decimal128(12, 2))]
)


class Athena:
    """Runs statements and returns what they gave."""

    def __init__(self, aws, key=None, workgroup="lake"):
        self.client, self.s3, self.workgroup = aws.client("athena", key), aws.client("s3"), workgroup

    def start(self, sql, **more):
        context = {"Database": "forest"}
        return self.client.start_query_execution(
            QueryString=sql, WorkGroup=self.workgroup, QueryExecutionContext=context, **more
        )["QueryExecutionId"]

    def wait(self, query_id):
        while True:
            execution = self.client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return execution
            time.sleep(0.02)

    def run(self, sql, **more):
        return self.wait(self.start(sql, **more))

    def rows(self, sql, **more):
        """Return header and rows as texts; a null is None."""
        execution = self.run(sql, **more)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        answer = self.client.get_query_results(QueryExecutionId=execution["QueryExecutionId"])["ResultSet"]
        return [[cell.get("VarCharValue") for cell in row["Data"]] for row in answer["Rows"]]

    def reason(self, sql, **more):
        return self.run(sql, **more)["Status"]["StateChangeReason"]


def make_table(glue, name, columns, keys=(), kind="parquet"):
    """Make a table at s3://lake/<name>/ of columns such as `id int`; return its storage."""
    fields, keys = (
        [dict(zip(("Name", "Type"), part.split(), strict=True)) for part in parts] for parts in (columns, keys)
    )
    serde = {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ","},
    }
    storage = {"Columns": fields, "Location": f"s3://lake/{name}/"} | ({"SerdeInfo": serde} if kind == "csv" else {})
    more = {"classification": kind, "skip.header.line.count": "1"}
    table = {"Name": name, "StorageDescriptor": storage, "PartitionKeys": keys, "Parameters": more}
    glue.create_table(DatabaseName="forest", TableInput=table)
    return storage


def make_trees(glue):
    glue.create_database(DatabaseInput={"Name": "forest"})
    columns = ("id int", "kind string", "height double", "price decimal(12,2)")
    storage = make_table(glue, "trees", columns, ["day string"])
    for day in TREES:
        partition = {"Values": [day], "StorageDescriptor": storage | {"Location": f"s3://lake/trees/day={day}"}}
        glue.create_partition(DatabaseName="forest", TableName="trees", PartitionInput=partition)


@pytest.fixture(scope="session")
def lake(aws):
    s3, athena = aws.client("s3"), aws.client("athena")
    for bucket in ("lake", "results", "elsewhere"):
        s3.create_bucket(Bucket=bucket)
    for day, columns in TREES.items():
        body = io.BytesIO()
        pq.write_table(pa.table(columns, schema=SCHEMA), body)
        s3.put_object(Bucket="lake", Key=f"trees/day={day}/data.parquet", Body=body.getvalue())
    s3.put_object(Bucket="lake", Key="notes/a.csv", Body=b'id,words\n1,"a"\nx,\n')
    make_trees(aws.client("glue"))
    make_table(aws.client("glue"), "notes", ["id int", "words string"], kind="csv")
    for name, settings in (("lake", {}), ("narrow", {"BytesScannedCutoffPerQuery": 10_000_000})):
        place = {"ResultConfiguration": {"OutputLocation": "s3://results/"}, "EnforceWorkGroupConfiguration": True}
        athena.create_work_group(Name=name, Configuration=place | settings)
    return Athena(aws)
