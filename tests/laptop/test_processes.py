"""Programs are known by process id and start time; stopping one ends all that it started."""

import os
import subprocess
import sys

import pytest

from laptop import processes
from laptop.stack import Stack


@pytest.fixture
def stack(tmp_path):
    return Stack(tmp_path, 1, 2)


def alive(pid):
    return processes._started_at(pid) is not None


def test_a_program_and_its_children_end_together(stack):
    script = "import subprocess, time; print(subprocess.Popen(['sleep', '600']).pid, flush=True); time.sleep(600)"
    processes.start(stack, "local-aws", [sys.executable, "-c", script], dict(os.environ))
    pid = processes.running_pid(stack, "local-aws")
    log = processes.log_file(stack, "local-aws")
    assert processes.wait_until(lambda: log.read_text().strip().isdecimal(), 20)
    child = int(log.read_text())
    assert alive(pid)
    assert alive(child)

    assert processes.stop(stack, "local-aws")
    assert processes.wait_until(lambda: not alive(child), 5)
    assert not alive(pid)
    assert processes.running_pid(stack, "local-aws") is None


def test_started_twice_is_one_program(stack):
    for _ in range(2):
        processes.start(stack, "scheduler", ["sleep", "600"], dict(os.environ))
        first = processes.running_pid(stack, "scheduler")
    assert processes.running_pid(stack, "scheduler") == first
    processes.stop(stack, "scheduler")


def test_another_process_with_the_same_number_is_left_alone(stack):
    with subprocess.Popen(["sleep", "600"]) as other:
        path = stack.home / "run" / "triggerer.pid"
        path.parent.mkdir()
        path.write_text(f"{other.pid} 1")  # started at another time
        assert processes.running_pid(stack, "triggerer") is None
        assert not processes.stop(stack, "triggerer")
        assert other.poll() is None
        other.kill()


def test_each_line_of_a_program_is_said():
    said = []
    processes.run_program(["sh", "-c", "echo first; echo second >&2"], dict(os.environ), said.append)
    assert said == ["first", "second"]


def test_a_program_that_fails_gives_its_last_lines():
    script = "seq 20; echo no such bucket >&2; exit 3"
    with pytest.raises(subprocess.CalledProcessError) as error:
        processes.run_program(["sh", "-c", script], dict(os.environ), lambda _: None)
    assert error.value.returncode == 3
    assert error.value.output.splitlines() == [*map(str, range(7, 21)), "no such bucket"]


def test_a_program_that_ends_at_once_is_reported_with_its_log(stack):
    processes.start(stack, "local-aws", ["sh", "-c", "echo no such module; exit 3"], dict(os.environ))
    with pytest.raises(processes.NotReadyError, match="no such module"):
        processes._wait_for(stack, "local-aws", "http://127.0.0.1:9/", 20)
