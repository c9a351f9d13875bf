"""`make pictures` says what it needs before it begins."""

import pytest

from docs import pictures


def test_missing_programs_are_named_with_their_packages(monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    assert pictures.main() == 1
    assert capsys.readouterr().out == (
        "Install what draws the pictures first, on Debian and Ubuntu: "
        "apt-get install libreoffice-calc poppler-utils chromium\n"
    )


def test_a_stack_that_is_not_up_is_said(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(pictures.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setenv("LOCAL_HOME", str(tmp_path))
    assert pictures.main() == 1
    assert capsys.readouterr().err.endswith("The pictures are of a demo's stack that runs: make demo\n")


@pytest.mark.parametrize("name", ["workbook", "mail", "load"])
def test_pictures_are_small(name):
    assert (pictures.PICTURES / f"{name}.png").stat().st_size < 120_000
