"""The command line, as typed."""

import subprocess
import sys

import pytest


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "local_aws", *arguments], capture_output=True, text=True, timeout=120, check=False
    )


def test_help_says_what_it_is_and_how_to_use_it():
    shown = run("--help")
    assert shown.returncode == 0
    for expected in ("--port", "--home", "AWS_ENDPOINT_URL", "4566", ".local/aws"):
        assert expected in shown.stdout


@pytest.mark.slow
def test_a_port_in_use_is_said_in_one_line(running, tmp_path):
    port = running.url.rsplit(":", 1)[1]
    tried = run("--port", port, "--home", str(tmp_path))
    assert tried.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use: choose another with --port." in tried.stderr
    assert "Traceback" not in tried.stderr


@pytest.mark.slow
def test_a_home_in_use_is_said_in_one_line(running):
    tried = run("--port", "0", "--home", str(running.home))
    assert tried.returncode == 1
    assert "is in use by the local AWS with process id" in tried.stderr
    assert "Traceback" not in tried.stderr


@pytest.mark.parametrize(("text", "words"), [("5", "two numbers"), ("a,b", "two numbers"), ("1,-2", "less than 0")])
def test_waits_that_are_none_are_refused(text, words, tmp_path):
    tried = run("--home", str(tmp_path), f"--lambda-retry-seconds={text}")
    assert tried.returncode == 2
    assert words in tried.stderr
