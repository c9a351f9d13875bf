"""S3 on plain files: versions, conditional writes, multipart uploads; files written behind the API are objects too."""

from pathlib import Path


def install(home: Path) -> None:
    """Put objects below `home` and point moto's S3 at them."""
    from local_aws.s3 import moto_backend

    moto_backend.install(home)
