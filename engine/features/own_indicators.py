"""Indicators that TA-Lib does not have: an earlier value of a column, and its rank among the latest.

Each value depends on the values in its window alone, and is computed from them in one order, so that it does not matter how
many bars there are before or after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Column = npt.NDArray[np.float64]


def lag(column: Column, bars: int) -> Column:
    """The value some bars before, NaN where there was none: float64 of shape (n_bars,)."""
    earlier = np.full(len(column), np.nan)
    earlier[bars:] = column[: max(0, len(column) - bars)]
    return earlier


def rank(column: Column, timeperiod: int) -> Column:
    """The percentile rank of each value among the last `timeperiod`, itself included: above 0, at most 1.

    Equal values share the mean of their ranks, as in pandas' `rolling(n).rank(pct=True)`. NaN where the window is not full,
    or has a gap.
    """
    ranks = np.full(len(column), np.nan)
    bars = len(column) - timeperiod + 1
    if bars < 1:
        return ranks
    latest = column[timeperiod - 1 :]
    below, equal, known = (np.zeros(bars) for _ in range(3))
    for start in range(timeperiod):
        part = column[start : start + bars]
        below += part < latest
        equal += part == latest
        known += np.isfinite(part)
    ranks[timeperiod - 1 :] = np.where(known == timeperiod, (below + (equal + 1.0) / 2.0) / timeperiod, np.nan)
    return ranks


class OwnIndicator(NamedTuple):
    """A function of a column and one parameter that says how far back it looks, with the parameter's name and range."""

    function: Callable[[Column, int], Column]
    title: str
    parameter: str
    default: int
    least: int


OWN = {
    "LAG": OwnIndicator(lag, "Earlier Value", "bars", 1, 1),
    "RANK": OwnIndicator(rank, "Percentile Rank in a Window", "timeperiod", 100, 2),
}
