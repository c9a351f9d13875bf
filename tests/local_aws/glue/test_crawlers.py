"""Crawlers through the API: settings, states, what they bring into the catalog."""

import io
import threading
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from local_aws.glue import files

LOG_ONLY = {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}
INCREMENTAL = {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}


def parquet(**columns) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


@pytest.fixture
def place(aws, request):
    """A bucket and a database of the test's own, and a function that makes a crawler for a folder of it."""
    name = request.node.name.split("[")[0].replace("_", "-")[:50].strip("-")
    database = name.replace("-", "_")
    aws.client("s3").create_bucket(Bucket=name)
    aws.glue.create_database(DatabaseInput={"Name": database})

    class Place:
        def __init__(self):
            self.bucket, self.database, self.crawler = name, database, name

        def put(self, key, body):
            aws.put(name, key, body)

        def make(self, *folders, **settings):
            targets = {"S3Targets": [{"Path": f"s3://{name}/{folder}"} for folder in folders or ("trees/",)]}
            aws.glue.create_crawler(
                **{"Name": name, "Role": "worker", "DatabaseName": database, "Targets": targets, **settings}
            )

        def crawl(self):
            return aws.crawl(name)

    return Place()


def refusal(call, **request):
    with pytest.raises(ClientError) as caught:
        call(**request)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


# -------------------------------------------------------------------------------------------------- what it finds


def test_a_csv_folder_becomes_a_table(aws, place):
    place.put("Old-Trees/a.csv", "Id,Height\n1,2.5\n")
    place.put("Old-Trees/b.csv", "Id,Height\n2,3\n")
    place.make("Old-Trees/")
    assert place.crawl()["LastCrawl"]["Status"] == "SUCCEEDED"
    table = aws.table(place.database, "old_trees")
    assert aws.columns(place.database, "old_trees") == [("id", "bigint"), ("height", "double")]
    assert table["StorageDescriptor"]["Location"] == f"s3://{place.bucket}/Old-Trees/"
    assert table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"].endswith("LazySimpleSerDe")
    assert table["TableType"] == "EXTERNAL_TABLE"
    wanted = {
        "classification": "csv",
        "delimiter": ",",
        "skip.header.line.count": "1",
        "objectCount": "2",
        "recordCount": "2",
        "UPDATED_BY_CRAWLER": place.crawler,
    }
    assert table["Parameters"].items() >= wanted.items()


def test_parquet_partitions(aws, place):
    for day in ("2020-01-01", "2020-01-02"):
        place.put(f"trees/day={day}/data.parquet", parquet(Id=[1], name=["oak"]))
    place.make()
    place.crawl()
    assert aws.columns(place.database, "trees") == [("id", "bigint"), ("name", "string")]
    assert aws.table(place.database, "trees")["PartitionKeys"] == [{"Name": "day", "Type": "string"}]
    assert aws.partitions(place.database, "trees") == [["2020-01-01"], ["2020-01-02"]]
    one = aws.glue.get_partition(DatabaseName=place.database, TableName="trees", PartitionValues=["2020-01-02"])
    assert one["Partition"]["StorageDescriptor"]["Location"] == f"s3://{place.bucket}/trees/day=2020-01-02/"


def test_json_and_gzip(aws, place):
    import gzip

    place.put("trees/a.json.gz", gzip.compress(b'{"Id": 1, "name": "oak"}\n'))
    place.make()
    place.crawl()
    table = aws.table(place.database, "trees")
    assert aws.columns(place.database, "trees") == [("id", "int"), ("name", "string")]
    assert table["Parameters"]["compressionType"] == "gzip"
    assert table["StorageDescriptor"]["Compressed"] is True


def test_exclusions_prefix_and_hidden_files(aws, place):
    place.put("trees/a.csv", "id,n\n1,2\n")
    place.put("trees/old/b.txt", "x|y|z\n1|2|3\n")
    place.put("trees/_SUCCESS", "")
    place.make(
        Targets={"S3Targets": [{"Path": f"s3://{place.bucket}/trees", "Exclusions": ["old/**"]}]}, TablePrefix="My_"
    )
    place.crawl()
    assert aws.tables(place.database) == ["my_trees"]
    assert aws.table(place.database, "my_trees")["PartitionKeys"] == []


