"""What is uploaded: the same files give the same bytes, and what is missing is said."""

import io
import os
import zipfile

import pytest

from infrastructure import artifacts
from infrastructure.console import DeployError


def test_the_zip_has_the_same_bytes_whenever_it_is_made(tmp_path):
    (tmp_path / "deep" / "__pycache__").mkdir(parents=True)
    (tmp_path / "deep" / "__pycache__" / "x.pyc").write_bytes(b"x")
    (tmp_path / ".hidden").write_text("x")
    (tmp_path / ".airflowignore").write_text("deep/\n")
    (tmp_path / "b.py").write_text("b = 1\n")
    (tmp_path / "deep" / "a.py").write_text("a = 1\n")
    first = artifacts.zipped(artifacts.files_below(tmp_path))
    os.utime(tmp_path / "b.py", (1, 1))
    (tmp_path / "b.py").chmod(0o600)
    assert artifacts.zipped(artifacts.files_below(tmp_path)) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.namelist() == [".airflowignore", "b.py", "deep/a.py"]
        assert archive.read("deep/a.py") == b"a = 1\n"
    (tmp_path / "b.py").write_text("b = 2\n")
    assert artifacts.zipped(artifacts.files_below(tmp_path)) != first


def test_the_jobs_share_a_package_and_the_lake_s_documents():
    found = artifacts.scripts(artifacts.SCRIPTS)
    shared = zipfile.ZipFile(io.BytesIO(found["glue/coffee_shop_jobs.zip"])).namelist()
    assert {"coffee_shop_jobs/__init__.py", "coffee_shop/__init__.py", "coffee_shop/lake/ledger.py"} <= set(shared)
    assert "coffee_shop/settings.py" not in shared


def test_no_script_is_an_error(tmp_path):
    with pytest.raises(DeployError, match="There is no job script"):
        artifacts.scripts(tmp_path)


def test_other_code_has_another_key(tmp_path):
    code = tmp_path / "start_load.py"
    code.write_text("a = 1\n")
    key, body = artifacts.start_load_zip(code)
    assert artifacts.start_load_zip(code) == (key, body)
    assert zipfile.ZipFile(io.BytesIO(body)).namelist() == ["start_load.py"]
    code.write_text("a = 2\n")
    assert artifacts.start_load_zip(code)[0] != key
