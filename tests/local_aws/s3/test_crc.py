import pytest

from local_aws.s3 import crc


@pytest.mark.parametrize(
    ("made", "expected"),
    [(crc.CRC32C, "e3069283"), (crc.CRC64NVME, "ae8b14860a799888")],  # the check values of both, over "123456789"
)
def test_the_check_value_of_each(made, expected):
    digest = made()
    digest.update(b"1234")
    digest.update(b"56789")
    assert digest.digest().hex() == expected
