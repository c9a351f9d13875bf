"""Spark's settings on a laptop: S3A against this AWS, a short start on few cores, a class archive.

Java can keep the classes that a program loads in a file and map that file into memory when it starts again (class data
sharing). `python -m local_aws.glue.warm_up` makes it once for a virtual environment.
"""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

HEAP = "2g"
MOST_CORES = 4
JARS = Path(os.environ.get("LOCAL_AWS_S3A") or Path(sys.prefix) / "s3a")  # set-up puts S3A there
ARCHIVE = Path(sys.prefix) / "var" / "spark-classes"
ARCHIVES = ARCHIVE / "java.jsa", ARCHIVE / "spark.jsa"  # Java's own, and Spark's classes on top of it
_S3A = "org.apache.hadoop.fs.s3a."

# The collector that starts fastest, no second check of the bytecode of jars, and the quick compiler alone: the
# optimising one took a quarter of a job's time on a month of sales.
_JVM = (
    "-XX:+UseSerialGC",
    "-XX:+UnlockDiagnosticVMOptions",
    "-XX:-BytecodeVerificationRemote",
    "-XX:TieredStopAtLevel=1",
    "-Duser.timezone=UTC",
    "-Xlog:cds=off",
    "-Xlog:cds+dynamic=off",
    "-Xlog:class+path=off",
    f"-Dlog4j2.configurationFile={(Path(__file__).parent / 'log4j2.properties').as_uri()}",
)


def conf_folder() -> Path:
    """Return the empty folder that stands first on the class path: always the same, or the archive does not fit."""
    (ARCHIVE / "conf").mkdir(parents=True, exist_ok=True)
    return ARCHIVE / "conf"


def class_path() -> str:
    """Return what stands behind Spark's own jars."""
    return os.pathsep.join(map(str, sorted(JARS.glob("*.jar"))))


def of_every_run(folder: Path, options: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the engine's settings, which a script may override and which change no result.

    Args:
        folder: for temporary files.
        options: more of the JVM; the class archive when there are none.
    """
    cores = min(os.cpu_count() or 1, MOST_CORES)
    if not options and all(archive.exists() for archive in ARCHIVES):
        options = ("-XX:SharedArchiveFile=" + os.pathsep.join(map(str, ARCHIVES)),)
    return {
        "spark.master": f"local[{cores}]", "spark.driver.memory": HEAP, "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false", "spark.local.dir": str(folder),
        "spark.sql.shuffle.partitions": str(2 * cores), "spark.sql.session.timeZone": "UTC",
        "spark.sql.catalogImplementation": "in-memory", "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
        "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
        "spark.driver.extraJavaOptions": shlex.join([*_JVM, *options, f"-Djava.io.tmpdir={folder}"]),
    }  # fmt: skip


def of_s3(keys: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return S3A's settings for a role's keys (roles.Keys).

    No look at the bucket first, no check whether an object changed while it is read, folders' markers left alone: each
    would be a request more.
    """
    settings = {
        "endpoint": keys["AWS_ENDPOINT_URL"], "endpoint.region": keys["AWS_REGION"], "path.style.access": "true",
        "connection.ssl.enabled": "false", "aws.credentials.provider": f"{_S3A}TemporaryAWSCredentialsProvider",
        "access.key": keys["AWS_ACCESS_KEY_ID"], "secret.key": keys["AWS_SECRET_ACCESS_KEY"],
        "session.token": keys["AWS_SESSION_TOKEN"], "bucket.probe": "0", "change.detection.mode": "none",
        "directory.marker.retention": "keep", "fast.upload.buffer": "bytebuffer", "buffer.dir": str(folder),
        "connection.maximum": "32", "attempts.maximum": "3", "retry.limit": "2",
    }  # fmt: skip
    schemes = {f"spark.hadoop.fs.{scheme}.impl": f"{_S3A}S3AFileSystem" for scheme in ("s3", "s3a")}
    return schemes | {f"spark.hadoop.fs.s3a.{name}": value for name, value in settings.items()}


def as_file(settings: Mapping[str, str]) -> str:
    """Return settings as a file of properties."""
    return "".join(f"{name} {value}\n".replace("\\", "\\\\") for name, value in settings.items())
