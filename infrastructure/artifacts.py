"""The artifacts bucket: the jobs' scripts, Lambda's code, and what `make package` made for MWAA.

A file is uploaded when its bytes differ from those in the bucket.
"""

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
PREFIX = "glue/"
START_LOAD = ROOT / "infrastructure" / "start_load.py"
DIST = ROOT / "dist"
MWAA_FILES = {
    "requirements.txt": "RequirementsVersion",
    "plugins.zip": "PluginsVersion",
    "startup.sh": "StartupVersion",
}
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can hold: the same files give the same bytes, whenever written


def package_zip(folder: Path) -> bytes:
    """Return a package's files as a zip: the same bytes for the same files, on any machine and at any time."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_dir() or "__pycache__" in path.parts or path.name.startswith("."):
                continue
            _add(archive, path.relative_to(folder.parent).as_posix(), path)
    return body.getvalue()


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> None:
    entry = zipfile.ZipInfo(name, ZIP_TIME)
    entry.external_attr = 0o644 << 16
    entry.create_system = 3  # Unix, also when made elsewhere
    archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)


def scripts(folder: Path) -> dict[str, bytes]:
    """Return what the jobs need in the artifacts bucket, by key: each script, and the package that they share.

    Raises:
        DeployError: there is no script.
    """
    found = {f"{PREFIX}{path.name}": path.read_bytes() for path in sorted(folder.glob("*.py"))}
    if not found:
        raise DeployError(f"There is no job script in {folder}.")
    return found | {f"{PREFIX}{PACKAGE}.zip": package_zip(folder / PACKAGE)}


def start_load_zip(path: Path) -> tuple[str, bytes]:
    """Return key and bytes of the Lambda's code. Other code has another key, so that Lambda takes it."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        _add(archive, path.name, path)
    return f"lambda/{path.stem}-{_digest(body.getvalue())[:16]}.zip", body.getvalue()


def mwaa_files(dist: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return what `make package` made, by key: what the environment installs, and the DAGs.

    Raises:
        DeployError: something is not there.
    """
    lost = [name for name in (*MWAA_FILES, "dags") if not (dist / name).exists()]
    if lost:
        raise DeployError(f"{', '.join(lost)} is not in {dist}. Type `make package` first.")
    dags = {path.relative_to(dist / "dags").as_posix(): path for path in sorted((dist / "dags").rglob("*"))}
    return (
        {f"mwaa/{name}": (dist / name).read_bytes() for name in MWAA_FILES},
        {f"mwaa/dags/{name}": path.read_bytes() for name, path in dags.items() if path.is_file()},
    )


def upload_installed(s3: "S3Client", bucket: str, files: Mapping[str, bytes]) -> dict[str, str]:
    """Upload what MWAA installs; return the template's parameters that name the versions."""
    upload(s3, bucket, files)
    return {
        parameter: s3.head_object(Bucket=bucket, Key=f"mwaa/{name}")["VersionId"]
        for name, parameter in MWAA_FILES.items()
    }


def upload_dags(s3: "S3Client", bucket: str, files: Mapping[str, bytes]) -> list[str]:
    """Upload the DAGs that differ and remove those that are no longer there; return the keys."""
    changed = upload(s3, bucket, files)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="mwaa/dags/")
    old = [one["Key"] for page in pages for one in page.get("Contents", []) if one["Key"] not in files]
    for key in old:
        s3.delete_object(Bucket=bucket, Key=key)
    return changed + old


def upload(s3: "S3Client", bucket: str, files: Mapping[str, bytes]) -> list[str]:
    """Upload the files whose bytes differ from the bucket's; return their keys."""
    changed = {key: body for key, body in files.items() if _digest_there(s3, bucket, key) != _digest(body)}
    for key, body in changed.items():
        s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata={"sha256": _digest(body)})
    return list(changed)


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
