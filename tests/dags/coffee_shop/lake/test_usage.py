"""What a run used, priced by hand: 0.44 dollars an hour of a DPU, crawls of 2 DPUs, 5 dollars a terabyte."""

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from coffee_shop.lake.usage import bytes_scanned, in_words, job_run, looked_up, usage_of
from coffee_shop.settings import Prices

PRICES = Prices()
MB = 2**20


def glue_with(**run: Any) -> Any:
    return SimpleNamespace(get_job_run=lambda **names: {"JobRun": run})


@pytest.mark.parametrize(
    ("run", "seconds_and_dpus"),
    [
        ({"ExecutionTime": 90, "MaxCapacity": 2.0, "NumberOfWorkers": 2}, (90.0, 2.0)),
        ({"ExecutionTime": 90, "NumberOfWorkers": 3}, (90.0, 3.0)),  # as the local AWS has it
        ({"ExecutionTime": 100, "DPUSeconds": 150.0, "MaxCapacity": 10.0}, (100.0, 1.5)),  # auto scaling
        ({"ExecutionTime": 0, "NumberOfWorkers": 2}, (0.0, 2.0)),
    ],
)
def test_seconds_and_dpus_of_a_job_run(run: Any, seconds_and_dpus: tuple[float, float]) -> None:
    assert job_run(glue_with(**run), "shop-partition-data", "jr_1") == seconds_and_dpus


def test_bytes_of_queries_in_their_order() -> None:
    sizes = {"q1": 5 * MB, "q2": 0}

    def get_query_execution(QueryExecutionId: str) -> Any:  # noqa: N803
        return {"QueryExecution": {"Statistics": {"DataScannedInBytes": sizes[QueryExecutionId]}}}

    athena: Any = SimpleNamespace(get_query_execution=get_query_execution)
    assert bytes_scanned(athena, ["q2", "q1"]) == [0, 5 * MB]


def test_a_job_is_billed_by_the_second_from_a_minute_on() -> None:
    used = usage_of({"partition_data": (90, 2), "conform_tables": (20, 2)}, {}, [], PRICES)
    assert used["job_dpu_seconds"] == {"partition_data": 180.0, "conform_tables": 40.0}
    assert used["price"] == "0.0367"  # (180 + 120) / 3600 hours x 0.44


def test_a_crawl_is_billed_for_ten_minutes_at_least() -> None:
    used = usage_of({}, {"crawl_raw": 50, "crawl_clean": 900}, [], PRICES)
    assert used["crawl_seconds"] == {"crawl_raw": 50, "crawl_clean": 900}
    assert used["price"] == "0.3667"  # (600 + 900) x 2 / 3600 hours x 0.44


def test_a_query_is_billed_for_ten_megabytes_at_least() -> None:
    used = usage_of({}, {}, [0, MB, 1014 * MB], PRICES)
    assert (used["queries"], used["bytes_scanned"]) == (3, 1015 * MB)
    assert used["price"] == "0.0049"  # (10 + 10 + 1,014) MB / 1,048,576 x 5


def test_prices_are_a_setting() -> None:
    free = Prices(glue_dpu_hour=0, crawler_dpus=0, athena_terabyte=0)
    assert usage_of({"partition_data": (90, 2)}, {"crawl_raw": 600}, [MB], free)["price"] == "0.0000"


def test_a_look_up_that_fails_fails_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def fails() -> Any:
        raise PermissionError("glue:GetJobRun")

    assert looked_up(fails) is None
    assert "could not be looked up" in caplog.text


def test_a_usage_is_said_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    used = usage_of({"partition_data": (90, 2)}, {"crawl_raw": 50}, [3 * MB], PRICES)
    with caplog.at_level(logging.INFO):
        assert looked_up(lambda: used) == used
    line = "180 DPU seconds of jobs, 1 crawl, 1 query over 3.0 MB; about $0.1687"
    assert in_words(used) == line
    assert f"Used: {line}." in caplog.text
    assert in_words(usage_of({}, {}, [], PRICES)) == "0 queries over 0.0 MB; about $0.0000"
