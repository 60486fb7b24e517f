"""What cost models are asked about: a fill before it is made."""

from __future__ import annotations

from time import gmtime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from engine.events import Side

NS_PER_SECOND = 1_000_000_000


class Deal(NamedTuple):
    """A fill about to be made, and the bar it is made in.

    `quantity`: units, above zero on either side. `price`: quote currency per unit; slippage models see it before slippage,
    commission models after. `high`, `low`, `volume`: of the symbol's bar that fills. `timestamp`: ns UTC.
    `traded_in_month`: notional of the portfolio's earlier fills in the same calendar month (UTC), in quote currency.
    """

    symbol: str
    side: Side
    quantity: float
    price: float
    high: float
    low: float
    volume: float
    timestamp: int
    traded_in_month: float = 0.0

    @property
    def notional(self) -> float:
        """Quantity times price, in quote currency."""
        return self.quantity * self.price


class MonthlyNotional:
    """What a portfolio has traded in the calendar month (UTC) under way, in quote currency."""

    __slots__ = ("_month", "_notional")

    def __init__(self) -> None:
        self._month = (0, 0)
        self._notional = 0.0

    def before(self, timestamp: int) -> float:
        """The notional of the earlier fills of the month in which `timestamp` (ns UTC) falls."""
        month = gmtime(timestamp // NS_PER_SECOND)[:2]
        if month != self._month:
            self._month, self._notional = month, 0.0
        return self._notional

    def add(self, notional: float) -> None:
        """Counts a fill made in the month last asked about."""
        self._notional += notional
