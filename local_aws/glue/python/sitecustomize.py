"""Every Python process of a job run loads this first: hides what is installed here but not on Glue.

The interpreter is the local AWS's own. Its packages beyond those that Glue 5 has must not be within a script's
reach, or a job would run here and fail there. Source: the AWS Glue developer guide, "Using Python libraries with
AWS Glue" (modules already provided in AWS Glue version 5.0).
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_ON_GLUE = {
    "boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3",
    "pyspark", "py4j", "pyarrow", "awsglue", "certifi", "charset_normalizer", "idna", "packaging",
    "pytz", "requests", "yaml", "setuptools", "pip", "_distutils_hack", "distutils-precedence",
    "numpy", "pandas",
}  # fmt: skip


class _OnlyWhatGlueHas(MetaPathFinder):
    """Finds as Python does, and says no to a top-level module that comes from site-packages and is not on Glue."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is not None or fullname in _ON_GLUE:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        places = [spec.origin or "", *(spec.submodule_search_locations or [])] if spec else []
        if any("site-packages" in place for place in places):
            raise ModuleNotFoundError(
                f"No module named '{fullname}': AWS Glue does not have it. Bring it with --extra-py-files",
                name=fullname,
            )
        return None


sys.meta_path.insert(0, _OnlyWhatGlueHas())
