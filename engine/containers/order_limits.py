"""Limits that an order meets when it asks for more: halts, cool-downs, sizes (rule P3, phase ORDER)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import RiskBreach
from engine.trading.accounts import ROUNDING
from engine.trading.risk import MaxGrossExposure, MaxOpenPositions, MaxPosition

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.containers.outlet import Outlet
    from engine.events import OrderRequest
    from engine.trading.accounts import Prospect
    from engine.trading.risk import AnyRiskRule


class Breaches:
    """Publishes RISK_BREACH events of a portfolio, and counts them."""

    def __init__(self, outlet: Outlet, count: Callable[[], None]) -> None:
        self._outlet = outlet
        self._count = count

    def publish(
        self, rule: str, measured: tuple[float, float], action: str, *, cause: str, trade_id: str | None = None
    ) -> str:
        """Publishes a breach in the phase under way; `measured` is value and limit. Returns the event's id."""
        self._count()
        event_id = self._outlet.identify("RISK_BREACH")
        if self._outlet.wants("RISK_BREACH"):
            source, now = self._outlet.label, self._outlet.now
            breach = RiskBreach(now, source, event_id, trade_id, cause, rule, *measured, action)
            self._outlet.say(breach)
        return event_id


class OrderLimits:
    """What the risk rules have against an order that makes a position larger.

    `day_of(timestamp)` numbers the days of the portfolio.
    """

    def __init__(
        self, outlet: Outlet, rules: Sequence[AnyRiskRule], breaches: Breaches, day_of: Callable[[int], int]
    ) -> None:
        self._outlet = outlet
        self._rules = [r for r in rules if isinstance(r, MaxPosition | MaxGrossExposure | MaxOpenPositions)]
        self._breaches = breaches
        self._day_of = day_of
        self._halted_by: str | None = None
        self._halted_on: tuple[str, int] | None = None
        self._cooling: dict[str, int] = {}

    def halt(self, rule: str, day: int | None = None) -> None:
        """Refuses everything from now on, or for the rest of a day."""
        if day is None:
            self._halted_by = rule
        else:
            self._halted_on = rule, day

    def cool_down(self, symbol: str, until: int) -> None:
        """Refuses orders in a symbol up to the lane's bar `until`."""
        self._cooling[symbol] = until

    def refusal(self, request: OrderRequest, prospect: Prospect, index: int) -> str:
        """Why an order that comes at the lane's bar `index` is refused; empty if it is not."""
        return self._pause(request.symbol, index) or self._limit(request, prospect)

    def _pause(self, symbol: str, index: int) -> str:
        if self._halted_by is not None:
            return f"halted by {self._halted_by}"
        if self._halted_on is not None and self._halted_on[1] == self._day_of(self._outlet.now):
            return f"halted for the day by {self._halted_on[0]}"
        left = self._cooling.get(symbol, index) - index
        return f"cooling down after a stop: {left} {'bar' if left == 1 else 'bars'} left" if left > 0 else ""

    def exceeded(self, prospect: Prospect) -> tuple[str, float, float] | None:
        """The name, value and limit of the first rule on sizes that would be broken."""
        for rule in self._rules:
            value, limit = rule.measured(prospect)
            if value > limit * (1.0 + ROUNDING):
                return rule.name, value, limit
        return None

    def _limit(self, request: OrderRequest, prospect: Prospect) -> str:
        exceeded = self.exceeded(prospect)
        if exceeded is None:
            return ""
        name, value, limit = exceeded
        cause, trade_id = request.event_id, request.correlation_id
        self._breaches.publish(name, (value, limit), "reject", cause=cause, trade_id=trade_id)
        return f"{name}: {value:.2f} would be above {limit:g}"
