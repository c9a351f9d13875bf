"""What a function finds to import beside the standard library: boto3 and what it needs, and its own code."""

import importlib.metadata
import io
import re
import shutil
import zipfile
from pathlib import Path

GIVEN = "boto3"  # what Lambda's Python runtimes bring


def link_given(folder: Path) -> Path:
    """Fill a folder with links to boto3 and the packages that it needs, and to nothing else of this environment."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in _with_needs(GIVEN, set()):
        distribution = importlib.metadata.distribution(name)
        tops = {Path(file).parts[0] for file in distribution.files or [] if ".." not in Path(file).parts}
        for top in tops:
            (folder / top).symlink_to(Path(str(distribution.locate_file(top))))
    return folder


def _with_needs(name: str, found: set[str]) -> set[str]:
    if name not in found:
        found.add(name)
        for need in importlib.metadata.requires(name) or []:
            if "extra ==" not in need:
                match = re.match(r"[\w.-]+", need)
                assert match is not None  # noqa: S101 (a requirement begins with its name)
                _with_needs(match[0], found)
    return found


def unzip(code: bytes, folder: Path) -> None:
    """Unpack a function's code, with readable files as Lambda needs them.

    Raises zipfile.BadZipFile, or ValueError for a name that leads out of the folder.
    """
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        for one in archive.infolist():
            parts = Path(one.filename).parts
            if Path(one.filename).is_absolute() or ".." in parts:
                raise ValueError(f"{one.filename}: leads out of the function's folder")
        archive.extractall(folder)


def unzipped_size(code: bytes) -> int:
    """Return the bytes that a code zip unpacks to; raise zipfile.BadZipFile."""
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        return sum(one.file_size for one in archive.infolist())
