"""Which folder stands behind each bucket, and what of it the role of a run may read, write and list.

All of a run's way to data goes through here: Spark reads and writes `s3://<bucket>/...` as plain files below the folder
named here, through a file system (`java/local_aws/RoleFileSystem.java`) that asks for each file as S3 would; a bucket
that is not here does not exist for Spark.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from local_aws.glue import java_classes
from local_aws.policies import Rule


def spark_settings(mounts: Mapping[str, Path]) -> dict[str, str]:
    """Return the settings that make `s3://` (and `s3a://`) paths of unchanged scripts work on plain folders.

    The file system writes no checksum files. `fs.viewfs.overload.scheme.target.s3.impl` must stay unset: with it, a
    write to an unknown bucket would land anywhere.
    """
    through_mounts = "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"
    settings = {
        "spark.hadoop.fs.s3.impl": through_mounts,
        "spark.hadoop.fs.s3a.impl": through_mounts,
        "spark.hadoop.fs.bucket.impl": java_classes.FILE_SYSTEM,
    }
    for bucket, folder in mounts.items():
        target = folder.absolute().as_uri().replace("file:", "bucket:", 1)
        settings[f"spark.hadoop.fs.viewfs.mounttable.{bucket}.linkFallback"] = f"{target}/"
    return settings


def role_file(caller: str, glue: str, mounts: Mapping[str, Path], rules: Iterable[Rule]) -> str:
    """Return what the run's Java reads of its role.

    Args:
        caller: the ARN that refusals name.
        glue: what ARNs of the catalog begin with.
        mounts: bucket -> folder.
        rules: what the role's policies say.

    """
    lines: list[tuple[str, ...]] = [("caller", caller), ("glue", glue)]
    lines += [("bucket", bucket, str(folder.absolute())) for bucket, folder in mounts.items()]
    lines += [(rule.effect, _on_a_line(rule.action), _on_a_line(rule.resource)) for rule in rules]
    return "".join("\t".join(line) + "\n" for line in lines)


def _on_a_line(expression: str) -> str:
    """Write tabs and line breaks as letters; a backslash stands before each already."""
    return expression.replace("\t", "t").replace("\n", "n").replace("\r", "r")
