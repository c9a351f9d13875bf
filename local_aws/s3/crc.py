"""The two checksums of S3 that Python's library lacks. Slow (some MB/s): the SDK for Python sends CRC32 instead.

Parameters: CRC-32/ISCSI (RFC 3720, B.4) and CRC-64/NVME (NVM Express Base Specification 2.0, 6.2.1.3.5).
"""


def _table(polynomial: int) -> list[int]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ polynomial if value & 1 else value >> 1
        table.append(value)
    return table


class _Reflected:
    table: list[int]
    size: int

    def __init__(self) -> None:
        self._mask = (1 << 8 * self.size) - 1
        self._value = self._mask

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""
        value, table = self._value, self.table
        for byte in data:
            value = value >> 8 ^ table[(value ^ byte) & 0xFF]
        self._value = value

    def digest(self) -> bytes:
        """Return the value so far, big-endian as S3 writes it."""
        return (self._value ^ self._mask).to_bytes(self.size, "big")


class CRC32C(_Reflected):
    """CRC-32/ISCSI."""

    table = _table(0x82F63B78)
    size = 4


class CRC64NVME(_Reflected):
    """CRC-64/NVME."""

    table = _table(0x9A6C9329AC4BC9B5)
    size = 8
