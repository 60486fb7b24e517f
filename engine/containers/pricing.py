"""Pricing: what the terms of an order are at a moment of a lane, from its config and what a decision says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.agenda import Phase
from engine.market.durations import duration_ns
from engine.order_terms import MARKET
from engine.trading.distances import Distance
from engine.trading.order_forms import MarketForm

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from engine.containers.outlet import Outlet
    from engine.market.timeline import Clock
    from engine.order_terms import OrderTerms
    from engine.trading.distances import AtrOf
    from engine.trading.order_forms import AnyOrderForm

NOT_KNOWN = float("nan")
AT_THE_MARKET = MarketForm()


class Pricing:
    """Makes order terms. `true_range(feed_number, timeperiod)` is the column of an average true range."""

    def __init__(self, outlet: Outlet, clock: Clock, true_range: Callable[[int, int], npt.NDArray[np.float64]]) -> None:
        self._outlet = outlet
        self._clock = clock
        self._true_range = true_range

    def close(self, feed_number: int) -> float:
        """The symbol's latest close."""
        return self._clock.closes[feed_number].item(self._clock.index_at(self._outlet.agenda.step))

    def atr_of(self, feed_number: int) -> AtrOf:
        """The average true ranges at the symbol's last complete bar: in MATCH the bar under way is not."""
        agenda = self._outlet.agenda
        row = self._clock.rows[feed_number].item(self._clock.index_at(agenda.step)) - (agenda.phase == Phase.MATCH)

        def at_last_bar(timeperiod: int) -> float:
            return self._true_range(feed_number, timeperiod).item(row) if row >= 0 else NOT_KNOWN

        return at_last_bar

    def of_form(self, form: AnyOrderForm, feed_number: int, sign: int) -> OrderTerms:
        """The order that a config asks for at this close; `sign` is +1 for a buy, -1 for a sell."""
        if form == AT_THE_MARKET:
            return MARKET
        terms = form.terms(sign, self.close(feed_number), self.atr_of(feed_number))
        if form.time_in_force == "gtc":
            return terms
        good_till = None if form.good_for is None else self._outlet.now + duration_ns(form.good_for)
        return msgspec.structs.replace(terms, time_in_force=form.time_in_force, good_till=good_till)

    def unknown_of_form(self, form: AnyOrderForm, feed_number: int) -> str:
        """What is not known that the prices of `of_form` are measured by; empty if everything is."""
        distances = [each for each in msgspec.structs.astuple(form) if isinstance(each, Distance)]
        return next(filter(None, (each.unknown(self.atr_of(feed_number)) for each in distances)), "")

    def of_decision(self, terms: OrderTerms, feed_number: int, sign: int) -> OrderTerms:
        """The order that a decision asks for: a trailing stop that names no start begins at this close."""
        if terms.order_type != "trailing_stop" or terms.stop_price is not None:
            return terms
        close = self.close(feed_number)
        distance = terms.trail_amount if terms.trail_percent is None else close * (terms.trail_percent / 100.0)
        return msgspec.structs.replace(terms, stop_price=close + sign * (distance or 0.0))
