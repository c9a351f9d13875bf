"""What ends a query in Athena before its time, for as long as a test needs it: its workgroup's limit, a table, a person."""

from collections.abc import Iterator
from contextlib import contextmanager
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
    """Take a table out of the catalog: a query that names it fails."""
    table = glue.get_table(DatabaseName=database, Name=name)["Table"]
    kept = ("Name", "Description", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")
    glue.delete_table(DatabaseName=database, Name=name)
    try:
        yield
    finally:
        glue.create_table(DatabaseName=database, TableInput={key: table[key] for key in kept if key in table})


@contextmanager
def somebody_cancels(athena: Any) -> Iterator[None]:
    """Stop every query that an operator has started, as soon as Athena has it."""
    from airflow.providers.amazon.aws.hooks.athena import AthenaHook

    run_query = AthenaHook.run_query

    def run_and_cancel(*given: Any) -> str:
        query_id = str(run_query(*given))
        athena.stop_query_execution(QueryExecutionId=query_id)
        return query_id

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AthenaHook, "run_query", run_and_cancel)
        yield
