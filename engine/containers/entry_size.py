"""How many units a portfolio's entries ask for (rule P1)."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from engine.trading.sizing import Entry, in_lots

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import numpy.typing as npt

    from engine.containers.ledger import Ledger
    from engine.events import Side
    from engine.market.timeline import Clock, Feed
    from engine.trading.sizing import Sizer

    KnownCloses = Callable[[Feed, int], npt.NDArray[np.float64]]


def closes_of(feed: Feed, count: int) -> npt.NDArray[np.float64]:
    """The first closes of a feed, over the memory of all of them."""
    return feed.bars.close[:count]


class EntrySize:
    """A sizing at work on one lane's books.

    Sizes are multiplied by the symbol's weight, one in `weights` for each feed as in `days_per_year`, and rounded down to lots
    of `lot_size` units, if there is one. `known_closes` gives the first so many closes of a feed.
    """

    def __init__(
        self,
        sizer: Sizer,
        clock: Clock,
        ledger: Ledger,
        *,
        weights: Sequence[float],
        lot_size: float | None,
        days_per_year: Sequence[int],
        known_closes: KnownCloses = closes_of,
    ) -> None:
        self._sizer = sizer
        self._clock = clock
        self._ledger = ledger
        self._weights = weights
        self._lot_size = lot_size
        self._days_per_year = days_per_year
        self._known_closes = known_closes

    def units(self, feed_number: int, index: int, side: Side, strength: float) -> tuple[float, str]:
        """The units to ask for, decided at the lane's bar `index`, and what is not known where there are none."""
        feed = self._clock.feeds[feed_number]
        closes = self._known_closes(feed, self._clock.rows[feed_number].item(index) + 1)
        entry = Entry(
            symbol=feed.symbol,
            side=side,
            equity=self._ledger.equity(index),
            cash=self._ledger.cash,
            price=closes.item(-1),
            closes=closes,
            strength=strength,
            days_per_year=self._days_per_year[feed_number],
        )
        units = in_lots(self._sizer.units(entry) * self._weights[feed_number], self._lot_size)
        return units, self._sizer.unknown(entry) if isnan(units) else ""
