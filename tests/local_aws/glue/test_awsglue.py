"""What scripts import from awsglue. Behaviour: awslabs/aws-glue-libs, awsglue/utils.py."""

import importlib.util
import sys
from pathlib import Path

import pytest

import local_aws.glue

PLACE = Path(local_aws.glue.__file__).parent / "python"


@pytest.fixture(scope="module")
def utils():
    spec = importlib.util.spec_from_file_location("awsglue_utils", PLACE / "awsglue" / "utils.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_named_options_and_glues_own(utils):
    argv = ["script.py", "--day", "2020-01-01", "--other=x", "--JOB_RUN_ID", "jr_1", "--TempDir", "s3://b/t/"]
    found = utils.getResolvedOptions(argv, ["day"])
    assert found["day"] == "2020-01-01"
    assert found["JOB_RUN_ID"] == "jr_1"
    assert found["TempDir"] == found["RedshiftTempDir"] == "s3://b/t/"
    assert found["job_bookmark_option"] == "job-bookmark-disable"
    assert "other" not in found


def test_a_hyphen_becomes_an_underscore(utils):
    assert utils.getResolvedOptions(["s", "--first-day=1"], ["first-day"])["first_day"] == "1"


def test_what_is_missing_is_named(utils):
    with pytest.raises(utils.GlueArgumentError, match=r"^the following arguments are required: --day, --kind$"):
        utils.getResolvedOptions(["s"], ["day", "kind"])
    with pytest.raises(utils.GlueArgumentError, match="--day: expected one argument"):
        utils.getResolvedOptions(["s", "--day"], ["day"])


def test_temp_dir_is_not_needed(utils):
    assert utils.getResolvedOptions(["s"], ["TempDir"])["TempDir"] is None


def test_reserved_names(utils):
    with pytest.raises(RuntimeError, match="Using reserved arguments --JOB_RUN_ID"):
        utils.getResolvedOptions(["s"], ["JOB_RUN_ID"])


def test_what_is_not_here_says_so():
    sys.path.insert(0, str(PLACE))
    try:
        with pytest.raises(ImportError, match=r"awsglue.dynamicframe is Amazon's own library"):
            importlib.import_module("awsglue.dynamicframe")
        with pytest.raises(ImportError, match=r"awsglue.transforms is Amazon's own library"):
            importlib.import_module("awsglue.transforms")
    finally:
        sys.path.remove(str(PLACE))
        sys.modules.pop("awsglue", None)
