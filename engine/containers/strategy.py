"""Strategies become signals (phase DECIDE): in a strategy container, or inside the portfolio that defines one."""

from __future__ import annotations

from sys import getrecursionlimit
from typing import TYPE_CHECKING, Any, Protocol

from engine.agenda import Phase
from engine.blame import returned_by
from engine.bus import SHARED
from engine.containers.base import Container, Measured, TracerFactory
from engine.containers.own_publisher import OwnPublisher
from engine.containers.signal_events import signal
from engine.events import Bar, Event, Features
from engine.market.timeline import NO_MORE
from engine.strategies.decision import SIGNS, TARGETS, BadDecisionError, PositionView, as_decision
from engine.strategies.names import Readable
from engine.users_calls import ALARM, UsersCalls, handler_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from engine.containers.feature import FeaturePublisher
    from engine.containers.outlet import Outlet
    from engine.market.timeline import Clock
    from engine.strategies.decision import Decision
    from engine.strategies.targets import Changes
    from engine.strategies.user import UserStrategy


class Emit(Protocol):
    """Takes a decision on the symbol of a feed, and the id of the event that caused it."""

    def __call__(self, feed_number: int, decision: Decision, cause: str) -> None:
        """Acts on it."""


class Runner(Protocol):
    """Runs one strategy over one clock."""

    def start(self) -> None:
        """Arranges what must be arranged before the run."""

    def begin(self) -> None:
        """Makes the strategy, at the first step: what a user's code raises there fails its lane alone."""


class ColumnRunner:
    """A column strategy: its lane sleeps until the next change of target (rule L5)."""

    def __init__(
        self,
        outlet: Outlet,
        clock: Clock,
        find_changes: Callable[[], Changes],
        *,
        emit: Emit,
        cause: Callable[[int, int], str],
    ) -> None:
        self._outlet = outlet
        self._clock = clock
        self._find_changes = find_changes
        self._emit = emit
        self._cause = cause

    def start(self) -> None:
        """Nothing: it is woken by its changes."""

    def begin(self) -> None:
        """Computes the targets and arranges for the first change, unless the run is to end."""
        if not self._outlet.agenda.stopped:
            self._changes = self._find_changes()
            self._wake(0)

    def _wake(self, position: int) -> None:
        if position < len(self._changes):
            self._outlet.wake(self._changes.steps.item(position), Phase.DECIDE, self._decide, position)

    def _decide(self, position: int) -> None:
        found = self._changes
        feed_number, row = found.feeds.item(position), found.rows.item(position)
        self._emit(feed_number, TARGETS[found.directions.item(position)], self._cause(feed_number, row))
        self._wake(position + 1)


