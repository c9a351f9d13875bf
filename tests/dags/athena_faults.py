"""What ends a query in Athena before its time, for as long as a test needs it: its workgroup's limit, a table, a person."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import pytest
from botocore.config import Config

UNCHECKED = Config(parameter_validation=False)  # boto3 takes no limit below 10 MB, which is more than the tests' tables


@contextmanager
def limit_of_bytes(athena: Any, workgroup: str) -> Iterator[None]:
    """Let no query of a workgroup read more than a byte: Athena cancels it. The client must be `UNCHECKED`."""

    def set_limit(size: int) -> None:
        changed = {"BytesScannedCutoffPerQuery": size}
        athena.update_work_group(WorkGroup=workgroup, ConfigurationUpdates=changed)

    set_limit(1)
    try:
        yield
    finally:
        set_limit(10 * 2**30)  # the template's


@contextmanager
def without_table(glue: Any, database: str, name: str) -> Iterator[None]:
    """Take a table out of the catalog when an operator starts a query, after a crawl has looked: whoever names it fails."""
    table = glue.get_table(DatabaseName=database, Name=name)["Table"]
    kept = ("Name", "Description", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")

    def run_without(run_query: Any, *given: Any) -> str:
        with suppress(glue.exceptions.EntityNotFoundException):
            glue.delete_table(DatabaseName=database, Name=name)
        return str(run_query(*given))

    with _queries_started_by(run_without):
        yield
    glue.create_table(DatabaseName=database, TableInput={key: table[key] for key in kept if key in table})


@contextmanager
def somebody_cancels(athena: Any) -> Iterator[None]:
    """Stop every query that an operator has started, as soon as Athena has it."""

    def run_and_cancel(run_query: Any, *given: Any) -> str:
        query_id = str(run_query(*given))
        athena.stop_query_execution(QueryExecutionId=query_id)
        return query_id

    with _queries_started_by(run_and_cancel):
        yield


@contextmanager
def _queries_started_by(start: Any) -> Iterator[None]:
    from airflow.providers.amazon.aws.hooks.athena import AthenaHook

    with pytest.MonkeyPatch.context() as patch:
        run_query = AthenaHook.run_query
        patch.setattr(AthenaHook, "run_query", lambda *given, **named: start(partial(run_query, **named), *given))
        yield
