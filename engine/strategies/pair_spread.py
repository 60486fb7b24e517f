"""Pair spread: two symbols whose prices move together, traded when their ratio strays.

Gatev, Goetzmann and Rouwenhorst, Pairs Trading, Review of Financial Studies 19 (2006), on the ratio instead of the
difference, so that one unit of money goes into each leg.
"""

from collections.abc import Mapping
from typing import Annotated

import numpy as np
import numpy.typing as npt
from msgspec import Meta

from engine.strategies.columns import BuiltinStrategy, Markets, Targets, hold_since, revert

Column = npt.NDArray[np.float64]


class PairSpread(BuiltinStrategy, frozen=True, kw_only=True, tag="pair_spread", forbid_unknown_fields=True):
    """Buys the cheap one of two symbols and sells the dear one short when the ratio of their closes strays.

    Give both legs the same money with `sizing: {name: fixed_notional, ...}`.
    """

    first: Annotated[str, Meta(description="symbol above the line of the ratio")]
    second: Annotated[str, Meta(description="symbol below it")]
    window: Annotated[int, Meta(ge=2, description="bars of both over which the ratio's mean and deviation are taken")]
    enter: Annotated[float, Meta(gt=0, description="in, when the ratio is this many deviations off its mean")] = 2.0
    leave: Annotated[float, Meta(ge=0, description="out, when it is back within this many")] = 0.5

    def columns(self) -> tuple[str, ...]:
        """The closes."""
        return ("close",)

    def symbols(self) -> tuple[str, ...]:
        """The two legs."""
        return (self.first, self.second)

    def fault(self) -> tuple[str, str] | None:
        """What was just entered must not be left at once."""
        return None if self.leave < self.enter else ("leave", f"expected a number below enter ({self.enter:g})")

    def market_targets(self, markets: Markets) -> Mapping[str, Targets]:
        """Targets of the two legs, of opposite sign. Where one of them has no bar nothing is decided.

        The window ends with the bar that decides. The first bar with a full window may decide.
        """
        first, second = (markets[symbol]["close"] for symbol in self.symbols())
        both = ~np.isnan(first) & ~np.isnan(second)
        score = z_score(first[both] / second[both], self.window)
        spread = np.zeros(len(both), np.int8)
        spread[both] = revert(
            score < -self.enter, score > self.enter, score >= -self.leave, score <= self.leave, "both"
        )
        held = hold_since(both, spread)
        return {self.first: held, self.second: -held}


def z_score(values: Column, window: int) -> Column:
    """Deviations of each value from the mean of the last `window`, itself included; NaN before, and where all are equal.

    Each window is added up by itself, in order: a running sum would carry the rounding of all that came before.
    """
    scores = np.full(len(values), np.nan)
    bars = len(values) - window + 1
    if bars < 1:
        return scores
    parts = [values[k : k + bars] for k in range(window)]
    total, squares = np.zeros(bars), np.zeros(bars)
    for part in parts:
        total += part
    mean = total / window
    for part in parts:
        squares += (part - mean) * (part - mean)
    deviation = np.sqrt(squares / window)
    scores[window - 1 :] = np.divide(parts[-1] - mean, deviation, out=np.full(bars, np.nan), where=deviation > 0.0)
    return scores
