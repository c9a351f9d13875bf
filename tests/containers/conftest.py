"""Both images, carried out once for all tests of this folder."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.images import ROOT, Image, build


@pytest.fixture(scope="session")
def root() -> Iterator[Path]:
    """An empty folder, readable by PostgreSQL's user."""
    folder = Path(tempfile.mkdtemp(prefix="containers-of-tests-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def built(root: Path) -> dict[str, Image]:
    """The images by Dockerfile."""
    found = sorted((ROOT / "containers").glob("*/Dockerfile"))
    return {str(path.relative_to(ROOT)): build(path, root / "images" / path.parent.name) for path in found}
