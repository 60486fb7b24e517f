"""Decisions become a portfolio's own: its SIGNAL, the name of a trade, what it wants of the symbol (phase DECIDE; rule E2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.agenda import Phase
from engine.events import Signal
from engine.strategies.decision import SIGNS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.containers.holding import Holding
    from engine.containers.outlet import Outlet
    from engine.market.timeline import Clock
    from engine.strategies.decision import Decision


class Decisions:
    """Takes decisions on the symbols of a clock; `act(feed_number)` follows in the ORDER phase where one changed."""

    def __init__(self, outlet: Outlet, clock: Clock, holdings: Sequence[Holding], act: Callable[[int], None]) -> None:
        self._outlet = outlet
        self._clock = clock
        self._holdings = holdings
        self._act = act
        self._trades_begun = 0

    def take(self, feed_number: int, decision: Decision, cause: str, strategy: str) -> None:
        """Publishes a decision as the portfolio's SIGNAL, and has it acted on if the direction is new."""
        holding = self._holdings[feed_number]
        target = SIGNS[decision.direction]
        changed = target != holding.intent
        if changed and target:
            self._begin_trade(holding)
        signal_id = self._outlet.identify("SIGNAL")
        if self._outlet.wants("SIGNAL"):
            signal = Signal(
                timestamp=self._outlet.now,
                source=self._outlet.label,
                event_id=signal_id,
                correlation_id=holding.trade_id if changed or target else None,
                causation_id=cause,
                symbol=self._clock.feeds[feed_number].symbol,
                direction=decision.direction,
                strength=decision.strength,
                strategy=strategy,
                reason=decision.reason,
            )
            self._outlet.publish(Phase.DECIDE, signal)
        if changed:
            if holding.signal_id is None:
                self._outlet.then(Phase.ORDER, self._act, feed_number)
            holding.intent, holding.signal_id, holding.strength = target, signal_id, decision.strength

    def _begin_trade(self, holding: Holding) -> None:
        self._trades_begun += 1
        holding.trade_id = f"{self._outlet.label}#{self._trades_begun}"
        holding.begun.append(holding.trade_id)
