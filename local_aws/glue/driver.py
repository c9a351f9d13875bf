"""The inside of a job run: makes the Glue catalog visible to Spark, then runs the script.

Started by `spark_process` as `python -P driver.py <run folder> <script> <arguments ...>` in a process of its own.
Imports nothing of the local AWS, so that a script sees only what Glue would show it.
"""

import json
import os
import runpy
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any


def die_with_the_server() -> None:
    """End the whole run when the server goes away: its end of our standard input closes, even when it is killed."""
    lifeline = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def wait() -> None:
        while os.read(lifeline, 1):
            pass
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def quoted(name: str) -> str:
    """Return a name as Spark's SQL wants it."""
    return "`" + name.replace("`", "``") + "`"


def text(value: str) -> str:
    """Return a string literal of Spark's SQL."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def columns_sql(columns: list[dict[str, str]]) -> str:
    """Return columns (Name, Type, maybe Comment) as a column list."""
    return ", ".join(
        f"{quoted(column['Name'])} {column['Type']}"
        + (f" comment {text(column['Comment'])}" if column.get("Comment") else "")
        for column in columns
    )


def table_sql(table: dict[str, Any]) -> str:
    """Return the statement that registers one table of catalog.json."""
    keys = ", ".join(quoted(key["Name"]) for key in table["partition_keys"])
    options = ", ".join(f"{text(name)} {text(value)}" for name, value in table["options"].items())
    return (
        f"create table {quoted(table['database'])}.{quoted(table['name'])} "
        f"({columns_sql(table['columns'] + table['partition_keys'])}) using {table['format']}"
        + (f" options ({options})" if options else "")
        + (f" partitioned by ({keys})" if keys else "")
        + f" location {text(table['location'])}"
    )


def partitions_sql(table: dict[str, Any]) -> str:
    """Return the one statement that registers all partitions of a table."""
    keys = [quoted(key["Name"]) for key in table["partition_keys"]]
    clauses = (
        "partition ("
        + ", ".join(f"{key} = {text(value)}" for key, value in zip(keys, partition["values"], strict=True))
        + f") location {text(partition['location'])}"
        for partition in table["partitions"]
    )
    return f"alter table {quoted(table['database'])}.{quoted(table['name'])} add " + " ".join(clauses)


class Catalog:
    """The Glue catalog as it stood when the run started, registered in Spark's own in-memory catalog."""

    def __init__(self, described: dict[str, Any]) -> None:
        self.databases: list[str] = described["databases"]
        self.tables: list[dict[str, Any]] = described["tables"]
        self.session: Any = None

    def register(self, session: Any) -> None:
        """Make every table known. Once for a process: all sessions share one catalog."""
        if self.session is not None:
            return
        self.session = session
        role = session._jvm.local_aws.Role
        role.ask(False)  # nothing of this is the script's doing
        for database in self.databases:
            session.sql(f"create database if not exists {quoted(database)}")
        for table in self.tables:
            session.sql(table_sql(table))
            if table["partitions"]:
                session.sql(partitions_sql(table))
        role.ask(True)

    def contents(self) -> dict[str, int]:
        """Return table name with its database -> number of partitions."""
        external = self.session._jsparkSession.sharedState().externalCatalog()
        found = {}
        for database in self.session.catalog.listDatabases():
            for table in external.listTables(database.name).mkString("\n").splitlines():
                partitioned = external.getTable(database.name, table).partitionColumnNames().size() > 0
                none = self.session._jvm.scala.Option.empty()
                found[f"{database.name}.{table}"] = (
                    external.listPartitionNames(database.name, table, none).size() if partitioned else 0
                )
        return found

    def refuse_changes(self) -> None:
        """Raise when the script changed the catalog through Spark: it would have to reach the Glue catalog."""
        if self.session is None or self.session._jsc.sc().isStopped():
            return
        self.session._jvm.local_aws.Role.ask(False)
        before = {f"{table['database']}.{table['name']}": len(table["partitions"]) for table in self.tables}
        now = self.contents()
        changed = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
        if changed:
            raise NotImplementedError(
                f"the script changed the catalog through Spark ({', '.join(changed)}); the local AWS takes catalog "
                "changes only from crawlers and from the Glue API (boto3)"
            )


def show_catalog(run: Path) -> Catalog | None:
    """Arrange that the first SparkSession of the script sees the catalog, when this run may see one."""
    described = run / "catalog.json"
    if not described.exists():
        return None
    from pyspark.sql import SparkSession

    catalog = Catalog(json.loads(described.read_text("utf-8")))
    plain = SparkSession.__init__

    def with_catalog(session: Any, *args: Any, **kwargs: Any) -> None:
        plain(session, *args, **kwargs)
        catalog.register(session)

    SparkSession.__init__ = with_catalog  # type: ignore[method-assign, assignment]
    return catalog


def from_script(error: BaseException, script: str) -> Any:
    """Return the error's traceback from the script's own lines on: what called the script helps nobody."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != script:
        trace = trace.tb_next
    return trace


def message_of(error: BaseException) -> str:
    """Return one text for an error: Spark's without the query plan that follows its first line, and its root cause."""
    words = str(error).strip()
    if type(error).__module__.startswith(("pyspark.", "py4j.")):
        words = words.split("\n", 1)[0] + root_cause(error)
    return f"{type(error).__name__}: {words}"


def root_cause(error: BaseException) -> str:
    """Return what an error of Spark's Java began with: what py4j says of it is only where it was called."""
    cause = getattr(error, "java_exception", None)
    while cause is not None and cause.getCause() is not None:
        cause = cause.getCause()
    if cause is None:
        return ""
    lines = [line for line in str(cause.toString()).splitlines() if line.strip()]
    return f" {lines[-1] if 'Traceback (most recent call last)' in lines[0] else lines[0]}"


def run_script(script: str) -> BaseException | None:
    """Run the script as `__main__`; returns what it failed with."""
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as error:
        return error if error.code not in (None, 0) else None
    except BaseException as error:
        return error
    return None


def main() -> int:
    """Run one job run; returns the process's exit status."""
    run, script = Path(sys.argv[1]), sys.argv[2]
    sys.argv = sys.argv[2:]
    die_with_the_server()
    catalog = show_catalog(run)
    error = run_script(script)
    if error is None and catalog is not None:
        try:
            catalog.refuse_changes()
        except NotImplementedError as refused:
            error = refused
    if error is None:
        return 0
    traceback.print_exception(type(error), error, from_script(error, script))
    (run / "error.json").write_text(json.dumps({"message": message_of(error)}), "utf-8")
    return 1


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # not held up by threads that the script left behind; the JVM follows its driver
