"""Decisions become a portfolio's own: its SIGNAL, the name of a trade, what it wants of the symbol (phase DECIDE; rule E2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.agenda import Phase
from engine.containers.signal_events import signal
from engine.order_terms import MARKET
from engine.strategies.decision import NAMES, SIGNS, BadDecisionError
from engine.trading.acceptance import wrong_side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.containers.holding import Holding
    from engine.containers.outlet import Outlet
    from engine.containers.requests import Requests
    from engine.market.timeline import Clock
    from engine.strategies.decision import Decision


class Decisions:
    """Takes decisions on the symbols of a clock; what they ask for follows in the ORDER phase."""

    def __init__(self, outlet: Outlet, clock: Clock, holdings: Sequence[Holding], requests: Requests) -> None:
        self._outlet = outlet
        self._clock = clock
        self._holdings = holdings
        self._requests = requests
        self._trades_begun = 0

    def take(self, feed_number: int, decision: Decision, cause: str, strategy: str) -> None:
        """Publishes a decision as the portfolio's SIGNAL; it is acted on if the direction is new, or if it names orders."""
        holding = self._holdings[feed_number]
        target = SIGNS[decision.direction]
        changed = target != holding.intent
        if target and decision.exits is not None and (changed or decision.order is not None):
            close = self._clock.closes[feed_number].item(self._clock.index_at(self._outlet.agenda.step))
            check_sides(decision, target, close, strategy)
        if changed and target:
            holding.trade_id = self._begin_trade()
            holding.begun.append(holding.trade_id)
        belongs = holding.trade_id if changed or target else None
        symbol = self._clock.feeds[feed_number].symbol
        signal_id = self._publish(symbol, decision, belongs, cause=cause, strategy=strategy)
        if changed or decision.names_orders:
            if holding.signal_id is None:
                self._requests.request(feed_number)
            holding.intent, holding.signal_id, holding.decision = target, signal_id, decision

    def take_unknown(self, symbol: str, decision: Decision, cause: str, strategy: str) -> None:
        """Takes a decision on a symbol without data: its order is rejected, and that is the end of it."""
        trade_id = self._begin_trade()
        signal_id = self._publish(symbol, decision, trade_id, cause=cause, strategy=strategy)
        sign = SIGNS[decision.direction] or -1
        self._outlet.then(Phase.ORDER, lambda _: self._requests.ask_for_unknown(symbol, sign, trade_id, signal_id))

    def _publish(self, symbol: str, decision: Decision, trade_id: str | None, *, cause: str, strategy: str) -> str:
        signal_id = self._outlet.identify("SIGNAL")
        if self._outlet.wants("SIGNAL"):
            event = signal(self._outlet, signal_id, symbol, decision, trade_id=trade_id, cause=cause, strategy=strategy)
            self._outlet.publish(Phase.DECIDE, event)
        return signal_id

    def _begin_trade(self) -> str:
        self._trades_begun += 1
        return f"{self._outlet.label}#{self._trades_begun}"


def check_sides(decision: Decision, sign: int, close: float, strategy: str) -> None:
    """An entry with exits that would leave it at once is a mistake in the strategy; `close` is 0.0 before the first bar.

    Raises:
        BadDecisionError: for a stop-loss or a take-profit on the wrong side of the price at which its order enters.
    """
    if not close:  # without a bar yet it is rejected
        return
    legs = [(decision.order or MARKET, sign), (decision.otherwise, -sign)]
    faults = [
        (wrong_side(decision.exits, direction, order.limit_price or order.stop_price or close), direction)
        for order, direction in legs
        if order is not None and decision.exits is not None
    ]
    if all(fault for fault, _ in faults):  # of two orders the exits may be for one
        fault, direction = faults[0]
        raise BadDecisionError(f"{strategy}: {fault} at which the order enters {NAMES[direction]}")
