"""The artifacts bucket: the jobs' scripts, Lambda's code, and whatever else is put there when it differs."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from infrastructure.console import DeployError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "include" / "glue"
PACKAGE = "coffee_shop_jobs"
LAKE = ROOT / "dags" / "coffee_shop" / "lake"  # what jobs and DAGs read and write alike
PREFIX = "glue/"
START_LOAD = ROOT / "infrastructure" / "start_load.py"
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can hold: the same files give the same bytes, whenever written


def files_below(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder by their path in it; without compiled ones and hidden ones, but .airflowignore."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and (path.name[0] != "." or path.name == ".airflowignore")
    }


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return files as a zip: the same bytes for the same files, on any machine and at any time.

    Not compressed: what deflate gives depends on the zlib that Python was built with.
    """
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # Unix, also when made elsewhere
            archive.writestr(entry, files[name])
    return body.getvalue()


def scripts(folder: Path) -> dict[str, bytes]:
    """Return what the jobs need in the artifacts bucket, by key: each script, and the packages they share.

    Raises:
        DeployError: there is no script.
    """
    found = {f"{PREFIX}{path.name}": path.read_bytes() for path in sorted(folder.glob("*.py"))}
    if not found:
        raise DeployError(f"There is no job script in {folder}.")
    shared = {f"{PACKAGE}/{name}": body for name, body in files_below(folder / PACKAGE).items()}
    lake = {f"coffee_shop/lake/{name}": body for name, body in files_below(LAKE).items()}
    return found | {f"{PREFIX}{PACKAGE}.zip": zipped(shared | lake | {"coffee_shop/__init__.py": b""})}


def start_load_zip(path: Path) -> tuple[str, bytes]:
    """Return key and bytes of the Lambda's code. Other code has another key, so that Lambda takes it."""
    body = zipped({path.name: path.read_bytes()})
    return f"lambda/{path.stem}-{_digest(body)[:16]}.zip", body


def different(s3: "S3Client", bucket: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files, by key, that the bucket has not or has with other bytes."""
    return {key: body for key, body in files.items() if _digest_there(s3, bucket, key) != _digest(body)}


def upload(s3: "S3Client", bucket: str, files: Mapping[str, bytes]) -> None:
    """Put files, by key, into the bucket."""
    for key, body in files.items():
        s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata={"sha256": _digest(body)})


def keys_below(s3: "S3Client", bucket: str, prefix: str) -> list[str]:
    """Return the keys that begin with a prefix."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [one["Key"] for page in pages for one in page.get("Contents", [])]


def delete(s3: "S3Client", bucket: str, keys: list[str]) -> None:
    """Remove objects; the bucket keeps their versions."""
    for key in keys:
        s3.delete_object(Bucket=bucket, Key=key)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _digest_there(s3: "S3Client", bucket: str, key: str) -> str | None:
    try:
        return s3.head_object(Bucket=bucket, Key=key)["Metadata"].get("sha256")
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
            return None
        raise


def empty(s3: "S3Client", bucket: str) -> None:
    """Delete all versions of all objects of a bucket, if it is there."""
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for one in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
