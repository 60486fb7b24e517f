"""Distances from a price, as a config writes them: a percentage, an amount, or a multiple of the average true range."""

from collections.abc import Callable
from math import isnan
from typing import Annotated

import msgspec
from msgspec import Meta

AtrOf = Callable[[int], float]
"""The average true range over so many bars at the last complete bar; NaN while it is not known."""


class Distance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far from a price, in exactly one of three ways."""

    percent: Annotated[float, Meta(gt=0, lt=10_000, description="percent of the price: 2 is two hundredths")] | None = (
        None
    )
    amount: Annotated[float, Meta(gt=0, description="quote currency per unit")] | None = None
    atr: Annotated[float, Meta(gt=0, description="multiples of the average true range")] | None = None
    timeperiod: Annotated[int, Meta(ge=1, le=100_000, description="bars of the average true range")] = 14

    def unknown(self, atr_of: AtrOf) -> str:
        """What is not known that it is measured by; empty if everything is."""
        if self.atr is None or not isnan(atr_of(self.timeperiod)):
            return ""
        return f"the average true range over {self.timeperiod} bars is not known yet"

    def money(self, price: float, atr_of: AtrOf) -> float:
        """The distance in quote currency per unit; NaN while the average true range is not known."""
        if self.percent is not None:
            return price * (self.percent / 100.0)
        if self.amount is not None:
            return self.amount
        return (self.atr or 0.0) * atr_of(self.timeperiod)
