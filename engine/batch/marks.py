"""Equity at every bar of a stretch, from the fills in it (rules L5, B3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from engine.batch.entries import Floats
    from engine.batch.fills import Fills
    from engine.metrics.equity import EquityCurve

AT_ONCE = 16_384
"""Bars marked at a time: their columns stay in the processor's cache, whatever the size of a block."""


@np.errstate(over="ignore", invalid="ignore")  # the curve refuses what is no longer finite
def mark_bars(
    curve: EquityCurve, closes: Floats, before: tuple[float, float], fills: Fills, day_rows: npt.NDArray[np.intp]
) -> None:
    """Adds to the curve the marks of the bars after those it has, at these `closes`.

    `before`: cash and signed units held before the first of `fills`. `day_rows`: the bars that end a day.

    Raises:
        OverflowError: if an equity is not finite.
    """
    cash = np.concatenate(((before[0],), fills.cash))
    held = np.concatenate(((before[1],), fills.held))
    start = curve.bars
    until = start + len(closes)
    for first in range(start, until, AT_ONCE):
        last = min(first + AT_ONCE, until)
        fresh = slice(*fills.rows.searchsorted((first, last)))
        states = slice(fresh.start, fresh.stop + 1)
        edges = np.empty(fresh.stop - fresh.start + 2, np.intp)
        edges[0], edges[1:-1], edges[-1] = first, fills.rows[fresh], last
        lengths = edges[1:] - edges[:-1]
        value = held[states].repeat(lengths)
        in_market = (held[states] != 0.0).repeat(lengths)
        days = slice(*day_rows.searchsorted((first, last)))
        value *= closes[first - start : last - start]
        value += cash[states].repeat(lengths)
        curve.mark_block(value, in_market, day_rows[days] - first)
