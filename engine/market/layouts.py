"""A column of short texts grouped by layout, so that a regular expression runs once per layout and not once per row.

Two texts share a layout if they have the same length and differ in digits only: `2020-01-31` and `2021-12-05` do,
`1/4/1999` and `12/31/1999` do not. A match on one text of a layout therefore tells where the fields of all of them are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.market.bars import IntArray

TextArray = npt.NDArray[np.bytes_]

WIDEST = 64
_MOST_LAYOUTS = 256
_CHUNK = 1 << 18
_ZERO, _NINE = ord("0"), ord("9")


@dataclass(frozen=True, slots=True)
class Layout:
    """The rows of a column that are written alike.

    Attributes:
        example: one of the texts.
        rows: their row numbers, int64.
        chars: their characters, uint8, shape (len(rows), len(example) or more).
    """

    example: str
    rows: IntArray
    chars: npt.NDArray[np.uint8]

    def number(self, span: tuple[int, int]) -> IntArray:
        """The decimal number between two character positions, one per row, int64."""
        value = np.zeros(len(self.rows), np.int64)
        for position in range(*span):
            value *= 10
            value += self.chars[:, position]
            value -= _ZERO
        return value


def text_array(texts: Iterable[str]) -> TextArray:
    """Texts without outer blanks as fixed-width bytes, cut at `WIDEST` characters; what is not ASCII becomes `?`."""
    cut = [text.strip()[:WIDEST] for text in texts]
    if not cut:
        return np.empty(0, "S1")
    try:
        return np.array(cut, dtype=np.bytes_)
    except UnicodeEncodeError:
        return np.array([text.encode("ascii", "replace") for text in cut], dtype=np.bytes_)


def layouts_of(column: TextArray) -> list[Layout]:
    """The layouts of a column, chunk by chunk; texts of a chunk's 257th layout and on are left out."""
    return [
        layout
        for first in range(0, len(column), _CHUNK)
        for layout in _chunk_layouts(np.ascontiguousarray(column[first : first + _CHUNK]), first)
    ]


def _chunk_layouts(texts: TextArray, first: int) -> Iterator[Layout]:
    width = texts.dtype.itemsize
    chars = texts.view(np.uint8).reshape(len(texts), width)
    digits = (chars >= _ZERO) & (chars <= _NINE)
    shapes = np.where(digits, np.uint8(_ZERO), chars).view(f"S{width}").reshape(len(texts))
    rows = np.arange(first, first + len(texts))
    for _ in range(_MOST_LAYOUTS):
        if not len(rows):
            return
        same = shapes == shapes[0]
        example = texts[rows[0] - first].decode("ascii")
        if same.all():
            yield Layout(example, rows, chars)
            return
        yield Layout(example, rows[same], chars[same])
        rows, shapes, chars = rows[~same], shapes[~same], chars[~same]
