"""What the tests of each client need of a loaded stack: its names, and a database that is deleted at the end.

A client has nothing but AWS_CONFIG_FILE and AWS_PROFILE, as an analyst would. tests/smoke runs these tests against the
demo's stack; against one that runs already:

    AWS_CONFIG_FILE=.local/aws.ini AWS_PROFILE=account .venv-clients/bin/python -m pytest tests/clients
"""

import boto3
import pytest

STACK = "coffee-shop"
DATABASE = "analyst"
FOLDER = "analyst/"


@pytest.fixture(scope="session")
def outputs() -> dict[str, str]:
    """The names that the stack's template gives: buckets, databases, the workgroup."""
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


@pytest.fixture(scope="session")
def workgroup(outputs) -> str:
    return outputs["Workgroup"]


@pytest.fixture(scope="session")
def conform(outputs) -> str:
    """The database of the star schema."""
    return outputs["ConformDatabase"]


@pytest.fixture(scope="session")
def tables() -> list[str]:
    """The star schema's tables, sorted."""
    return [
        "customer",
        "date",
        "pastry_inventory",
        "product",
        "sales_outlet",
        "sales_reciept",
        "sales_target",
        "staff",
    ]


@pytest.fixture(scope="session")
def date_comment() -> str:
    """The catalog's comment of the partition key business_date."""
    return "Partition: the date of the transaction as the till wrote it, YYYY-MM-DD."


@pytest.fixture(scope="session")
def conform_bucket(outputs) -> str:
    return outputs["ConformBucket"]


@pytest.fixture(scope="session")
def folder(outputs):
    """An address on S3 for what a test writes."""
    yield f"s3://{outputs['ResultsBucket']}/{FOLDER}"
    boto3.resource("s3").Bucket(outputs["ResultsBucket"]).objects.filter(Prefix=FOLDER).delete()


@pytest.fixture(scope="session")
def database():
    """A database of the analyst's own."""
    glue = boto3.client("glue")
    glue.create_database(DatabaseInput={"Name": DATABASE})
    yield DATABASE
    for table in glue.get_tables(DatabaseName=DATABASE)["TableList"]:
        glue.delete_table(DatabaseName=DATABASE, Name=table["Name"])
    glue.delete_database(Name=DATABASE)
