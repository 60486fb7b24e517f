"""The marks of a lane as columns: what a PORTFOLIO_UPDATE says of each bar (rule M4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from engine.kernel.lane.books import Books
    from engine.kernel.library import Kernel

    Floats = npt.NDArray[np.float64]


class Marks(NamedTuple):
    """One number a bar: cash, equity, exposure (gross worth over equity), open positions, drawdown (0 or negative)."""

    cash: Floats
    equity: Floats
    exposure: Floats
    open_positions: npt.NDArray[np.int64]
    drawdown: Floats


class MarkColumns:
    """Reads the marks that the books of a lane write down, as columns."""

    def __init__(self, kernel: Kernel, books: Books) -> None:
        self._kernel = kernel
        self._books = books
        self._peak = 0.0

    def take(self) -> Marks:
        """The marks written since the last call; the next ones are written over them."""
        books = self._books
        count = books.row - books.marks_from
        kept = (books.mark_cash, books.mark_gross, books.mark_equity, books.mark_positions)
        cash, gross, equity, positions = (self._column(each, count) for each in kept)
        books.marks_from = books.row
        exposure = np.divide(gross, equity, out=np.zeros(count), where=(gross != 0.0) & (equity != 0.0))
        peaks = np.maximum.accumulate(np.concatenate(([max(self._peak, books.curve.initial)], equity)))
        self._peak = peaks.item(-1)
        return Marks(cash, equity, exposure, positions.astype(np.int64), equity / peaks[1:] - 1.0)

    def _column(self, values: list[float], count: int) -> Floats:
        return np.frombuffer(self._kernel.packed(values, count))