def test_a_custom_classifier_comes_first(aws, place):
    aws.glue.create_classifier(
        CsvClassifier={
            "Name": "piped",
            "Delimiter": "|",
            "ContainsHeader": "ABSENT",
            "Header": ["Tree", "Colour"],
            "Serde": "OpenCSVSerDe",
        }
    )
    place.put("trees/a.csv", "oak|green\n")
    place.make(Classifiers=["piped"])
    place.crawl()
    assert aws.columns(place.database, "trees") == [("tree", "string"), ("colour", "string")]
    serde = aws.table(place.database, "trees")["StorageDescriptor"]["SerdeInfo"]
    assert serde["SerializationLibrary"] == "org.apache.hadoop.hive.serde2.OpenCSVSerde"
    assert serde["Parameters"]["separatorChar"] == "|"


def test_two_folders_with_one_name(aws, place):
    """The guide: a duplicate table name gets a hash as its suffix."""
    place.put("a/trees/1.csv", "id,n\n1,2\n")
    place.put("b/trees/1.csv", "id,n\n1,2\n")
    place.make("a/trees/", "b/trees/")
    place.crawl()
    first, second = aws.tables(place.database)
    assert first == "trees"
    assert second.startswith("trees_")
    assert len(second) == len("trees_") + 32


def test_an_empty_folder_is_no_failure(aws, place):
    place.make("nothing/")
    assert place.crawl()["LastCrawl"]["Status"] == "SUCCEEDED"
    assert aws.tables(place.database) == []


# ---------------------------------------------------------------------------------------- what it does to a table


def test_new_files_change_the_counts_and_keep_comments(aws, place):
    """UPDATE_IN_DATABASE updates "if a change is detected": without one, what people wrote stays."""
    place.put("trees/day=1/a.csv", "id,n\n1,2\n")
    place.make()
    place.crawl()
    comment(aws, place, "trees", "id", "which tree")
    version = aws.table(place.database, "trees")["VersionId"]
    place.put("trees/day=2/a.csv", "id,n\n1,2\n")
    place.crawl()
    table = aws.table(place.database, "trees")
    assert table["StorageDescriptor"]["Columns"][0]["Comment"] == "which tree"
    assert table["Parameters"]["objectCount"] == "2"
    assert table["VersionId"] == version
    assert aws.partitions(place.database, "trees") == [["1"], ["2"]]
    assert metrics(aws, place) == (0, 0, 0)


def test_a_changed_schema_is_written_anew_without_comments(aws, place):
    """The guide: "Remove any metadata that is not set by the crawler. This is the default setting."."""
    place.put("trees/a.csv", "id,n\n1,2\n")
    place.make()
    place.crawl()
    comment(aws, place, "trees", "id", "which tree")
    place.put("trees/a.csv", "id,n,age\n1,x,3\n")
    place.crawl()
    assert aws.table(place.database, "trees")["StorageDescriptor"]["Columns"] == [
        {"Name": "id", "Type": "bigint"},
        {"Name": "n", "Type": "string"},
        {"Name": "age", "Type": "bigint"},
    ]
    assert metrics(aws, place) == (0, 1, 0)
    assert aws.table(place.database, "trees")["VersionId"] == "3"


def test_merge_new_columns_keeps_what_is_there(aws, place):
    place.put("trees/a.csv", "id,n\n1,2\n")
    place.make(
        Configuration='{"Version": 1.0, "CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}}'
    )
    place.crawl()
    comment(aws, place, "trees", "id", "which tree")
    place.put("trees/a.csv", "id,n,age\n1,x,3\n")
    place.crawl()
    assert aws.table(place.database, "trees")["StorageDescriptor"]["Columns"] == [
        {"Name": "id", "Type": "bigint", "Comment": "which tree"},
        {"Name": "n", "Type": "bigint"},
        {"Name": "age", "Type": "bigint"},
    ]


