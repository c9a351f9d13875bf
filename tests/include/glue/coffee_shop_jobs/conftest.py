"""Reading a raw file from a text."""

import pytest
from coffee_shop_jobs.columns import SALES

from tests.include.glue.coffee_shop_jobs.reading import LIMITS, Read


@pytest.fixture
def read(tmp_path):
    def read_text(text, dataset=SALES, limits=LIMITS):
        path = tmp_path / "file.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return Read(path, dataset, limits)

    return read_text
