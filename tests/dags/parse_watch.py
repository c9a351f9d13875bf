"""Parses DAG files in this process and prints as JSON what that brought in: run by ``test_integrity.py``.

Listens to Python's audit events, so nothing that opens a file, a socket, a database or a process escapes it.
"""

import importlib.util
import json
import os
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAY_READ = (
    str(ROOT / "dags"),
    str(ROOT / "include"),
    sys.prefix,
    sys.base_prefix,
    *(path for path in sysconfig.get_paths().values()),
    *(str(Path(path).resolve()) for path in (sys.prefix, sys.base_prefix)),
    "/usr/share/zoneinfo",
    "/dev/null",
)
FORBIDDEN = ("socket.connect", "socket.getaddrinfo", "sqlite3.connect", "subprocess.Popen", "os.system")


def main() -> None:
    import airflow.sdk
    from airflow.providers.amazon.aws.operators import athena, glue, glue_crawler  # noqa: F401
    from airflow.providers.amazon.aws.sensors import s3  # noqa: F401
    from airflow.providers.standard.operators import trigger_dagrun  # noqa: F401

    # brings in croniter, which asks the system what it runs on
    airflow.sdk.CronTriggerTimetable("0 5 * * *", timezone="UTC")
    before = set(sys.modules)
    seen: list[str] = []
    watching = True

    def refuse(*arguments: object, **named: object) -> None:
        seen.append(f"Variable or Connection read: {arguments} {named}")

    airflow.sdk.Variable.get = refuse  # type: ignore[method-assign, assignment]
    airflow.sdk.Connection.get = refuse  # type: ignore[method-assign, assignment]

    def listen(event: str, arguments: tuple[object, ...]) -> None:
        if not watching:
            return
        if event in FORBIDDEN:
            seen.append(f"{event} {arguments!r}")
        if event == "open" and isinstance(arguments[0], str | bytes):
            path, mode = os.fsdecode(arguments[0]), str(arguments[1] or "r")
            if not path.startswith(MAY_READ) or (set(mode) & set("wax+") and not path.endswith(".pyc")):
                seen.append(f"open {path} {mode}")

    sys.addaudithook(listen)
    for file in sorted((ROOT / "dags").glob("*.py")):
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec
        assert spec.loader
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    watching = False
    brought_in = sorted({name.partition(".")[0] for name in set(sys.modules) - before})
    print(json.dumps({"seen": seen, "brought_in": brought_in}))


if __name__ == "__main__":
    main()
