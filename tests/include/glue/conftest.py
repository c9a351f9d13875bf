"""A lake in the local AWS for the tests of the Glue jobs, with the ledger and the plan of the DAG's own code.

The jobs run in this process. As Glue starts them, from S3 and with the shared package as a zip, they run in
``tests/dags/load``.
"""

import csv
import io
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest

from tests.local_aws_process import KEY, running_local_aws

REGION = "us-east-1"
LINE = {
    "TransactionNo": "1",
    "TransactionDate": "2019-04-01",
    "TransactionTime": "08:00:00",
    "IsInStoreTransaction": "Y",
    "SalesOutletNo": "3",
    "SalesOutletType": "retail",
    "Neighorhood": "Astoria",
    "StaffNo": "12",
    "StaffFirstName": "Ann",
    "CustomerNo": "101",
    "CustomerFirstName": "Kelly",
    "ProductNo": "22",
    "ProductName": "Blend",
    "CurrentWholesalePrice": "1.00",
    "CurrentRetailPrice": "3.00",
    "IsPromoItem": "N",
    "Quantity": "1",
    "UnitPrice": "3.00",
    "SaleAmount": "3.00",
}
STOCK = {"SalesOutletNo": "3", "TransactionDate": "2019-04-01", "ProductNo": "70", "SoldQuantity": "6"}
TARGET = {"SalesOutletNo": "3", "MonthYear": "April 2019", "Beans": "100", "TotalGoal": "375"}


