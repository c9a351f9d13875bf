"""The process behind a run: its memory, its environment, and that it does not outlive the server."""

import os
import signal
import subprocess
import sys
import textwrap
import time

from local_aws.glue import spark_process


def task(folder, script=b"", **others):
    given = {
        "folder": folder,
        "script": ("script.py", script),
        "extra_py": {},
        "extra_files": {},
        "arguments": [],
        "catalog": None,
        "settings": {},
        "environment": {},
        "role": "",
    }
    return spark_process.Task(**(given | others))


def test_memory_by_worker_type():
    assert spark_process.driver_memory_mb("G.025X") == 1024
    assert spark_process.driver_memory_mb("G.1X") == spark_process.driver_memory_mb(None) == 2048
    assert spark_process.driver_memory_mb("G.8X") == 2048


def test_the_environment_is_the_runs_own(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somebody/else")
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    made = spark_process.environment(task(tmp_path, environment={"AWS_REGION": "us-east-1"}))
    assert made["JAVA_HOME"].endswith("java-runtime")
    assert made["HOME"] == str(tmp_path)
    assert made["TZ"] == "UTC"
    assert "AWS_PROFILE" not in made
    assert "/somebody/else" not in made["PYTHONPATH"]
    assert made["AWS_REGION"] == "us-east-1"


def test_modules_come_as_zip_and_as_file(tmp_path):
    path = spark_process.python_path(task(tmp_path, extra_py={"a.zip": b"", "b.py": b""})).split(os.pathsep)
    assert path[:2] == [str(tmp_path / "libraries" / "a.zip"), str(tmp_path / "libraries")]


def test_settings_of_the_engine(tmp_path):
    settings = spark_process.engine_settings(tmp_path, 1024, ["-XX:SharedArchiveFile=a:b"])
    assert settings["spark.driver.memory"] == "1024m"
    assert settings["spark.sql.session.timeZone"] == "UTC"
    assert settings["spark.ui.enabled"] == "false"
    assert " -XX:SharedArchiveFile=a:b " in settings["spark.driver.extraJavaOptions"]


def test_lines_arrive_and_the_folder_is_left_tidy(tmp_path):
    lines = []
    script = b"import os, sys; print('a\\nb'); print(os.getcwd()); print('c', file=sys.stderr); sys.exit(2)"
    running = spark_process.start(task(tmp_path / "run", script), lambda name, line: lines.append((name, line)))
    assert running.wait(60) == 1
    assert sorted(lines)[0] == ("error", "SystemExit: 2") or ("error", "c") in lines
    assert [line for name, line in lines if name == "output"] == ["a", "b", str(tmp_path / "run" / "work")]
    assert running.error(1) == "SystemExit: 2"
    assert not (tmp_path / "run" / "tmp").exists()
    assert (tmp_path / "run" / "output.log").read_text().startswith("a\nb\n")


def test_a_run_does_not_outlive_a_server_that_is_killed(tmp_path, alive):
    server = """
        import sys, time
        from pathlib import Path
        from local_aws.glue import spark_process
        sleep = b"import os, time; print(os.getpid()); time.sleep(600)"
        task = spark_process.Task(Path(sys.argv[1]), ("script.py", sleep), {}, {}, [], None, {}, {}, '')
        spark_process.start(task, lambda name, line: print(line, flush=True))
        time.sleep(600)
        """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(server), str(tmp_path / "run")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    run = int(process.stdout.readline())
    assert alive(run)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for _ in range(200):
        if not alive(run):
            return
        time.sleep(0.025)
    raise AssertionError("the run is still there")
