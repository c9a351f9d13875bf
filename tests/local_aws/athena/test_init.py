"""The places in moto that the local Athena relies on: a moto upgrade that moves one fails here, by name."""

import inspect
import pickle

import pytest
from moto.athena import models, responses
from moto.athena.responses import AthenaResponse

from local_aws.athena import api, executions
from local_aws.athena.executions import Execution


@pytest.mark.parametrize("call", api.REPLACED, ids=lambda c: c.__name__)
def test_moto_has_the_call_that_is_replaced(call):
    assert callable(getattr(AthenaResponse, call.__name__))


def test_moto_names_its_backend_as_before():
    backend = models.AthenaBackend("us-east-1", "123456789012")
    assert (backend.region_name, backend.account_id) == ("us-east-1", "123456789012")
    assert (backend.executions, backend.named_queries, backend.prepared_statements) == ({}, {}, {})
    assert isinstance(responses.AthenaResponse.athena_backend, property)


def test_moto_makes_workgroups_as_before():
    backend = models.AthenaBackend("us-east-1", "123456789012")
    assert list(backend.work_groups) == ["primary"]
    assert list(inspect.signature(backend.create_work_group).parameters) == [
        "name",
        "configuration",
        "description",
        "tags",
    ]
    group = backend.create_work_group("g", {"ResultConfiguration": {}}, "d", [])
    assert (group.name, group.state, group.description) == ("g", "ENABLED", "d")
    assert group.configuration["EnforceWorkGroupConfiguration"] is True
    backend.delete_work_group("g")
    assert list(backend.work_groups) == ["primary"]


def test_moto_keeps_statements_as_before():
    backend = models.AthenaBackend("us-east-1", "123456789012")
    backend.create_prepared_statement("s", "g", "select 1", "d")
    found = backend.prepared_statements["s"]
    assert (found.statement_name, found.workgroup, found.query_statement) == ("s", "g", "select 1")
    assert found.last_modified_time
    assert backend.named_queries == {}
    query_id = backend.create_named_query("n", "d", "db", "select 1", "primary")
    assert backend.named_queries[query_id].workgroup.name == "primary"


def test_moto_keeps_the_glue_catalog_as_before():
    from moto.glue.models import glue_backends

    backend = glue_backends["123456789012"]["us-east-1"]
    backend.create_database("contract", {"Description": "d"})
    try:
        backend.create_table("contract", "t", {"Name": "t", "PartitionKeys": [{"Name": "k", "Type": "string"}]})
        table = backend.databases["contract"].tables["t"]
        table.create_partition({"Values": ["v"], "StorageDescriptor": {"Location": "s3://x/"}})
        partition = table.partitions["['v']"]
        assert (partition.values, partition.partition_input["StorageDescriptor"]["Location"]) == (["v"], "s3://x/")
        assert table.as_dict()["PartitionKeys"] == [{"Name": "k", "Type": "string"}]
        table.delete_partition(["v"])
        assert table.partitions == {}
        backend.delete_table("contract", "t")
        assert backend.databases["contract"].tables == {}
    finally:
        backend.delete_database("contract")


def execution(state):
    return Execution(
        id="i", account="123456789012", region="us-east-1", query="select 1", parameters=None, database="d",
        catalog="AwsDataCatalog", workgroup="primary", output_folder="s3://r/", output_location="s3://r/i.csv",
        statement_type="DML", substatement_type="SELECT", cutoff=None, metrics=False, enforced=False, token=None, asked={},
        state=state,
    )  # fmt: skip


def test_executions_survive_a_restart():
    kept = pickle.loads(pickle.dumps(execution(executions.SUCCEEDED)))
    assert kept.as_dict()["Status"]["State"] == "SUCCEEDED"


@pytest.mark.parametrize("state", [executions.QUEUED, executions.RUNNING])
def test_a_query_that_a_restart_cut_off_has_failed(state):
    kept = pickle.loads(pickle.dumps(execution(state))).as_dict()["Status"]
    assert (kept["State"], kept["StateChangeReason"]) == (
        "FAILED", "GENERIC_INTERNAL_ERROR: the local Athena was stopped while the query ran",
    )  # fmt: skip
    assert "CompletionDateTime" in kept