class BarRunner:
    """A bar strategy: called at every bar with the BAR, the latest features and the position.

    `origins` names the container from which it takes each feature, by symbol and name. It is not called while any of them is
    still null (rule M6). `hears` are the types of events of others' own code that it is shown.
    """

    def __init__(
        self,
        outlet: Outlet,
        clock: Clock,
        own: UserStrategy,
        *,
        emit: Emit,
        cause: Callable[[int, int], str],
        position: Callable[[int], PositionView | None],
        origins: Mapping[tuple[str, str], str],
        hears: Iterable[str],
    ) -> None:
        self._outlet = outlet
        self._clock = clock
        self._own = own
        self._emit = emit
        self._cause = cause
        self._position = position
        self._origins = origins
        self._publisher = OwnPublisher(outlet, own.event_types) if own.event_types else None
        self._bars: dict[str, Bar] = {}
        self._features: dict[str, dict[str, float | None]] = {}
        outlet.bus.subscribe("BAR", self._on_bar)
        outlet.bus.subscribe("FEATURES", self._on_features)
        self._hears = tuple(hears)
        for event_type in self._hears:
            outlet.bus.subscribe(event_type, self._on_event, own=False)

    def start(self) -> None:
        """Stands ready at every step."""
        self._marks = self._clock.marks()
        self._upcoming = next(self._marks, NO_MORE)
        self._outlet.stand(Phase.DECIDE, self._decide_later if self._hears else self._decide)

    def begin(self) -> None:
        """Makes the strategy."""
        self._calls = UsersCalls(self._own.path)
        self._strategy: Any = self._calls(self._own.make)

    def _on_bar(self, event: Event) -> None:
        if isinstance(event, Bar):
            self._bars[event.symbol] = event

    def _on_features(self, event: Event) -> None:
        if isinstance(event, Features):
            symbol, source, origins = event.symbol, event.source, self._origins
            own = self._features.setdefault(symbol, {})
            own.update({name: value for name, value in event.values.items() if origins.get((symbol, name)) == source})

    def _on_event(self, event: Event) -> None:
        self._calls(self._strategy.on_event, event)

    def _decide_later(self, step: int) -> None:
        """Those who hear decide when all others of the lane have, wherever they are declared."""
        self._outlet.then(Phase.DECIDE, self._decide, step)

    def _decide(self, step: int) -> None:
        if step != self._upcoming[0]:
            return
        index, calls = self._upcoming[1], self._calls
        self._upcoming = next(self._marks, NO_MORE)
        for feed_number, row in self._clock.fresh(index):
            symbol = self._clock.feeds[feed_number].symbol
            known = Readable(
                {name: value for name, value in self._features.get(symbol, {}).items() if value is not None}
            )
            if len(known) < len(self._features.get(symbol, {})):
                continue
            seen = (self._bars[symbol], known, self._position(feed_number))
            try:
                if self._publisher is None:
                    decision = as_decision(calls.run(self._strategy.on_bar, *seen))
                else:
                    self._publisher.turn_to(symbol, self._cause(feed_number, row))
                    decision = as_decision(calls.run(self._strategy.on_bar, *seen, self._publisher))
                    self._publisher.dispatch_all()
                if decision is not None:
                    self._emit(feed_number, decision, self._cause(feed_number, row))
            except BadDecisionError as error:
                raise returned_by(error, self._strategy.on_bar) from None
            finally:
                if getrecursionlimit() < calls.limit or handler_of(ALARM) is not calls.alarm:
                    calls.put_right()


class StrategyContainer(Container):
    """A strategy of its own, whose signals go to every portfolio linked to it."""

    type = "strategy"
    counted = ("SIGNAL",)
    outlet: Outlet
    clock: Clock
    publisher: FeaturePublisher
    strategy_name: str
    runner: Runner

    def __init__(
        self, container_id: str, *, lane: int = SHARED, rank: int = 0, tracer_factory: TracerFactory | None = None
    ) -> None:
        super().__init__(container_id, lane=lane, rank=rank, tracer_factory=tracer_factory)
        self._signals: dict[str, int] = dict.fromkeys(SIGNS, 0)

    def start(self) -> None:
        """Arranges for the first step, at which the strategy is made."""
        self.outlet.wake(self.clock.steps.item(0), Phase.START, self._begin)
        self.follow_interest()
        self.runner.start()

    def follow_interest(self) -> None:
        """Publishes its features while somebody wants them."""
        self.publisher.follow_interest()

    def emit(self, feed_number: int, decision: Decision, cause: str) -> None:
        """Publishes a SIGNAL."""
        event_id = self.outlet.identify("SIGNAL")
        self._signals[decision.direction] += 1
        if not self.outlet.wants("SIGNAL"):
            return
        symbol = decision.symbol or self.clock.feeds[feed_number].symbol
        event = signal(self.outlet, event_id, symbol, decision, trade_id=None, cause=cause, strategy=self.strategy_name)
        self.outlet.publish(Phase.DECIDE, event)

    def metrics(self) -> Measured:
        """Signals by direction."""
        signals = {f"signals_{direction}": count for direction, count in self._signals.items()}
        return {**signals, **super().metrics()[0]}, {}

    def event_counts(self) -> dict[str, int]:
        """Its signals, its features, and the events of its own code."""
        return {**super().event_counts(), **self.outlet.named, "FEATURES": self.publisher.count(self.reached)}

    def _begin(self, _: object) -> None:
        self.runner.begin()
