"""`getResolvedOptions`: the arguments of a job run, as Glue hands them to a script."""

import argparse
from typing import NoReturn

_BOOKMARKS = ("job-bookmark-enable", "job-bookmark-disable", "job-bookmark-pause")
_RESERVED = (
    "job-bookmark-option",
    "job-bookmark-from",
    "job-bookmark-to",
    "JOB_ID",
    "JOB_RUN_ID",
    "SECURITY_CONFIGURATION",
    "encryption-type",
)
_OPTIONAL = ("TempDir", "RedshiftTempDir")


class GlueArgumentError(Exception):
    """A needed argument is missing or has no value."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise GlueArgumentError(message)


def getResolvedOptions(args: list[str], options: list[str]) -> dict[str, str | None]:  # noqa: N802 (AWS's name)
    """Read the named arguments.

    args: `sys.argv`; options: names without the leading dashes, all needed, `TempDir` excepted.
    Returns name -> value, a hyphen in a name read as an underscore (argparse's way, and so Glue's), together with
    the arguments that Glue itself adds. Other arguments are left alone.
    Raises GlueArgumentError for a missing one, RuntimeError for a name that Glue keeps for itself.
    Source: the AWS Glue developer guide, "Accessing parameters using getResolvedOptions"; awslabs/aws-glue-libs.
    """
    parser = _Parser(add_help=False)
    for name in _RESERVED:
        if name in options:
            raise RuntimeError(f"Using reserved arguments --{name}")
        parser.add_argument(f"--{name}", choices=_BOOKMARKS if name == "job-bookmark-option" else None)
    for name in _OPTIONAL:
        parser.add_argument(f"--{name}")
    for name in options:
        if name not in _OPTIONAL:
            parser.add_argument(f"--{name}", required=True)
    found = vars(parser.parse_known_args(args[1:])[0])
    found["TempDir"] = found["RedshiftTempDir"] = found["TempDir"] or found["RedshiftTempDir"]
    found["job_bookmark_option"] = found["job_bookmark_option"] or "job-bookmark-disable"
    return found
