import os
import time
from pathlib import Path

import duckdb
import pytest

os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from local_aws.athena import dialect, engine
from local_aws.athena.tables import GlueCatalog, StoredFile

ACCOUNT, REGION = "123456789012", "us-east-1"
PARQUET = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}


class Zoo:
    """A catalog with files of its own: tables of animals and their feedings, nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalog = GlueCatalog(ACCOUNT, REGION)
        self.listed: list[str] = []

    def lister(self, location: str) -> list[StoredFile]:
        self.listed.append(location)
        bucket, _, prefix = location.removeprefix("s3://").partition("/")
        root = self.folder / bucket
        found = sorted(p for p in root.rglob("*") if p.is_file() and str(p.relative_to(root)).startswith(prefix))
        return [StoredFile(p, f"s3://{bucket}/{p.relative_to(root)}", p.stat().st_size) for p in found]

    def table(
        self, name: str, columns: str, sql: str | None = None, key: str | None = None, database: str = "zoo",
        options: str = "",
    ) -> None:  # fmt: skip
        """Make a table with ``columns`` ("name type, ..."), its rows from DuckDB's ``sql``, partitioned by ``key``."""
        backend = self.catalog.backend
        if database not in backend.databases:
            backend.create_database(database, {"Name": database})
        pairs = [c.strip().split(" ", 1) for c in columns.split(";")]
        stored = [{"Name": n, "Type": t} for n, t in pairs if n != key]
        keys = [{"Name": n, "Type": t} for n, t in pairs if n == key]
        location = f"s3://lake/{database}/{name}/"
        described = {**PARQUET, "Columns": stored, "Location": location}
        backend.create_table(database, name, {"Name": name, "PartitionKeys": keys, "StorageDescriptor": described})
        folder = self.folder / "lake" / database / name
        folder.mkdir(parents=True)
        if sql is None:
            return
        con = duckdb.connect()
        if key is None:
            con.execute(f"copy ({sql}) to '{folder}/data.parquet' (format parquet{options})")
            return
        con.execute(f"copy ({sql}) to '{folder}' (format parquet, partition_by ({key}), overwrite_or_ignore{options})")
        for part in sorted(folder.iterdir()):
            value = part.name.split("=", 1)[1]
            place = {**described, "Location": f"{location}{part.name}/"}
            backend.get_table(database, name).create_partition({"Values": [value], "StorageDescriptor": place})

    def query(self, sql: str, database: str = "zoo") -> engine.Result:
        self.listed = []
        with engine.connection() as con:
            prepared = engine.prepare(con, sql, dialect.parse(sql), self.catalog, database, self.lister)
            return engine.fetch(con, prepared)

    def rows(self, sql: str) -> list[list[str | None]]:
        return self.query(sql).rows

    def types(self, sql: str) -> list[str]:
        return [str(c.type) for c in self.query(sql).columns]


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    from moto.glue.models import glue_backends

    glue_backends.reset()
    made = Zoo(tmp_path_factory.mktemp("zoo"))
    made.table(
        "animals",
        "animal_id string; name string; species string; weight double; born date; price decimal(10,2); legs int",
        """select * from (values
            ('1', 'Leo', 'lion', 190.5::double, date '2015-01-02', 12.50::decimal(10,2), 4::int),
            ('2', 'Ella', 'elephant', 4000, date '2010-05-06', 99.99, 4),
            ('3', null, 'lion', null, null, null, 3),
            ('4', 'Kiki', 'stork', 3.5, date '2020-12-31', 12.50, 2)
           ) t(animal_id, name, species, weight, born, price, legs)""",
    )
    made.table(
        "feedings",
        "animal_id string; portions int; kilos decimal(12,2); day string",
        """select * from (values
            ('1', 2::int, 10.00::decimal(12,2), '2021-03-01'), ('2', 5, 55.55, '2021-03-01'),
            ('1', 1, 4.75, '2021-03-02'), ('9', 1, 1.00, '2021-03-02'),
            ('2', 3, 33.30, '2021-03-04'), ('1', 2, null, '2021-03-08')
           ) t(animal_id, portions, kilos, day)""",
        key="day",
    )
    yield made
    glue_backends.reset()


class Athena:
    """The API of a running local AWS, with a database of its own."""

    def __init__(self, url: str) -> None:
        import boto3

        self.client = boto3.client("athena", endpoint_url=url)
        self.s3 = boto3.client("s3", endpoint_url=url)
        self.glue = boto3.client("glue", endpoint_url=url)
        for bucket in ("results", "barn"):
            self.s3.create_bucket(Bucket=bucket)
        self.glue.create_database(DatabaseInput={"Name": "farm"})

    def start(self, sql: str, **more: object) -> str:
        given = {
            "QueryExecutionContext": {"Database": "farm"},
            "ResultConfiguration": {"OutputLocation": "s3://results/athena/"},
        }
        return self.client.start_query_execution(QueryString=sql, **{**given, **more})["QueryExecutionId"]

    def wait(self, execution_id: str) -> dict:
        while True:
            execution = self.client.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return execution
            time.sleep(0.01)

    def run(self, sql: str, **more: object) -> dict:
        """Run to success; returns the execution."""
        execution = self.wait(self.start(sql, **more))
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        return execution

    def fails(self, sql: str, **more: object) -> str:
        """Run to failure; returns the reason."""
        execution = self.wait(self.start(sql, **more))
        assert execution["Status"]["State"] == "FAILED", execution["Status"]
        return execution["Status"]["StateChangeReason"]

    def rows(self, sql: str, **more: object) -> list[list[str | None]]:
        """Rows of a statement, a query's header left out."""
        execution = self.run(sql, **more)
        found = self.client.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
        rows = [[c.get("VarCharValue") for c in r["Data"]] for r in found["ResultSet"]["Rows"]]
        return rows[1:] if execution["SubstatementType"] == "SELECT" else rows

    def object(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def keys(self, bucket: str, prefix: str) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [o["Key"] for o in found.get("Contents", [])]


@pytest.fixture(scope="module")
def athena(tmp_path_factory):
    from local_aws import server

    running = server.start(tmp_path_factory.mktemp("aws"))
    yield Athena(running.url)
    running.stop()