def test_update_behavior_log_leaves_the_table_and_adds_partitions(aws, place):
    place.put("trees/day=1/a.csv", "id,n\n1,2\n")
    place.make(SchemaChangePolicy=LOG_ONLY)
    place.crawl()
    place.put("trees/day=2/a.csv", "id,n,age\n1,2,3\n")
    place.put("trees/day=1/a.csv", "id,n,age\n1,2,3\n")
    place.crawl()
    assert aws.columns(place.database, "trees") == [("id", "bigint"), ("n", "bigint")]
    assert aws.partitions(place.database, "trees") == [["1"], ["2"]]


def test_partitions_inherit_from_the_table(aws, place):
    place.put("trees/day=1/a.csv", "id,n\n1,2\n")
    place.make(
        Configuration='{"Version": 1.0, "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}}'
    )
    place.crawl()
    place.put("trees/day=2/a.csv", "id,n\n1,2.5\n")
    place.crawl()
    found = aws.glue.get_partitions(DatabaseName=place.database, TableName="trees")["Partitions"]
    assert [one["StorageDescriptor"]["Columns"][1]["Type"] for one in found] == ["double", "double"]


@pytest.mark.parametrize(
    ("behaviour", "tables", "partitions", "deleted"),
    [("LOG", ["gone", "stays"], ["1", "2"], 0), ("DELETE_FROM_DATABASE", ["stays"], ["1"], 1)],
)
def test_files_that_are_gone(aws, place, behaviour, tables, partitions, deleted):
    for key in ("gone/a.csv", "stays/day=1/a.csv", "stays/day=2/a.csv"):
        place.put(key, "id,n\n1,2\n")
    place.make("gone/", "stays/", SchemaChangePolicy={"DeleteBehavior": behaviour})
    place.crawl()
    for key in ("gone/a.csv", "stays/day=2/a.csv"):
        aws.client("s3").delete_object(Bucket=place.bucket, Key=key)
    place.crawl()
    assert aws.tables(place.database) == tables
    assert aws.partitions(place.database, "stays") == [[day] for day in partitions]
    assert metrics(aws, place)[2] == deleted
    aws.client("s3").delete_object(Bucket=place.bucket, Key="stays/day=1/a.csv")
    aws.client("s3").delete_bucket(Bucket=place.bucket)
    aws.glue.delete_crawler(Name=place.crawler)
    aws.glue.delete_database(Name=place.database)


def test_deprecate_is_the_default_for_what_is_gone(aws, place):
    place.put("trees/a.csv", "id,n\n1,2\n")
    place.make()
    place.crawl()
    aws.client("s3").delete_object(Bucket=place.bucket, Key="trees/a.csv")
    place.crawl()
    assert int(aws.table(place.database, "trees")["Parameters"]["DEPRECATED_BY_CRAWLER"]) > 1_500_000_000_000
    place.put("trees/a.csv", "id,n\n1,2\n")
    place.crawl()
    assert "DEPRECATED_BY_CRAWLER" not in aws.table(place.database, "trees")["Parameters"]


