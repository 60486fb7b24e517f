"""Dynamic rules at work: a portfolio's trace settings change in the middle of the run (rule R5).

Metrics never notice. What a rule wants to know is settled up to the last mark, which changes no result, and what begins to
be published is what a portfolio traced from the start would have seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.config.dynamic_rules import CONDITION_NAMES, CONTAINER, METRIC
from engine.events import Event, PositionClose
from engine.metrics.account_metrics import Account
from engine.metrics.streaming import MARKED, streaming_metric
from tracing.rules import RuleBook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.containers.base import Container
    from engine.containers.portfolio import PortfolioContainer
    from tracing.settings import TraceSettings
    from tracing.tracer import EventTracer


_MARKED = frozenset(f"{METRIC}{name}" for name in MARKED)


class RuleWatch:
    """Evaluates a portfolio's rules after each POSITION_CLOSE has been handled; `change` gets the settings it comes to.

    `heard` are the containers whose events reach the portfolio, `tracer` is what traces it. When no rule waits any more it
    leaves the bus.
    """

    event_types = frozenset({PositionClose.type})

    def __init__(
        self,
        portfolio: PortfolioContainer,
        heard: Sequence[Container],
        settings: TraceSettings,
        tracer: EventTracer,
        change: Callable[[TraceSettings], None],
    ) -> None:
        self._portfolio = portfolio
        self._heard = heard
        self._change = change
        self._tracer = tracer
        self._rules = tracer.rules = RuleBook(settings, CONDITION_NAMES)
        self._closed: Event | None = None
        self._undo = portfolio.event_bus.attach_observer(self)

    def observe(self, event: Event) -> None:
        """Notes that a position closed; the metrics count it only now."""
        self._closed = event

    def ended(self, correlation_id: str) -> None:  # noqa: ARG002 - which trade it was does not matter
        """Evaluates the rules, if the trade ended because its position closed."""
        if self._closed is not None:
            event, self._closed = self._closed, None
            self._evaluate(event)

    def _evaluate(self, event: Event) -> None:
        account = self._account()
        latched = self._rules.latch(lambda name: self._value(name, account), event, self._tracer.taken)
        if not latched:
            return
        for each in latched:
            if each.dumps:
                self._tracer.dump()
            if each.settings is not None:
                self._change(each.settings)
        if not self._rules.waits:
            self._undo()
        self._portfolio.event_bus.refresh()
        for container in (*self._heard, self._portfolio):
            container.follow_interest()

    def _account(self) -> Account:
        """The portfolio's books at its last mark: that of the bar before, as this step's close is not known yet."""
        portfolio, ledger = self._portfolio, self._portfolio.ledger
        if not self._rules.names.isdisjoint(_MARKED):
            portfolio.settle(portfolio.outlet.agenda.step)
        unrealised = ledger.unrealised_pnl(max(ledger.curve.bars - 1, 0))
        return Account(portfolio.statistics.trades, ledger.curve, ledger.open_positions, unrealised)

    def _value(self, name: str, account: Account) -> float | str | None:
        if name.startswith(METRIC):
            return streaming_metric(name.removeprefix(METRIC), account)
        fields = {"id": self._portfolio.container_id, "type": self._portfolio.type}
        return fields[name.removeprefix(CONTAINER)]
