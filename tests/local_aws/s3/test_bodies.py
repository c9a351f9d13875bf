import base64
import hashlib
import io
import zlib

import pytest
from werkzeug.datastructures import Headers

from local_aws.s3 import bodies
from local_aws.s3.errors import BadDigest, NotForReal, S3Error

OAK = b"oak and ash and thorn"


def crc32(body):
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


def receive(tmp_path, body, headers):
    return bodies.receive(io.BytesIO(body), Headers(headers), tmp_path / "body")


def test_a_plain_body_with_its_digests(tmp_path):
    headers = {
        "Content-Length": str(len(OAK)),
        "Content-MD5": base64.b64encode(hashlib.md5(OAK).digest()).decode(),
        "x-amz-content-sha256": hashlib.sha256(OAK).hexdigest(),
        "x-amz-checksum-crc32": crc32(OAK),
    }
    received = receive(tmp_path, OAK, headers)
    assert received == bodies.Received(21, hashlib.md5(OAK).hexdigest(), {"CRC32": crc32(OAK)})
    assert (tmp_path / "body").read_bytes() == OAK


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Content-MD5": base64.b64encode(b"0" * 16).decode()}, "BadDigest"),
        ({"x-amz-checksum-crc32": "AAAAAA=="}, "BadDigest"),
        ({"x-amz-checksum-sha256": "AAAA"}, "BadDigest"),
        ({"x-amz-content-sha256": "0" * 64}, "XAmzContentSHA256Mismatch"),
        ({"Content-Length": "22"}, "IncompleteBody"),
        ({"x-amz-checksum-xxhash64": "AAAA"}, "NotImplemented"),
    ],
)
def test_a_body_that_is_not_the_announced_one(tmp_path, headers, code):
    """Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html."""
    with pytest.raises(S3Error) as refused:
        receive(tmp_path, OAK, headers)
    assert refused.value.code == code


def test_signed_chunks(tmp_path):
    body = b"5;chunk-signature=aa\r\noak a\r\n10;chunk-signature=bb\r\nnd ash and thorn\r\n0;chunk-signature=cc\r\n\r\n"
    headers = {
        "Content-Length": str(len(body)),
        "x-amz-decoded-content-length": "21",
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    }
    assert receive(tmp_path, body, headers).size == 21
    assert (tmp_path / "body").read_bytes() == OAK


def chunks_with_trailer(checksum):
    return b"15\r\n" + OAK + b"\r\n0\r\nx-amz-checksum-crc32:" + checksum.encode() + b"\r\n\r\n"


TRAILED = {
    "x-amz-decoded-content-length": "21",
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-trailer": "x-amz-checksum-crc32",
}


def test_chunks_with_the_checksum_behind_them(tmp_path):
    assert receive(tmp_path, chunks_with_trailer(crc32(OAK)), TRAILED).checksums == {"CRC32": crc32(OAK)}


def test_a_wrong_checksum_behind_the_chunks(tmp_path):
    with pytest.raises(BadDigest):
        receive(tmp_path, chunks_with_trailer("AAAAAA=="), TRAILED)


def test_chunks_that_end_early(tmp_path):
    with pytest.raises(bodies.IncompleteBody):
        receive(tmp_path, b"15\r\noak and", TRAILED)


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_the_digests_that_are_for_real(algorithm):
    assert bodies.new_digest(algorithm).digest()


def test_another_digest_is_refused_by_name():
    with pytest.raises(NotForReal, match="XXHASH3"):
        bodies.new_digest("XXHASH3")
