"""A column of a chunk of rows, coded: rows that are alike in it share one value, which is read and written once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .cells import Memo, Unreadable, Value


@dataclass(frozen=True)
class CodedColumn:
    """The code of each row (an Arrow array), and for each code the cell's text and the value that was read from it."""

    codes: Any
    texts: list[str]
    values: list[Value | Unreadable]

    @classmethod
    def of(cls, cells: Any, memo: Memo) -> CodedColumn:
        """Read the cells of a column, an Arrow array of texts."""
        coded = cells.dictionary_encode()
        texts = coded.dictionary.to_pylist()
        return cls(coded.indices, texts, [memo[text] for text in texts])

    @classmethod
    def of_values(cls, column: Any) -> CodedColumn:
        """Return a column of values that were read before."""
        coded = column.combine_chunks().dictionary_encode(null_encoding="encode")
        return cls(coded.indices, [], coded.dictionary.to_pylist())

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Any:
        return map(self.values.__getitem__, self.codes.to_pylist())

    def value(self, row: int) -> Value | Unreadable:
        """Return the value of a row."""
        return self.values[self._code(row)]

    def text(self, row: int) -> str:
        """Return what stood in a row's cell."""
        return self.texts[self._code(row)]

    def _code(self, row: int) -> int:
        code: int = self.codes[row].as_py()
        return code

    def rows_where(self, is_meant: Callable[[Value | Unreadable], bool]) -> list[int]:
        """Return the rows whose value is meant, in their order."""
        codes = [code for code, value in enumerate(self.values) if is_meant(value)]
        if not codes:
            return []
        rows: list[int] = pc.indices_nonzero(pc.is_in(self.codes, pa.array(codes, pa.int32()))).to_pylist()
        return rows

    def counts(self) -> list[tuple[Value | Unreadable, int]]:
        """Return how many rows have each value; two texts may stand for the same."""
        return [(self.values[each["values"]], each["counts"]) for each in pc.value_counts(self.codes).to_pylist()]

    def keep(self, mask: Any) -> CodedColumn:
        """Return the column with the rows for which a mask is true."""
        return replace(self, codes=self.codes.filter(mask))

    def as_array(self, kind: Any, write: Callable[[Any], Any] | None = None) -> Any:
        """Return the values as an Arrow array of a type, each as ``write`` makes it where that is given."""
        values = self.values if write is None else [write(value) for value in self.values]
        return pa.array(values, kind).take(self.codes)
