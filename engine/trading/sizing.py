"""Sizing: how many units an entry asks for (rule P1). Each is its own config struct and a plain callable."""

from __future__ import annotations

from itertools import pairwise
from math import floor, isnan, nan, sqrt
from typing import TYPE_CHECKING, Annotated, NamedTuple, Protocol

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from engine.events import Side

_WHOLE = 1.0 - 1e-9
"""A lot that is complete but for this share is taken for complete: the rest is rounding."""


class Entry(NamedTuple):
    """A decision to enter, as sizing sees it.

    `equity`, `cash`: of the portfolio at this close, quote currency. `price`: the close, quote currency per unit.
    `closes`: the symbol's closes up to this one, float64, not to be written to; users' code is given them in memory that holds
    no later ones. `strength`: of the decision, 0 to 1.
    `days_per_year`: days with a bar that a year of this symbol has, by its data unless the portfolio says otherwise.
    """

    symbol: str
    side: Side
    equity: float
    cash: float
    price: float
    closes: npt.NDArray[np.float64]
    strength: float
    days_per_year: int


class Sizer(Protocol):
    """Anything that sizes entries: a built-in sizing or a user's own."""

    def units(self, entry: Entry) -> float:
        """Units to trade. What is not above zero, or not finite, becomes an order that is rejected."""

    def unknown(self, entry: Entry) -> str:
        """What is not known where `units` are NaN."""


class SizingModel(msgspec.Struct, frozen=True, kw_only=True, tag_field="name", forbid_unknown_fields=True):
    """A named sizing with its parameters, as written in a config."""

    def unknown(self, entry: Entry) -> str:  # noqa: ARG002 - every sizing is asked alike
        """What is not known where `units` are NaN."""
        return ""


class FixedQuantity(SizingModel, frozen=True, kw_only=True, tag="fixed_quantity", forbid_unknown_fields=True):
    """The same number of units for every trade."""

    quantity: Annotated[float, Meta(gt=0, description="units")]

    def units(self, entry: Entry) -> float:  # noqa: ARG002 - every sizing is asked alike
        """Units to trade."""
        return self.quantity


class FixedNotional(SizingModel, frozen=True, kw_only=True, tag="fixed_notional", forbid_unknown_fields=True):
    """The same amount of money for every trade."""

    notional: Annotated[float, Meta(gt=0, description="quote currency")]

    def units(self, entry: Entry) -> float:
        """Units worth `notional` at the decision's close."""
        return self.notional / entry.price


class PercentOfEquity(SizingModel, frozen=True, kw_only=True, tag="percent_of_equity", forbid_unknown_fields=True):
    """A share of the portfolio's equity at the decision."""

    percent: Annotated[float, Meta(gt=0, description="percent of equity: 50 is a half")]

    def units(self, entry: Entry) -> float:
        """Units worth that share of the equity at the decision's close; none where equity is gone."""
        return max(entry.equity * (self.percent / 100.0) / entry.price, 0.0)


class AllIn(SizingModel, frozen=True, kw_only=True, tag="all_in", forbid_unknown_fields=True):
    """All of the portfolio's equity at the decision."""

    def units(self, entry: Entry) -> float:
        """Units worth the whole equity at the decision's close; none where equity is gone."""
        return max(entry.equity / entry.price, 0.0)


class VolatilityTarget(SizingModel, frozen=True, kw_only=True, tag="volatility_target", forbid_unknown_fields=True):
    """So much that the position alone would make the equity vary by a given percentage a year."""

    percent: Annotated[float, Meta(gt=0, description="volatility wanted, percent of equity per year")]
    bars: Annotated[int, Meta(ge=2, le=10_000, description="returns over which volatility is measured")] = 20
    max_percent: Annotated[float, Meta(gt=0, description="most that is held, percent of equity")] = 100.0
    bars_per_year: (
        Annotated[
            int,
            Meta(
                gt=0,
                description="bars a year; the days of the symbol that have a bar, unless there are several bars a day",
            ),
        ]
        | None
    ) = None

    def units(self, entry: Entry) -> float:
        """Equity x (percent / volatility) / price, no more than `max_percent` of equity; NaN while bars are too few.

        Volatility is the sample standard deviation of the last `bars` simple returns, times sqrt(bars a year).
        Source: R. Carver, Systematic Trading, 2015, chapter 9.
        """
        per_bar = deviation_of_returns(entry.closes[-self.bars - 1 :].tolist(), self.bars)
        if isnan(per_bar):
            return nan
        yearly = per_bar * sqrt(self.bars_per_year or entry.days_per_year)
        most = self.max_percent / 100.0
        share = min(self.percent / 100.0 / yearly, most) if yearly else most
        return max(entry.equity * share / entry.price, 0.0)

    def unknown(self, entry: Entry) -> str:
        """Too few bars."""
        known = len(entry.closes) - 1
        return f"the volatility of {self.bars} returns is not known yet, there {'is' if known == 1 else 'are'} {known}"


Sizing = FixedQuantity | FixedNotional | PercentOfEquity | AllIn | VolatilityTarget


def deviation_of_returns(closes: list[float], count: int) -> float:
    """The sample standard deviation of `count` returns between `count` + 1 closes; NaN if there are fewer."""
    if len(closes) <= count:
        return nan
    returns = [later / earlier - 1.0 for earlier, later in pairwise(closes)]
    total = 0.0
    for value in returns:
        total += value
    mean, squares = total / count, 0.0
    for value in returns:
        squares += (value - mean) * (value - mean)
    return sqrt(squares / (count - 1))


def in_lots(units: float, lot_size: float | None) -> float:
    """The units that make whole lots, rounded down; all of them where fractions are traded (`lot_size` is None)."""
    if lot_size is None or not 0.0 < units < float("inf"):
        return units
    lots = units / lot_size
    complete = floor(lots)
    return (complete + (lots - complete >= _WHOLE)) * lot_size
