"""Contract tests: each place in moto that we replace or lean on is where we think it is."""

import inspect

import moto
from moto.glue import models, responses, urls
from moto.logs.models import LogsBackend
from moto.sts.models import STSBackend

import local_aws.glue
from local_aws.glue import backend, catalog, crawlers, job_runs


def parameters(function) -> list[str]:
    return list(inspect.signature(function).parameters)


def source(thing) -> str:
    return inspect.getsource(thing)


def test_moto_is_the_pinned_one():
    assert moto.__version__ == "5.2.5"


def test_moto_makes_its_records_from_module_globals(tmp_path):
    """So that a class of ours under the same name is the one that is made."""
    text = inspect.getsource(models)
    assert "crawler = FakeCrawler(" in text
    assert "self.jobs[name] = FakeJob(" in text
    assert "table = FakeTable(" in text
    assert 'glue_backends = BackendDict(GlueBackend, "glue")' in text
    local_aws.glue.install(tmp_path)
    assert models.FakeCrawler is crawlers.Crawler
    assert models.FakeJob is job_runs.Job
    assert models.FakeTable is catalog.Table
    assert models.glue_backends.backend is backend.Backend
    assert isinstance(models.glue_backends["111111111111"]["us-east-1"], backend.Backend)


def test_moto_finds_the_api_through_its_urls(tmp_path):
    local_aws.glue.install(tmp_path)
    assert urls.url_paths["{0}/$"].__self__ is backend.Api
    assert backend.Backend("us-east-1", "111111111111").url_bases == urls.url_bases


def test_what_is_overridden_is_there():
    for name in (
        "create_database",
        "get_database",
        "update_database",
        "delete_database",
        "create_table",
        "get_table",
        "delete_table",
        "delete_crawler",
        "create_job",
        "start_job_run",
        "get_partitions",
        "get_tables",
        "batch_get_partition",
    ):
        assert hasattr(models.GlueBackend, name), name
    for name in (
        "batch_create_partition",
        "batch_update_partition",
        "batch_delete_partition",
        "batch_get_partition",
        "batch_delete_table",
        "get_partitions",
        "get_tables",
        "start_job_run",
        "parameters",
        "glue_backend",
    ):
        assert hasattr(responses.GlueResponse, name), name


def test_what_we_add_is_not_there_yet():
    """When moto gets one of these, ours must be looked at again."""
    for name in (
        "create_classifier",
        "update_classifier",
        "get_classifier",
        "get_classifiers",
        "delete_classifier",
        "update_crawler",
        "get_crawler_metrics",
        "update_job",
        "batch_stop_job_run",
    ):
        assert not hasattr(responses.GlueResponse, name), name


def test_the_records_we_build_on():
    (stock_crawler,) = [one for one in crawlers.Crawler.__mro__ if one.__module__ == "moto.glue.models"]
    (stock_job,) = [one for one in job_runs.Job.__mro__ if one.__module__ == "moto.glue.models"]
    (stock_table,) = [one for one in catalog.Table.__mro__ if one.__module__ == "moto.glue.models"]
    assert set(crawlers._SETTINGS.values()) < set(parameters(stock_crawler))
    assert set(job_runs._SETTINGS.values()) < set(parameters(stock_job))
    assert parameters(stock_job.start_job_run)[0] == "self"
    assert parameters(stock_table)[:3] == ["database_name", "table_name", "table_input"]
    assert parameters(stock_table.create_partition) == ["self", "partiton_input"]
    for name in ("self.versions[str(self._current_version + 1)]", "self.partitions[str(partition.values)]"):
        assert name in source(stock_table)
    assert "_status" in source(models.FakeCrawl.__mro__[1])
    assert "self.crawls[-1].status" in source(stock_crawler)


def test_logs_and_credentials():
    assert parameters(LogsBackend.ensure_log_group) == ["self", "log_group_name"]
    assert parameters(LogsBackend.ensure_log_stream) == ["self", "log_group_name", "log_stream_name"]
    assert parameters(LogsBackend.put_log_events) == ["self", "log_group_name", "log_stream_name", "log_events"]
    assert parameters(STSBackend.assume_role) == [
        "self", "region_name", "role_session_name", "role_arn", "policy", "duration", "external_id",
    ]  # fmt: skip
