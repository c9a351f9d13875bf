"""A load's documents on a real S3: the local AWS."""

from typing import Any

import pytest
from coffee_shop.lake.loads import LoadDocumentError, read_pending, read_plan, read_result
from coffee_shop.lake.state import write_json

BUCKET = "coffee-shop-state-documents"


@pytest.fixture(scope="module")
def s3(s3: Any) -> Any:
    s3.create_bucket(Bucket=BUCKET)
    return s3


def test_a_plan_that_is_missing_says_what_to_clear(s3):
    with pytest.raises(LoadDocumentError, match=r"plan\.json is missing; .* Clear this run from plan_load"):
        read_plan(s3, BUCKET, "l1")


def test_a_result_of_another_format_is_refused_and_says_what_to_clear(s3):
    write_json(s3, BUCKET, "loads/l2/result.json", {"load_id": "l2"})  # as programs before format 2 wrote it
    with pytest.raises(LoadDocumentError, match=r"has format None; this program knows format 2\. Clear this run"):
        read_result(s3, BUCKET, "l2")


def test_pending_days_of_format_1_are_read(s3):
    assert read_pending(s3, BUCKET) == {"load_id": None, "days": {}, "left": False}
    write_json(s3, BUCKET, "pending.json", {"load_id": "l3", "sales_reciept": ["2019-04-01"], "sales_target": []})
    assert read_pending(s3, BUCKET) == {
        "load_id": "l3",
        "days": {"sales_reciept": ["2019-04-01"], "sales_target": []},
        "left": True,
    }
