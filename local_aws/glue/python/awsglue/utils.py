"""`getResolvedOptions`: the arguments of a job run, as Glue hands them to a script."""

import argparse
from typing import NoReturn


class GlueArgumentError(Exception):
    """A needed argument is missing or has no value."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise GlueArgumentError(message)


def getResolvedOptions(args: list[str], options: list[str]) -> dict[str, str | None]:  # noqa: N802 (AWS's name)
    """Return the named arguments of `sys.argv`; all are needed, `TempDir` excepted.

    Source: the AWS Glue Developer Guide, "Accessing parameters using getResolvedOptions".
    """
    parser = _Parser(add_help=False, allow_abbrev=False)
    for name in {"JOB_RUN_ID", "TempDir", *options}:
        parser.add_argument(f"--{name}", required=name in options and name != "TempDir")
    return vars(parser.parse_known_args(args[1:])[0])
