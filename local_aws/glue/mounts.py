"""Which folder stands behind each bucket that a job run can see.

All of a run's way to data goes through this table: Spark reads and writes `s3://<bucket>/...` as plain files below
the folder named here, and a bucket that is not in it does not exist for Spark.
"""

from collections.abc import Mapping
from pathlib import Path


def mount_table(buckets: Mapping[str, Path], role_arn: str) -> dict[str, Path]:
    """Return bucket -> folder, for a run that works as `role_arn`. Every role sees every bucket."""
    return dict(buckets)


def spark_settings(mounts: Mapping[str, Path]) -> dict[str, str]:
    """Return the settings that make `s3://` (and `s3a://`) paths of unchanged scripts work on plain folders.

    RawLocalFileSystem writes no checksum files. `fs.viewfs.overload.scheme.target.s3.impl` must stay unset: with it, a
    write to an unknown bucket would land anywhere.
    """
    through_mounts = "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"
    settings = {
        "spark.hadoop.fs.s3.impl": through_mounts,
        "spark.hadoop.fs.s3a.impl": through_mounts,
        "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    }
    for bucket, folder in mounts.items():
        settings[f"spark.hadoop.fs.viewfs.mounttable.{bucket}.linkFallback"] = folder.absolute().as_uri() + "/"
    return settings
