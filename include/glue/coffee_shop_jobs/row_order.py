"""The order of rows of an Arrow table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def in_order(rows: Any, names: Sequence[str]) -> Any:
    """Return a table sorted by columns, ascending, nulls first."""
    keys = {}
    for name in names:
        if rows[name].null_count:  # how to ask Arrow for nulls first differs from version to version
            keys[f"{name} is known"] = rows[name].is_valid()
        keys[name] = rows[name]
    return rows.take(pc.sort_indices(pa.table(keys), [(key, "ascending") for key in keys]))