def till_file(dataset, *rows):
    """A raw file's bytes; a row says how it differs from the dataset's usual one."""
    from coffee_shop_jobs.columns import CONTRACTS

    usual = {"sales_reciept": LINE, "pastry_inventory": STOCK, "sales_target": TARGET}[dataset]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [column.header for column in CONTRACTS[dataset].columns], restval="")
    writer.writeheader()
    writer.writerows({**usual, **row} for row in rows)
    return text.getvalue().encode()


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory):
    changed = {**KEY, "AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}
    with pytest.MonkeyPatch.context() as patch, running_local_aws(tmp_path_factory.mktemp("aws"), os.environ) as url:
        for name, value in {**changed, "AWS_ENDPOINT_URL": url}.items():
            patch.setenv(name, value)
        yield url


@pytest.fixture(scope="session")
def executors(local_aws, tmp_path_factory):
    """What Spark needs where a test lets executors do the tasks; it starts with the first of them."""
    from pyspark import SparkContext

    from local_aws.glue import spark

    folder = tmp_path_factory.mktemp("spark")
    packages = ":".join(str(Path(__file__).parents[3] / folder) for folder in ("include/glue", "dags"))
    settings = spark.settings(folder) | {"spark.driver.memory": "1g"}
    (folder / "spark-defaults.conf").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in spark.environment(folder, [packages]).items():
            patch.setenv(name, value)
        yield
        if SparkContext._active_spark_context:
            SparkContext._active_spark_context.stop()


class Lake:
    """Buckets, databases and crawlers of one test, and what the load DAG does with them."""

    def __init__(self, name):
        self.s3 = boto3.client("s3")
        self.glue = boto3.client("glue")
        self.raw, self.clean, self.conform, self.state = (
            f"{name}-{role}" for role in ("raw", "clean", "conform", "state")
        )
        self.databases = {role: f"{name.replace('-', '_')}_{role}" for role in ("clean", "conform")}
        self.loads = 0

    def make(self):
        for bucket in (self.raw, self.clean, self.conform, self.state):
            self.s3.create_bucket(Bucket=bucket)
        self.s3.put_bucket_versioning(Bucket=self.raw, VersioningConfiguration={"Status": "Enabled"})
        trust = (
            '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",'
            ' "Principal": {"Service": "glue.amazonaws.com"}}]}'
        )
        iam = boto3.client("iam")
        role = iam.create_role(RoleName=self.raw, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        work = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*", "glue:*", "logs:*"],'
        iam.put_role_policy(RoleName=self.raw, PolicyName="work", PolicyDocument=work + ' "Resource": "*"}]}')
        self.role = role
        tables = {
            "clean": ["sales_reciept", "pastry_inventory", "sales_target"],
            "conform": [
                "customer", "product", "staff", "sales_outlet", "date", "sales_reciept", "pastry_inventory",
                "sales_target",
            ],
        }  # fmt: skip
        for zone, names in tables.items():
            self.glue.create_database(DatabaseInput={"Name": self.databases[zone]})
            bucket = {"clean": self.clean, "conform": self.conform}[zone]
            self.glue.create_crawler(
                Name=f"{bucket}-crawler",
                Role=role,
                DatabaseName=self.databases[zone],
                Targets={"S3Targets": [{"Path": f"s3://{bucket}/{table}/"} for table in names]},
                SchemaChangePolicy={"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"},
                RecrawlPolicy={"RecrawlBehavior": "CRAWL_EVERYTHING"},
            )

    # --- uploads

    def upload(self, key, body):
        """Put a raw object. Another key is later for S3, which keeps whole seconds, only after ``wait_a_second``."""
        self.s3.put_object(Bucket=self.raw, Key=key, Body=body)

    def wait_a_second(self):
        time.sleep(1.05)

    def sales(self, name, *rows):
        self.upload(f"sales-reciept/{name}.csv", till_file("sales_reciept", *rows))

    def inventory(self, name, *rows):
        self.upload(f"pastry-inventory/{name}.csv", till_file("pastry_inventory", *rows))

    def targets(self, name, *rows):
        self.upload(f"sales-target/{name}.csv", till_file("sales_target", *rows))

    # --- a load

    def plan(self, withdraw=(), reload=None, accept=(), **settings):
        """What the task plan_load does; returns the load's id."""
        from coffee_shop.lake.ledger import read_ledger
        from coffee_shop.lake.state import write_json
        from coffee_shop.load import new_files

        self.loads += 1
        load_id = f"load-{self.loads}"
        plan = new_files.make_plan(
            load_id=load_id,
            run_id=f"run-{self.loads}",
            made_at=datetime.now(UTC),
            ledger=read_ledger(self.s3, self.state).value,
            listing=new_files.list_current(self.s3, self.raw),
            request=new_files.Request(tuple(withdraw), reload, tuple(accept)),
            settings=_Settings(**settings),
        )
        write_json(self.s3, self.state, f"loads/{load_id}/plan.json", plan)
        return load_id

    def arguments(self, load_id):
        from coffee_shop_jobs.load_state import Arguments

        return Arguments(
            load_id=load_id,
            raw_bucket=self.raw,
            clean_bucket=self.clean,
            conform_bucket=self.conform,
            state_bucket=self.state,
            clean_database=self.databases["clean"],
            conform_database=self.databases["conform"],
        )

    def run(self, job, load_id):
        """Run one job in this process, with a client of its own."""
        import importlib

        from coffee_shop_jobs import placing

        placing.s3_client.cache_clear()
        importlib.import_module(job).run(self.arguments(load_id))

    def crawl(self, zone):
        crawler = f"{ {'clean': self.clean, 'conform': self.conform}[zone] }-crawler"
        self.glue.start_crawler(Name=crawler)
        self.wait_for_crawl(crawler)

    def crawl_what_is_new(self, load_id, zone):
        """What the guard of a crawl does."""
        from coffee_shop.lake.tables import read_tables, why_crawl

        tables = read_tables(self.s3, self.state, load_id, zone)["tables"]
        if reason := why_crawl(self.glue, self.databases[zone], tables):
            self.crawled[zone] = reason
            self.crawl(zone)

    def wait_for_crawl(self, crawler):
        while self.glue.get_crawler(Name=crawler)["Crawler"]["State"] != "READY":
            time.sleep(0.02)
        last = self.glue.get_crawler(Name=crawler)["Crawler"]["LastCrawl"]
        assert last["Status"] == "SUCCEEDED", last

    def publish(self, load_id):
        from coffee_shop.lake import ledger

        plan, result = self.json(f"loads/{load_id}/plan.json"), self.result(load_id)
        ledger.publish(self.s3, self.state, plan, result, datetime.now(UTC))

    def load(self, **asked):
        """A whole load; returns its result, and keeps in ``crawled`` why it crawled, by zone."""
        load_id = self.plan(**asked)
        for job in ("partition_data", "conform_tables", "conform_relations"):
            self.run(job, load_id)
        self.crawled = {}
        for zone in ("clean", "conform"):
            self.crawl_what_is_new(load_id, zone)
        self.publish(load_id)
        return self.result(load_id)

    # --- what is there

    def json(self, key):
        import json

        return json.loads(self.s3.get_object(Bucket=self.state, Key=key)["Body"].read())

    def result(self, load_id):
        return self.json(f"loads/{load_id}/result.json")

    def objects(self, bucket, prefix=""):
        """Key -> (ETag, LastModified)."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return {
            found["Key"]: (found["ETag"], found["LastModified"]) for page in pages for found in page.get("Contents", [])
        }

    def rows(self, bucket, key):
        """The rows of a Parquet object in their order, as dicts."""
        import pyarrow.parquet as pq

        body = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return pq.read_table(io.BytesIO(body)).to_pylist()

    def schema(self, bucket, key):
        import pyarrow.parquet as pq

        body = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return pq.read_schema(io.BytesIO(body))

    def dimension(self, table):
        return self.rows(self.conform, f"{table}/data.parquet")

    def facts(self, day, table="sales_reciept"):
        return self.rows(self.conform, f"{table}/business_date={day}/data.parquet")

    def contents(self):
        """Every object of the clean and conform zones with its rows: what a load's outcome is judged by."""
        return {
            f"{bucket.rpartition('-')[2]}/{key}": self.rows(bucket, key)
            for bucket in (self.clean, self.conform)
            for key in self.objects(bucket)
        }


class _Settings:
    def __init__(self, max_quantity=1000, quarantine_share=0.01, kept_share=0.9):
        self.max_quantity = max_quantity
        self.quarantine_share = quarantine_share
        self.kept_share = kept_share


_made = iter(range(1, 1000))


@pytest.fixture
def new_lake(local_aws):
    """Make one more lake, empty."""

    def make():
        lake = Lake(f"lake-{next(_made)}")
        lake.make()
        return lake

    return make


@pytest.fixture
def lake(new_lake):
    return new_lake()
