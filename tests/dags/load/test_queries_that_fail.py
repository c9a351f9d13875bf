"""Checks whose queries do not succeed, on the stack of the story: cancelled, failed, over the limit, one after the other."""

import pytest

from tests.dags.athena_faults import UNCHECKED, limit_of_bytes, somebody_cancels, without_table
from tests.dags.lake import note_of, objects, parsed, run, run_again, states
from tests.dags.load.story import state_of
from tests.dags.load.till_files import sales

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

JULY = "sales-reciept/july.csv"
NOT_REACHED = ("judge_checks", "publish_load", "fail_on_refused_files")


def test_a_check_that_does_not_succeed_publishes_nothing_and_the_load_goes_on_when_it_is_cleared(
    reported, account, s3, stack, raw, ask, monkeypatch
):
    monkeypatch.setattr("coffee_shop.settings.task_defaults", lambda: {"retries": 0})
    dag, athena = parsed("coffee_shop_load"), account("athena", config=UNCHECKED)
    before = state_of(s3, stack, "ledger.json")
    # dag.test() forgets the run before, so nobody could say that the one which holds the lease has ended
    s3.delete_object(Bucket=stack["COFFEE_SHOP_STATE_BUCKET"], Key="lease.json")
    s3.put_object(Bucket=raw, Key=JULY, Body=sales({"TransactionDate": "2019-07-01", "SaleAmount": "3.00"}))

    with limit_of_bytes(athena, stack["COFFEE_SHOP_WORKGROUP"]):
        dag_run = run(dag)
    ends_red(dag_run, "ended CANCELLED: Bytes scanned limit was exceeded")
    with without_table(account("glue"), stack["COFFEE_SHOP_CONFORM_DATABASE"], "date"):
        dag_run = run_again(dag, dag_run)
    ends_red(dag_run, "ended FAILED: TABLE_NOT_FOUND: ")
    with somebody_cancels(athena):
        dag_run = run_again(dag, dag_run)
    ends_red(dag_run, "ended CANCELLED: Query cancelled by user")
    assert state_of(s3, stack, "ledger.json") == before

    dag_run = run_again(dag, dag_run)

    assert dag_run.state == "success"
    assert state_of(s3, stack, "ledger.json")["revision"] == before["revision"] + 1
    assert "pending.json" not in objects(s3, stack["COFFEE_SHOP_STATE_BUCKET"])
    assert ask("select sum(saleamount) from sales_reciept where business_date = '2019-07-01'") == [("3.00",)]
    assert "Failed at" not in str(note_of(dag_run))


def ends_red(dag_run, reason):
    assert dag_run.state == "failed"
    assert {states(dag_run)[task] for task in NOT_REACHED} == {"upstream_failed"}
    assert reason in str(note_of(dag_run)).splitlines()[1]
