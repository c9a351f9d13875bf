"""Where an object key lives as a file.

A key is a file of the same name below its bucket's folder. What a file system cannot hold (`a//b`, `a/../b`, `folder/`,
a part longer than 255 bytes, a key that is also a folder of others) is one file in the bucket's `.~s3~` folder.
"""

import hashlib
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote

ESCAPED = ".~s3~"
TAKEN_IN_NEVER = ("_temporary", ".spark-staging")
LONGEST_NAME = 255


def plain_path(key: str) -> str | None:
    """Return the path below the bucket's folder that is the key itself, or None when no file can have that name."""
    parts = key.split("/")
    if parts[0] == ESCAPED or "\0" in key:
        return None
    if any(part in ("", ".", "..") or len(part.encode()) > LONGEST_NAME for part in parts):
        return None
    return key if len(key.encode()) < 3000 else None  # PATH_MAX is 4096, the home folder takes its share


def escaped_path(key: str) -> str:
    """Return the path for a key that cannot be a file of its own name: readable where that is short enough."""
    name = quote(key, safe="")
    if name in (".", ".."):
        name = name.replace(".", "%2E")
    if len(name) > LONGEST_NAME:
        name = "sha256-" + hashlib.sha256(key.encode()).hexdigest()
    return f"{ESCAPED}/{name}"


def key_of(path: str) -> str | None:
    """Return the key of a file found below a bucket's folder, or None when the name does not tell (a hash)."""
    if not path.startswith(ESCAPED + "/"):
        return path
    name = path[len(ESCAPED) + 1 :]
    return None if name.startswith("sha256-") else unquote(name)


def may_be_taken_in(path: PurePosixPath) -> bool:
    """Tell whether a file that appeared behind the API becomes an object; unfinished output and checksums do not."""
    if path.parts[0] == ESCAPED:
        return True
    hidden = any(part.startswith((".", *TAKEN_IN_NEVER)) for part in path.parts)
    return not hidden and path.suffix != ".crc"


def remove_empty_folders(folder: Path, top: Path) -> None:
    """Remove the folder and those above it, up to but not including `top`, while they are empty: S3 has none."""
    while folder != top and top in folder.parents:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
