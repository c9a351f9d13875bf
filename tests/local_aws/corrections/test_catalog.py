"""Operations of Glue that ministack lacks."""

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.corrections.conftest import role


def test_jobs_and_crawlers_are_listed(aws):
    glue = aws("glue")
    command = {"Name": "glueetl", "ScriptLocation": "s3://scripts/a.py"}
    glue.create_job(Name="listed", Role="arn:aws:iam::123456789012:role/r", Command=command)
    targets = {"S3Targets": [{"Path": "s3://raw/a/"}]}
    glue.create_crawler(Name="listed", Role=role(aws, "crawls", service="glue"), DatabaseName="d", Targets=targets)
    assert "listed" in glue.list_jobs()["JobNames"]
    assert "listed" in glue.list_crawlers()["CrawlerNames"]


def test_partitions_are_deleted_and_those_that_are_not_there_named(aws):
    glue = aws("glue")
    glue.create_database(DatabaseInput={"Name": "days"})
    glue.create_table(DatabaseName="days", TableInput={"Name": "t", "PartitionKeys": [{"Name": "day", "Type": "date"}]})
    for day in ("2019-04-01", "2019-04-02"):
        glue.create_partition(DatabaseName="days", TableName="t", PartitionInput={"Values": [day]})
    gone = [{"Values": ["2019-04-01"]}, {"Values": ["2019-04-09"]}]
    (error,) = glue.batch_delete_partition(DatabaseName="days", TableName="t", PartitionsToDelete=gone)["Errors"]
    assert (error["PartitionValues"], error["ErrorDetail"]["ErrorCode"]) == (["2019-04-09"], "EntityNotFoundException")
    (left,) = glue.get_partitions(DatabaseName="days", TableName="t")["Partitions"]
    assert left["Values"] == ["2019-04-02"]
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        glue.batch_delete_partition(DatabaseName="days", TableName="u", PartitionsToDelete=gone)
