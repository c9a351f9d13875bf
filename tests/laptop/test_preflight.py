"""What is missing is said before anything is installed, with what to type."""

import os
import socket

from laptop import preflight


def test_a_taken_port_names_the_variable_that_chooses_another():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert preflight.port_problems({"AIRFLOW_PORT": port}) == [
            f"Port {port} is taken. Choose another one, for example: make demo AIRFLOW_PORT={port + 1000}"
        ]


def test_a_free_port_is_no_problem():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
    assert preflight.port_problems({"AIRFLOW_PORT": port}) == []


def test_too_little_disk_and_memory_are_said_with_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "DISK_GB", 10**9)
    monkeypatch.setattr(preflight, "free_memory_gb", lambda: 1.24)
    disk, memory = preflight.room_problems(tmp_path)
    assert disk.startswith("Only ")
    assert f"free in {tmp_path}; 1000000000 are needed." in disk
    assert memory == "Only 1.2 GB of memory are free; 6 are needed. Close programs and try again."


def test_another_python_is_refused(monkeypatch):
    monkeypatch.setattr(preflight.sys, "version_info", (3, 13, 0))
    assert preflight.system_problems() == [
        "Python 3.13 will not do: install 3.11 or 3.12, then name it, for example: make demo PYTHON=python3.12"
    ]


def test_without_git_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert preflight.system_problems() == ["git is missing. On Debian and Ubuntu type: apt-get install git"]


def test_ports_of_the_own_running_stack_do_not_count(tmp_path):
    assert not preflight.stack_runs(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "local-aws.pid").write_text(f"{os.getpid()} 1")
    assert preflight.stack_runs(tmp_path)
