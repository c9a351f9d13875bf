"""Request bodies: straight into a file, digests checked on the way.

aws-chunked: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html.
"""

import base64
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from werkzeug.datastructures import Headers

from local_aws.s3.crc import CRC32C, CRC64NVME
from local_aws.s3.errors import BadDigest, NotForReal, S3Error

CHUNK = 1024 * 1024
PREFIX = "x-amz-checksum-"
SETTINGS = {"x-amz-checksum-mode", "x-amz-checksum-algorithm", "x-amz-checksum-type"}


class Digest(Protocol):
    """What hashlib's objects offer, and ours."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""

    def digest(self) -> bytes:
        """Return the value so far."""


class _CRC32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


@dataclass(frozen=True)
class Received:
    """A body in its file: its size, MD5 in hex, and the checksums that came with it (algorithm to base64)."""

    size: int
    md5: str
    checksums: dict[str, str] = field(default_factory=dict)


class IncompleteBody(S3Error):
    """The connection ended before the announced length."""

    code = "IncompleteBody"

    def __init__(self) -> None:
        """Use S3's words."""
        super().__init__("You did not provide the number of bytes specified by the Content-Length HTTP header")


def new_digest(algorithm: str) -> Digest:
    """Return a digest by S3's name for it; one that we do not compute is refused."""
    makers: dict[str, Any] = {
        "CRC32": _CRC32,
        "CRC32C": CRC32C,
        "CRC64NVME": CRC64NVME,
        "SHA1": lambda: hashlib.sha1(usedforsecurity=False),
        "SHA256": hashlib.sha256,
    }
    if algorithm not in makers:
        raise NotForReal(f"This server does not compute the checksum {algorithm}; it knows {', '.join(makers)}.")
    return makers[algorithm]()  # type: ignore[no-any-return]


def receive(stream: IO[bytes], headers: Headers, file: Path) -> Received:
    """Write a request's body into a file; raise when it is not what the headers announce."""
    trailers: dict[str, str] = {}
    chunked = headers.get("x-amz-content-sha256", "").startswith("STREAMING-")
    named = [*(name.lower() for name, _ in headers.items()), headers.get("x-amz-trailer", "").lower()]
    announced = {name[len(PREFIX) :].upper() for name in named if name.startswith(PREFIX) and name not in SETTINGS}
    digests = {algorithm: new_digest(algorithm) for algorithm in announced}
    md5 = hashlib.md5(usedforsecurity=False)
    sha256 = hashlib.sha256() if len(headers.get("x-amz-content-sha256", "")) == 64 else None
    size = 0
    with file.open("wb") as out:
        for data in _decoded(stream, trailers) if chunked else _plain(stream):
            out.write(data)
            size += len(data)
            for digest in (md5, sha256, *digests.values()):
                if digest is not None:
                    digest.update(data)
    _check_length(headers, size, chunked=chunked)
    _check("Content-MD5", headers.get("Content-MD5"), md5.digest())
    if sha256 is not None and sha256.hexdigest() != headers["x-amz-content-sha256"].lower():
        raise _Sha256Mismatch
    for algorithm, digest in digests.items():
        header = PREFIX + algorithm.lower()
        given = headers.get(header) or trailers.get(header)
        _check(header, given, digest.digest())
    return Received(size, md5.hexdigest(), {name: _base64(digest.digest()) for name, digest in digests.items()})


class _Sha256Mismatch(S3Error):
    code = "XAmzContentSHA256Mismatch"

    def __init__(self) -> None:
        super().__init__("The provided 'x-amz-content-sha256' header does not match what was computed.")


def _check(header: str, given: str | None, computed: bytes) -> None:
    if given is not None and given != _base64(computed):
        raise BadDigest(header)


def _check_length(headers: Headers, size: int, *, chunked: bool) -> None:
    announced = headers.get("x-amz-decoded-content-length" if chunked else "Content-Length")
    if announced is not None and int(announced) != size:
        raise IncompleteBody


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _plain(stream: IO[bytes]) -> Iterator[bytes]:
    while data := stream.read(CHUNK):
        yield data


def _decoded(stream: IO[bytes], trailers: dict[str, str]) -> Iterator[bytes]:
    """Yield the data of an aws-chunked body; what follows the last chunk goes into `trailers`."""
    while True:
        head = stream.readline()
        try:
            left = int(head.split(b";")[0].strip(), 16)
        except ValueError:
            raise IncompleteBody from None
        if left == 0:
            break
        while left:
            data = stream.read(min(left, CHUNK))
            if not data:
                raise IncompleteBody
            left -= len(data)
            yield data
        stream.readline()
    for line in iter(stream.readline, b""):
        name, _, value = line.decode().partition(":")
        if value:
            trailers[name.strip().lower()] = value.strip()
