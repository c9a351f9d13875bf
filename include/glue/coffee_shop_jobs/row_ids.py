"""Ids of rows: md5 of natural numbers, so they never change."""

from __future__ import annotations

import hashlib
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def md5(text: str) -> str:
    """Return the id of a natural number, or of several that are joined by ``|``."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def id_of(*parts: Any) -> Any:
    """Return the ids of rows.

    Args:
        parts: Arrow arrays of texts, one a number; an id is that of a row's numbers, joined by ``|``.

    Returns:
        An Arrow array; null where one of a row's numbers is null.
    """
    joined = pc.binary_join_element_wise(*parts, "|")
    whole = joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined
    coded = whole.dictionary_encode()
    return pa.array(map(md5, coded.dictionary.to_pylist()), pa.string()).take(coded.indices)
