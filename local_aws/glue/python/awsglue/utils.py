"""`getResolvedOptions`: the arguments of a job run, as Glue hands them to a script."""

import argparse
from typing import NoReturn

_RESERVED = ("job-bookmark-option", "JOB_ID", "JOB_RUN_ID", "SECURITY_CONFIGURATION", "encryption-type")


class GlueArgumentError(Exception):
    """A needed argument is missing or has no value."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise GlueArgumentError(message)


def getResolvedOptions(args: list[str], options: list[str]) -> dict[str, str | None]:  # noqa: N802 (AWS's name)
    """Return the named arguments of `sys.argv`, and those that Glue itself adds. All are needed, `TempDir` excepted.

    Source: the AWS Glue developer guide, "Accessing parameters using getResolvedOptions"; awslabs/aws-glue-libs.
    """
    parser = _Parser(add_help=False)
    for name in (*_RESERVED, "TempDir"):
        parser.add_argument(f"--{name}")
    for name in options:
        if name in _RESERVED:
            raise RuntimeError(f"Using reserved arguments --{name}")
        if name != "TempDir":
            parser.add_argument(f"--{name}", required=True)
    return vars(parser.parse_known_args(args[1:])[0])
