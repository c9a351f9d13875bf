"""The catalog API where it is stricter than moto's."""

import pytest
from botocore.exceptions import ClientError

STORAGE = {"Columns": [{"Name": "id", "Type": "bigint"}], "Location": "s3://b/t/"}


@pytest.fixture(scope="module")
def database(aws):
    aws.glue.create_database(DatabaseInput={"Name": "Meadow-1"})
    return "meadow-1"


@pytest.fixture
def table(aws, database, request):
    name = request.node.name.split("[")[0]
    keys = [{"Name": "day", "Type": "string"}]
    aws.glue.create_table(
        DatabaseName=database, TableInput={"Name": name, "StorageDescriptor": STORAGE, "PartitionKeys": keys}
    )
    return name


def code(call, **request):
    with pytest.raises(ClientError) as caught:
        call(**request)
    return caught.value.response["Error"]["Code"]


def partition(day):
    return {"Values": [day], "StorageDescriptor": {**STORAGE, "Location": f"s3://b/t/day={day}/"}}


def test_names_are_folded_to_lower_case(aws, database):
    """The API reference, DatabaseInput and TableInput: "For Hive compatibility, this is folded to lowercase"."""
    assert aws.glue.get_database(Name="MEADOW-1")["Database"]["Name"] == "meadow-1"
    aws.glue.create_table(DatabaseName="Meadow-1", TableInput={"Name": "BigFlowers", "StorageDescriptor": STORAGE})
    assert aws.table(database, "bigFLOWERS")["Name"] == "bigflowers"
    assert code(aws.glue.create_database, DatabaseInput={"Name": "meadow-1"}) == "AlreadyExistsException"
    again = {"Name": "bigflowers", "StorageDescriptor": STORAGE}
    assert code(aws.glue.create_table, DatabaseName=database, TableInput=again) == "AlreadyExistsException"
    aws.glue.delete_table(DatabaseName=database, Name="BIGflowers")
    assert code(aws.glue.get_table, DatabaseName=database, Name="bigflowers") == "EntityNotFoundException"


def test_a_column_name_only_once(aws, database):
    twice = {**STORAGE, "Columns": [{"Name": "id", "Type": "int"}, {"Name": "ID", "Type": "int"}]}
    request = {"Name": "twice", "StorageDescriptor": twice}
    assert code(aws.glue.create_table, DatabaseName=database, TableInput=request) == "InvalidInputException"
    request = {"Name": "twice", "StorageDescriptor": STORAGE, "PartitionKeys": [{"Name": "id", "Type": "int"}]}
    assert code(aws.glue.create_table, DatabaseName=database, TableInput=request) == "InvalidInputException"


def test_a_partition_has_a_value_for_each_key(aws, database, table):
    request = {"DatabaseName": database, "TableName": table}
    wrong = {"Values": ["2020-01-01", "x"], "StorageDescriptor": STORAGE}
    assert code(aws.glue.create_partition, PartitionInput=wrong, **request) == "InvalidInputException"


def test_batches_of_partitions(aws, database, table):
    request = {"DatabaseName": database, "TableName": table}
    days = [f"2020-01-{day:02}" for day in range(1, 31)]
    assert "Errors" not in aws.glue.batch_create_partition(
        PartitionInputList=[partition(day) for day in days], **request
    )
    told = aws.glue.batch_create_partition(PartitionInputList=[partition(days[0])], **request)
    assert told["Errors"][0]["ErrorDetail"]["ErrorCode"] == "AlreadyExistsException"
    assert aws.partitions(database, table) == [[day] for day in days]
    gone = [{"Values": [day]} for day in days[:25]]
    assert aws.glue.batch_delete_partition(PartitionsToDelete=gone, **request).get("Errors", []) == []
    told = aws.glue.batch_delete_partition(PartitionsToDelete=gone[:1], **request)
    assert told["Errors"][0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
    assert aws.partitions(database, table) == [[day] for day in days[25:]]


@pytest.mark.parametrize(
    ("operation", "list_name", "entry", "limit"),
    [
        ("batch_create_partition", "PartitionInputList", partition("x"), 100),
        ("batch_delete_partition", "PartitionsToDelete", {"Values": ["x"]}, 25),
        ("batch_get_partition", "PartitionsToGet", {"Values": ["x"]}, 1000),
        ("batch_update_partition", "Entries", {"PartitionValueList": ["x"], "PartitionInput": partition("x")}, 100),
        ("batch_delete_table", "TablesToDelete", "x", 100),
    ],
)
def test_batches_have_a_limit(aws, database, operation, list_name, entry, limit):
    """botocore's service model of Glue: the max of BatchDeletePartitionValueList and the others."""
    shape = aws.glue.meta.service_model.operation_model(
        "".join(word.title() for word in operation.split("_"))
    ).input_shape.members[list_name]
    assert shape.metadata.get("max", 100) == limit
    request = {"DatabaseName": database, list_name: [entry] * (limit + 1)}
    if operation != "batch_delete_table":
        request["TableName"] = "any"
    assert code(getattr(aws.glue, operation), **request) == "ValidationException"


def test_listings_come_in_pages(aws, database, table):
    request = {"DatabaseName": database, "TableName": table}
    for start in range(0, 1100, 100):
        entries = [partition(f"{number:04}") for number in range(start, start + 100)]
        aws.glue.batch_create_partition(PartitionInputList=entries, **request)
    first = aws.glue.get_partitions(ExcludeColumnSchema=True, **request)
    assert len(first["Partitions"]) == 1000
    assert "Columns" not in first["Partitions"][0]["StorageDescriptor"]
    rest = aws.glue.get_partitions(NextToken=first["NextToken"], **request)
    assert (len(rest["Partitions"]), "NextToken" in rest) == (100, False)
    some = aws.glue.get_partitions(Expression="day >= '1095'", MaxResults=3, **request)
    assert [one["Values"] for one in some["Partitions"]] == [["1095"], ["1096"], ["1097"]]


def test_versions_of_a_table(aws, database, table):
    other = {"Name": table, "StorageDescriptor": {**STORAGE, "Columns": [{"Name": "n", "Type": "int"}]}}
    aws.glue.update_table(DatabaseName=database, TableInput=other)
    versions = aws.glue.get_table_versions(DatabaseName=database, TableName=table)["TableVersions"]
    columns = [[one["Name"] for one in version["Table"]["StorageDescriptor"]["Columns"]] for version in versions]
    assert columns == [["id"], ["n"]]
