"""Crawls through the API: what they find, what they bring into the catalog, what they are refused."""

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.glue.conftest import ARN, TRUST, allow, parquet

CATALOG = "arn:aws:glue:us-east-1:123456789012:"


def test_csv_with_the_templates_classifier(aws):
    aws.glue.create_classifier(
        CsvClassifier={"Name": "csv", "Delimiter": ",", "QuoteSymbol": '"', "ContainsHeader": "PRESENT",
                       "AllowSingleColumn": False, "DisableValueTrimming": False}
    )  # fmt: skip
    aws.put("forest", "Old-Trees/a.csv", "Id,Height,Kind,Felled,Since\n1,2.5,x,true,2019-04-01\n")
    aws.put("forest", "Old-Trees/b.csv", 'Id,Height,Kind,Felled,Since\n2,3,"y, z",false,\n')
    aws.put("forest", "Old-Trees/_hidden.csv", "a|b\n1|2\n")
    aws.crawler("csv", "forest/Old-Trees/", Classifiers=["csv"])
    assert aws.crawl("csv")["Status"] == "SUCCEEDED"
    assert aws.columns("old_trees") == [
        ("id", "bigint"), ("height", "double"), ("kind", "string"), ("felled", "boolean"), ("since", "string"),
    ]  # fmt: skip
    table = aws.table("old_trees")
    assert table["StorageDescriptor"]["Location"] == "s3://forest/Old-Trees/"
    assert table["StorageDescriptor"]["SerdeInfo"] == {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ","},
    }
    shown = {"classification": "csv", "skip.header.line.count": "1", "objectCount": "2"}
    assert table["Parameters"].items() >= shown.items()


def test_parquet_partitions_and_comments(aws):
    for day in ("2020-01-01", "2020-01-02"):
        aws.put("forest", f"trees/day={day}/data.parquet", parquet(Id=[1], name=["oak"], kind=["x"]))
    aws.crawler("trees", "forest/trees/")
    aws.crawl("trees")
    assert aws.columns("trees") == [("id", "bigint"), ("name", "string"), ("kind", "string")]
    assert aws.table("trees")["PartitionKeys"] == [{"Name": "day", "Type": "string"}]
    assert aws.partitions("trees") == [["2020-01-01"], ["2020-01-02"]]
    names = ("Name", "Owner", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")
    commented = {name: aws.table("trees")[name] for name in names} | {"Description": "all of them"}
    commented["StorageDescriptor"]["Columns"][0]["Comment"] = "which tree"
    aws.glue.update_table(DatabaseName="forest", TableInput=commented)
    aws.put("forest", "trees/day=2020-01-03/data.parquet", parquet(Id=[1], name=["ash"], kind=["x"]))
    aws.crawl("trees")
    assert aws.table("trees")["StorageDescriptor"]["Columns"][0]["Comment"] == "which tree"
    assert (aws.table("trees")["Description"], aws.table("trees")["Parameters"]["objectCount"]) == ("all of them", "3")
    aws.put("forest", "trees/day=2020-01-03/data.parquet", parquet(Id=[1], name=["ash"], kind=["x"], age=[7]))
    aws.crawl("trees")  # the guide: "Remove any metadata that is not set by the crawler"
    assert aws.table("trees")["StorageDescriptor"]["Columns"][0] == {"Name": "id", "Type": "bigint"}
    (metrics,) = aws.glue.get_crawler_metrics(CrawlerNameList=["trees"])["CrawlerMetricsList"]
    assert (metrics["TablesCreated"], metrics["TablesUpdated"]) == (0, 1)


@pytest.mark.parametrize(
    ("expression", "days"),
    [("day >= '2020-01-02'", [["2020-01-02"], ["2020-01-03"]]), ("day in ('2020-01-01', 'x')", [["2020-01-01"]])],
)
def test_get_partitions_heeds_its_expression(aws, expression, days):
    assert aws.partitions("trees", Expression=expression) == days
    assert aws.partitions("trees", Expression=expression, MaxResults=1) == days[:1]


def test_batch_delete_partition(aws):
    place = {"DatabaseName": "forest", "TableName": "trees"}
    gone = [{"Values": ["2020-01-01"]}, {"Values": ["nobody"]}]
    (error,) = aws.glue.batch_delete_partition(PartitionsToDelete=gone, **place)["Errors"]
    assert (error["PartitionValues"], error["ErrorDetail"]["ErrorCode"]) == (["nobody"], "EntityNotFoundException")
    assert aws.partitions("trees") == [["2020-01-02"], ["2020-01-03"]]


def test_objects_that_s3_keeps_back_do_not_stop_a_crawl(aws):
    aws.put("forest", "sealed/a.csv", "Id,Height\n1,2.5\n")
    aws.s3.put_object(Bucket="forest", Key="sealed/old.csv", Body=b"Id,Age\n1,2\n", StorageClass="GLACIER")
    sealed = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    aws.s3.put_object(Bucket="forest", Key="sealed/own-key.csv", Body=b"Id,Age\n1,2\n", **sealed)
    aws.crawler("sealed", "forest/sealed/")
    assert aws.crawl("sealed")["Status"] == "SUCCEEDED"
    assert aws.columns("sealed") == [("id", "bigint"), ("height", "double")]


def test_odd_folders(aws):
    for key in ("plain.csv", "Laden Süd + Nord/2019-07-07 (1).csv", "year=2019/month=07/day=08/part-0000.csv"):
        aws.put("forest", f"odd/{key}", "till,amount\n1,2\n")
    aws.put("forest", "odd/.hidden/a.csv", "till,amount\n1,2\n")
    aws.put("forest", "odd/picture.bin", b"\x00\x01\xff")
    aws.put("forest", "stock/2019/april.csv", "till,amount\n1,2\n")
    aws.crawler("odd", "forest/odd/", "forest/stock/")
    assert aws.crawl("odd")["Status"] == "SUCCEEDED"
    tables = {table["Name"] for table in aws.glue.get_tables(DatabaseName="forest")["TableList"]}
    assert tables >= {"odd", "stock"}
    assert aws.table("odd")["PartitionKeys"] == []
    assert aws.partitions("stock") == [["2019"]]
    assert aws.table("stock")["PartitionKeys"] == [{"Name": "partition_0", "Type": "string"}]


KEEP = allow(
    ["glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:GetPartitions", "glue:CreateTable",
     "glue:UpdateTable", "glue:BatchCreatePartition", "glue:BatchUpdatePartition"],
    CATALOG + "catalog", CATALOG + "database/forest", CATALOG + "table/forest/*",
)  # fmt: skip
LIST, READ = allow("s3:ListBucket", "arn:aws:s3:::forest"), allow("s3:GetObject", "arn:aws:s3:::forest/ash/*")
LOG = allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])


