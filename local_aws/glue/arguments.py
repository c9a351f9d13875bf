"""The arguments of a job run: which ones Glue itself reads, and which of them a laptop cannot honour."""

import re
from collections.abc import Mapping

# Source of the names: the AWS Glue developer guide, "Using job parameters in AWS Glue jobs".
_CANNOT = {
    "--additional-python-modules": "pip install at the start of a run",
    "--class": "Scala scripts",
    "--datalake-formats": "table formats beyond Parquet, CSV and JSON",
    "--extra-jars": "additional jars",
    "--user-jars-first": "additional jars",
    "--python-modules-installer-option": "pip install at the start of a run",
}


def refused(arguments: Mapping[str, str]) -> str | None:
    """Tell why a run with these arguments cannot be done here; None when it can."""
    for name, what in _CANNOT.items():
        if arguments.get(name):
            return f"{name}: the local AWS does not do {what}"
    if arguments.get("--job-bookmark-option", "job-bookmark-disable") != "job-bookmark-disable":
        return "--job-bookmark-option: the local AWS keeps no job bookmarks"
    if arguments.get("--job-language", "python") != "python":
        return "--job-language: the local AWS runs Python scripts only"
    return None


def sees_catalog(arguments: Mapping[str, str]) -> bool:
    """Tell whether the catalog is Spark's: the argument is there, with any value but false.

    The guide gives it without a value: to use the catalog, name the key; an empty value is as good as `true`.
    """
    return arguments.get("--enable-glue-datacatalog", "false").strip().lower() != "false"


def s3_list(arguments: Mapping[str, str], name: str) -> list[str]:
    """Return the comma-separated S3 addresses of an argument."""
    return [part.strip() for part in arguments.get(name, "").split(",") if part.strip()]


def spark_conf(arguments: Mapping[str, str]) -> dict[str, str]:
    """Return the settings in `--conf`, which takes several as `a=1 --conf b=2`."""
    pairs = re.split(r"\s+--conf\s+", arguments.get("--conf", "").strip())
    return dict(pair.strip().split("=", 1) for pair in pairs if "=" in pair)


def command_line(arguments: Mapping[str, str], job_name: str, run_id: str) -> list[str]:
    """Return what the script finds in sys.argv after its own name."""
    words = [word for name, value in arguments.items() for word in (name, str(value)) if word != ""]
    return [*words, "--JOB_NAME", job_name, "--JOB_RUN_ID", run_id, "--JOB_ID", job_name]
