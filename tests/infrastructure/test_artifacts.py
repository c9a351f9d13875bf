"""What is uploaded: the same files give the same bytes, and what is missing is said."""

import io
import os
import zipfile

import pytest

from infrastructure import artifacts
from infrastructure.console import DeployError


def test_the_zip_has_the_same_bytes_whenever_it_is_made(tmp_path):
    folder = tmp_path / "tools"
    (folder / "deep" / "__pycache__").mkdir(parents=True)
    (folder / "deep" / "__pycache__" / "x.pyc").write_bytes(b"x")
    (folder / "b.py").write_text("b = 1\n")
    (folder / "deep" / "a.py").write_text("a = 1\n")
    first = artifacts.package_zip(folder)
    os.utime(folder / "b.py", (1, 1))
    (folder / "b.py").chmod(0o600)
    assert artifacts.package_zip(folder) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.namelist() == ["tools/b.py", "tools/deep/a.py"]
    (folder / "b.py").write_text("b = 2\n")
    assert artifacts.package_zip(folder) != first


def test_no_script_is_an_error(tmp_path):
    with pytest.raises(DeployError, match="There is no job script"):
        artifacts.scripts(tmp_path)


def test_a_package_that_is_not_made_is_said(tmp_path):
    with pytest.raises(DeployError, match=r"requirements.txt, plugins.zip, startup.sh, dags is not in .*make package"):
        artifacts.mwaa_files(tmp_path)


def test_other_code_has_another_key(tmp_path):
    code = tmp_path / "start_load.py"
    code.write_text("a = 1\n")
    key, body = artifacts.start_load_zip(code)
    assert artifacts.start_load_zip(code) == (key, body)
    assert zipfile.ZipFile(io.BytesIO(body)).namelist() == ["start_load.py"]
    code.write_text("a = 2\n")
    assert artifacts.start_load_zip(code)[0] != key