@pytest.mark.parametrize(
    ("missing", "action"), [(None, ""), (LIST, "s3:ListBucket"), (READ, "s3:GetObject"), (KEEP, "glue:GetDatabase")]
)
def test_a_crawler_does_what_its_role_may(aws, missing, action):
    aws.put("forest", "ash/day=1/a.csv", "id,n\n1,2\n")
    role = aws.role("ranger", *(given for given in (LIST, READ, KEEP, LOG) if given is not missing))
    if "ranger" not in aws.glue.list_crawlers()["CrawlerNames"]:
        aws.crawler("ranger", "forest/ash/", role=role)
    last = aws.crawl("ranger")
    if missing is None:
        assert last["Status"] == "SUCCEEDED"
        events = aws.logs.get_log_events(logGroupName=last["LogGroup"], logStreamName=last["LogStream"])["events"]
        assert any("TablesCreated: ash" in event["message"] for event in events)
    else:
        shown = "arn:aws:sts::123456789012:assumed-role/ranger/AWS-Crawler"
        assert last["Status"] == "FAILED"
        assert last["ErrorMessage"].startswith(f"User: {shown} is not authorized to perform: {action} on resource: ")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"Targets": {"JdbcTargets": [{"ConnectionName": "c", "Path": "p"}]}}, "JdbcTargets"),
        ({"Schedule": "cron(0 1 * * ? *)"}, "Schedule"),
        ({"Configuration": '{"Version": 1.0}'}, "Configuration"),
        ({"Role": ARN + "lambdas"}, "TrustPolicy"),
    ],
)
def test_settings_that_are_refused(aws, settings, named):
    aws.role("lambdas", LOG, trust=TRUST | {"Principal": {"Service": "lambda.amazonaws.com"}})
    aws.crawler(named, "forest/trees/", **settings)
    with pytest.raises(ClientError, match=named) as caught:
        aws.glue.start_crawler(Name=named)
    assert caught.value.response["Error"]["Code"] == "InvalidInputException"
