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
    aws.client("glue").create_database(DatabaseInput={"Name": "forest"})
    for name, settings in (("lake", {}), ("narrow", {"BytesScannedCutoffPerQuery": 10_000_000})):
        place = {"ResultConfiguration": {"OutputLocation": "s3://results/"}, "EnforceWorkGroupConfiguration": True}
        athena.create_work_group(Name=name, Configuration=place | settings)
    forest = Athena(aws)
    forest.rows(
        "create external table if not exists `forest`.`trees` (`id` int, `kind` string, `height` double, "
        "`price` decimal(12,2)) partitioned by (`day` string) stored as parquet location 's3://lake/trees/'"
    )
    forest.rows("MSCK REPAIR TABLE `forest`.`trees`")
    forest.rows(
        "create external table notes (id int, words string) row format delimited fields terminated by ',' "
        "location 's3://lake/notes/' tblproperties ('skip.header.line.count'='1')"
    )
    return forest