def comment(aws, place, name, column, text):
    """Write a comment on a column, as a person or a job does."""
    shown = aws.table(place.database, name)
    keys = ("Name", "Owner", "Retention", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")
    definition = {key: shown[key] for key in keys if key in shown}
    for one in definition["StorageDescriptor"]["Columns"]:
        if one["Name"] == column:
            one["Comment"] = text
    aws.glue.update_table(DatabaseName=place.database, TableInput=definition)


def metrics(aws, place):
    (found,) = aws.glue.get_crawler_metrics(CrawlerNameList=[place.crawler])["CrawlerMetricsList"]
    return found["TablesCreated"], found["TablesUpdated"], found["TablesDeleted"]


# ---------------------------------------------------------------------------------------------------- incremental


def test_an_incremental_crawl_adds_partitions_never_tables(aws, place):
    """The guide: "No schema changes are made and no new tables will be added ... after the first crawl run"."""
    place.put("trees/day=1/a.csv", "id,n\n1,2\n")
    place.make("", RecrawlPolicy=INCREMENTAL, SchemaChangePolicy=LOG_ONLY)
    place.put("birds/day=1/a.csv", "wing,beak,song\n1,2,3\n")
    place.crawl()
    assert aws.tables(place.database) == ["birds", "trees"]
    place.put("trees/day=2/a.csv", "id,n\n1,2\n")  # a new folder of a known table
    place.put("trees/day=3/a.csv", "other,columns,here\n1,2,3\n")  # does not fit
    place.put("fish/day=1/a.csv", "fin,eye\n1,2\n")  # would be a new table
    place.put("trees/day=1/b.csv", "id,n,age\n1,2,3\n")  # in a folder that was seen
    place.crawl()
    assert aws.tables(place.database) == ["birds", "trees"]
    assert aws.partitions(place.database, "trees") == [["1"], ["2"]]
    assert aws.columns(place.database, "trees") == [("id", "bigint"), ("n", "bigint")]
    assert metrics(aws, place) == (0, 0, 0)


def test_an_incremental_crawler_needs_log_policies(aws, place):
    """AWS's sentence, as quoted in LBHackney-IT/Data-Platform pull request 2418."""
    targets = {"S3Targets": [{"Path": f"s3://{place.bucket}/x/"}]}
    request = {"Name": "c", "Role": "worker", "DatabaseName": "d", "Targets": targets, "RecrawlPolicy": INCREMENTAL}
    assert refusal(aws.glue.create_crawler, **request) == (
        "InvalidInputException",
        (
            'The SchemaChangePolicy for "Crawl new folders only" Amazon S3 target can have only LOG DeleteBehavior '
            "value and LOG UpdateBehavior value."
        ),
    )


# ------------------------------------------------------------------------------------------------------ states


def test_states_of_a_crawl_and_what_is_refused_meanwhile(aws, place, monkeypatch):
    """Error codes: botocore's service model of StartCrawler, StopCrawler, UpdateCrawler and DeleteCrawler."""
    go_on = slowly(monkeypatch)
    place.put("trees/a.csv", "id,n\n1,2\n")
    place.make()
    glue = aws.glue
    assert refusal(glue.stop_crawler, Name=place.crawler)[0] == "CrawlerNotRunningException"
    glue.start_crawler(Name=place.crawler)
    crawler = glue.get_crawler(Name=place.crawler)["Crawler"]
    assert crawler["State"] == "RUNNING"
    assert "LastCrawl" not in crawler
    for call in (glue.start_crawler, glue.update_crawler, glue.delete_crawler):
        assert refusal(call, Name=place.crawler)[0] == "CrawlerRunningException"
    go_on.set()
    crawler = aws.until_ready(place.crawler)
    assert crawler["LastCrawl"]["Status"] == "SUCCEEDED"
    glue.delete_crawler(Name=place.crawler)
    assert refusal(glue.get_crawler, Name=place.crawler)[0] == "EntityNotFoundException"


def test_a_crawl_that_is_stopped(aws, place, monkeypatch):
    go_on = slowly(monkeypatch)
    for number in range(3):
        place.put(f"trees/{number}.csv", "id,n\n1,2\n")
    place.make()
    aws.glue.start_crawler(Name=place.crawler)
    aws.glue.stop_crawler(Name=place.crawler)
    assert aws.glue.get_crawler(Name=place.crawler)["Crawler"]["State"] == "STOPPING"
    assert refusal(aws.glue.stop_crawler, Name=place.crawler)[0] == "CrawlerStoppingException"
    go_on.set()
    assert aws.until_ready(place.crawler)["LastCrawl"]["Status"] == "CANCELLED"
    assert aws.tables(place.database) == []


def slowly(monkeypatch):
    """Make crawls wait at their first file until the event that is returned is set."""
    go_on, look = threading.Event(), files.schema_of

    def wait(*arguments):
        go_on.wait(10)
        return look(*arguments)

    monkeypatch.setattr(files, "schema_of", wait)
    return go_on


def test_a_missing_bucket_fails_the_crawl(aws, place):
    place.make(Targets={"S3Targets": [{"Path": "s3://nobody-has-this/x/"}]})
    last = place.crawl()["LastCrawl"]
    assert last["Status"] == "FAILED"
    assert last["ErrorMessage"] == "The specified bucket does not exist: nobody-has-this (NoSuchBucket)"
    logged = aws.client("logs").get_log_events(logGroupName="/aws-glue/crawlers", logStreamName=place.crawler)
    assert any("NoSuchBucket" in event["message"] for event in logged["events"])


def test_a_missing_database_fails_the_crawl(aws, place):
    place.make(DatabaseName="not_made")
    last = place.crawl()["LastCrawl"]
    assert (last["Status"], last["ErrorMessage"]) == ("FAILED", "Database not_made not found")


def test_metrics(aws, place):
    place.put("trees/a.csv", "id,n\n1,2\n")
    place.make()
    place.crawl()
    (found,) = aws.glue.get_crawler_metrics(CrawlerNameList=[place.crawler])["CrawlerMetricsList"]
    assert found["CrawlerName"] == place.crawler
    assert found["TablesCreated"] == 1
    assert found["LastRuntimeSeconds"] > 0
    assert found["StillEstimating"] is False


# ----------------------------------------------------------------------------------------------------- settings


def test_update_crawler_changes_what_is_given(aws, place):
    place.make(Description="before", TablePrefix="p_")
    aws.glue.update_crawler(Name=place.crawler, Description="after")
    crawler = aws.glue.get_crawler(Name=place.crawler)["Crawler"]
    assert (crawler["Description"], crawler["TablePrefix"], crawler["Version"]) == ("after", "p_", 2)
    assert crawler["SchemaChangePolicy"] == {
        "UpdateBehavior": "UPDATE_IN_DATABASE",
        "DeleteBehavior": "DEPRECATE_IN_DATABASE",
    }
    assert refusal(aws.glue.update_crawler, Name="nobody")[0] == "EntityNotFoundException"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"Role": "nobody"}, "unable to assume provided role"),
        ({"Targets": {}}, "At least one target"),
        ({"Targets": {"JdbcTargets": [{"ConnectionName": "c"}]}}, "JdbcTargets"),
        ({"Targets": {"S3Targets": [{"Path": "s3://b/", "SampleSize": 3}]}}, "SampleSize"),
        ({"Schedule": "cron(0 1 * * ? *)"}, "Schedule"),
        ({"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVENT_MODE"}}, "CRAWL_EVENT_MODE"),
        ({"Classifiers": ["nobody"]}, "nobody"),
        ({"Configuration": "{"}, "Configuration"),
        ({"Configuration": '{"Version": 1.0, "CreatePartitionIndex": true}'}, "CreatePartitionIndex"),
        (
            {"Configuration": '{"Version": 1.0, "CrawlerOutput": {"Partitions": {"UpdateBehavior": "LOG"}}}'},
            "CrawlerOutput.Partitions.contains unsupported keys: UpdateBehavior",
        ),
    ],
)
def test_settings_that_are_refused(aws, settings, named):
    """The role: terraform-provider-aws waits for this very sentence. Keys of Configuration: LBHackney-IT pull 979."""
    request = {
        "Name": "refused",
        "Role": "worker",
        "DatabaseName": "d",
        "Targets": {"S3Targets": [{"Path": "s3://b/x/"}]},
    }
    code, message = refusal(aws.glue.create_crawler, **{**request, **settings})
    assert code == "InvalidInputException"
    assert named in message


def test_a_role_that_does_not_trust_glue(aws):
    trust = '{"Statement": {"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com"]}, "Action": "*"}}'
    aws.client("iam").create_role(RoleName="other", AssumeRolePolicyDocument=trust)
    code, message = refusal(
        aws.glue.create_crawler,
        Name="refused",
        Role="other",
        DatabaseName="d",
        Targets={"S3Targets": [{"Path": "s3://b/x/"}]},
    )
    assert (code, "TrustPolicy" in message) == ("InvalidInputException", True)


def test_crawling_again_does_not_read_unchanged_files_again(aws, place, monkeypatch):
    place.put("trees/a.csv", "id,n\n1,2\n")
    place.make()
    place.crawl()
    before = files.schema_of.cache_info()
    place.crawl()
    after = files.schema_of.cache_info()
    assert (after.hits - before.hits, after.misses - before.misses) == (1, 0)
    time.sleep(0.01)
    place.put("trees/a.csv", "id,n\n1,3\n")
    place.crawl()
    assert files.schema_of.cache_info().misses == after.misses + 1
