"""The marks of a lane that is computed as columns, as the PORTFOLIO_UPDATE events that they would have been (rules B2, E7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.event_columns import EventColumns, Numbered
from engine.events import PortfolioUpdate

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from engine.batch.entries import Floats
    from engine.batch.fills import Filled
    from engine.market.timeline import Clock, Integers


class ToldMarks:
    """Makes the marks at the bars of `clock` from what is held from each bar on. `moments`: their timestamps, ns UTC."""

    event_type = PortfolioUpdate.type

    def __init__(self, source: str, clock: Clock, moments: Integers, cash: float) -> None:
        self._source = source
        self._clock = clock
        self._moments = moments
        self._peak = cash
        self._rows: npt.NDArray[np.intp] = np.zeros(1, np.intp)
        self._cash, self._held = np.array([cash]), np.zeros(1)

    def hold(self, fills: Sequence[Filled]) -> None:
        """Takes note of the next fills; marks before the last one known are not asked for any more."""
        rows, cash, held = [[column.item(-1)] for column in (self._rows, self._cash, self._held)]
        self._rows = np.array([*rows, *(fill.row for fill in fills)], np.intp)
        self._cash = np.array([*cash, *(fill.cash for fill in fills)])
        self._held = np.array([*held, *(fill.held for fill in fills)])

    def first(self, cause: str) -> PortfolioUpdate:
        """The mark before the first bar."""
        cash = self._cash.item(0)
        return self._event(0, 1, cause, (cash, cash, 0.0, 0, 0.0))

    def last(self, cash: float, held: float, peak: float) -> PortfolioUpdate:
        """The mark after the last bar, at its close; `peak` is the highest equity of all, that one included."""
        row = len(self._moments) - 1
        self._peak = peak
        marks = self._marks(self._clock.closes[0][row:], np.array([cash]), np.array([held]))
        cause = self._clock.bar_id(row)
        return self._event(row, row + 3, cause, next(zip(*marks, strict=True)))

    def columns(self, start: int, end: int) -> EventColumns:
        """The marks of the rows from `start` up to `end`, which follow on those asked for before."""
        state = self._rows.searchsorted(np.arange(start, end), "right") - 1
        marks = self._marks(self._clock.closes[0][start:end], self._cash[state], self._held[state])
        ids = Numbered(f"{self._source}:PORTFOLIO_UPDATE:", range(start + 2, end + 2))
        fields = (self._source, ids, None, self._clock.bar_ids(start, end), *marks)
        return EventColumns(PortfolioUpdate, self._moments[start:end].tolist(), fields)

    def _marks(self, closes: Floats, cash: Floats, held: Floats) -> tuple[list[float] | list[int], ...]:
        """The fields of marks at these closes: what `engine.containers.marks.worth` says of each, to the last bit."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            worth = held * closes
            equity, gross = cash + worth, np.abs(worth)
            exposure = np.where((gross != 0.0) & (equity != 0.0), gross / equity, 0.0)
            peaks = np.maximum(np.maximum.accumulate(equity), self._peak)
            drawdown = equity / peaks - 1.0
        self._peak = peaks.item(-1)
        positions = (held != 0.0).astype(np.int64)
        return cash.tolist(), equity.tolist(), exposure.tolist(), positions.tolist(), drawdown.tolist()

    def _event(
        self, row: int, ordinal: int, cause: str, mark: tuple[float, float, float, int, float]
    ) -> PortfolioUpdate:
        event_id = f"{self._source}:PORTFOLIO_UPDATE:{ordinal}"
        return PortfolioUpdate(self._moments.item(row), self._source, event_id, None, cause, *mark)
