"""Does a portfolio look ahead? It is given other futures, and what happens before them must not change (rule L4)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.agenda import Phase
from engine.blame import described
from engine.market.planted import NOISE, Planted
from engine.orchestration.scenery import Scenery
from engine.orchestration.targets_ahead import NOT_REPEATABLE, Suspect, spread, targets_ahead
from engine.orchestration.wiring import wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.containers.base import Container
    from engine.events import Event
    from engine.market.bars import Bars
    from engine.market.planted import Future
    from engine.metrics.days import DayEnds
    from engine.orchestration.plan import Plan
    from engine.orchestration.simulation import Simulation

Verdict = Literal["ok", "looks_ahead", "not_exercised", "not_repeatable", "failed"]

COMPARED = frozenset(
    ["SIGNAL", "ORDER_REQUEST", "ORDER", "FILL", "POSITION_OPEN", "POSITION_CLOSE", "RISK_BREACH", "REGIME_CHANGE"]
)
"""What depends on decisions. Bars are given, features and marks follow from bars and fills."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What other futures of the data of one portfolio showed.

    Attributes:
        portfolio: its id.
        verdict: ok: none changed anything before it; not_exercised: nothing happened before any of the cuts, so that nothing
            could have changed; not_repeatable: the same data gave something else the second time, so that nothing can be
            known; failed: its code raised, over all data or over less.
        cuts: at how many bars the whole portfolio was given other futures; `exercised` of them had events before them,
            `compared` in all.
        asked: at how many bars its strategies over columns were.
        moment: timestamp of the first event that differs, ns; `cut`: the last bar that was the same. 0 if none does.
        future: what stood after it.
        whole: that event with all data, `part` with the other future; None where there is no such event.
        error: what failed.
    """

    portfolio: str
    verdict: Verdict
    cuts: int = 0
    exercised: int = 0
    compared: int = 0
    asked: int = 0
    moment: int = 0
    cut: int = 0
    future: Future = "none"
    whole: Event | None = None
    part: Event | None = None
    error: str = ""


@dataclass
class Recording:
    """An observer that keeps the events of a simulation before phase END."""

    event_types: frozenset[str] | None
    simulation: Simulation | None = None
    events: list[Event] = field(default_factory=list)

    def observe(self, event: Event) -> None:
        """Keeps the event, unless the lane is being closed."""
        if self.simulation is not None and self.simulation.agenda.phase < Phase.END:
            self.events.append(event)

    def ended(self, correlation_id: str) -> None:
        """Nothing hangs on it."""


def look_ahead(plan: Plan, bars: Mapping[str, Bars], portfolio: str, points: int) -> Finding:
    """Gives a portfolio other futures at up to `points` bars, and its users' strategies over columns at many more.

    Half of the points come right behind bars at which it decided, where a look at the next bar must show; the others are
    spread evenly over the data. At each the data ends in one run, and goes on with noise in another.
    """
    lane = _Lane(plan, bars, portfolio)
    events, error = lane.run()
    if error:
        return Finding(portfolio, "failed", error=error)
    if _first_difference(events, lane.run()[0]) is not None:
        return Finding(portfolio, "not_repeatable")
    cuts = lane.cuts(events, points)
    found = Finding(portfolio, "ok", len(cuts))
    for cut, future in _futures(cuts):
        part, error = lane.run(cut, future)
        if error and future == "none":
            return replace(found, verdict="failed", cut=cut, error=error)
        before = [event for event in events if event.timestamp <= cut]
        place = None if error else _first_difference(before, part)
        if place is not None:
            return _looks_ahead(found, cut, future, _at(before, place), _at(part, place))
        if future == "none":
            found = replace(found, exercised=found.exercised + bool(before), compared=found.compared + len(before))
    return _asked_again(lane, events, found)


def _asked_again(lane: _Lane, events: Sequence[Event], found: Finding) -> Finding:
    """What the targets of the strategies over columns show, of which runs of the whole portfolio showed nothing."""
    suspect, asked = targets_ahead(lane.plan, lane.planted, lane.portfolio, lane.usable)
    if suspect == NOT_REPEATABLE:
        return replace(found, verdict="not_repeatable")
    if isinstance(suspect, Suspect):
        before = [event for event in events if event.timestamp <= suspect.cut]
        part, _ = lane.run(suspect.cut, suspect.future)
        place = _first_difference(before, part)
        shown = (suspect.whole, suspect.part) if place is None else (_at(before, place), _at(part, place))
        return _looks_ahead(found, suspect.cut, suspect.future, *shown)
    return replace(found, asked=asked, verdict="ok" if found.exercised else "not_exercised")


def _futures(cuts: Sequence[int]) -> Iterator[tuple[int, Future]]:
    """No data after each of the cuts; then noise, above or below what was there."""
    yield from ((cut, "none") for cut in cuts)
    yield from ((cut, NOISE[number % 2]) for number, cut in enumerate(cuts))


def _looks_ahead(found: Finding, cut: int, future: Future, whole: Event | None, part: Event | None) -> Finding:
    moment = min(event.timestamp for event in (whole, part) if event is not None)
    return replace(found, verdict="looks_ahead", moment=moment, cut=cut, future=future, whole=whole, part=part)


class _SameYear(Scenery):
    """Over less data: what is inferred of days and years from all of it stays, as it sizes positions and ends orders."""

    def __init__(self, plan: Plan, bars: Mapping[str, Bars], whole: Scenery) -> None:
        super().__init__(plan, bars)
        self._whole = whole

    def days(self, data_ids: tuple[str, ...], zone: str | None) -> DayEnds:
        """The ends of the days of less data, in years as all of it has them."""
        of_all = self._whole.days(data_ids, zone)
        return replace(super().days(data_ids, of_all.zone), of_all=of_all)


class _Lane:
    """A portfolio of a plan with everything behind it, to be run over other bars.

    `planted` are the bars behind it with other futures; `usable` the timestamps of bars after which there may be one: each
    data container has a bar up to there, and one of them has one after.
    """

    def __init__(self, plan: Plan, bars: Mapping[str, Bars], portfolio: str) -> None:
        self.plan = plan
        self._bars = bars
        self.portfolio = portfolio
        self._members = {portfolio, *plan.behind[portfolio], plan.execution_of[portfolio]}
        self._whole = Scenery(plan, bars)
        data = plan.data_of[portfolio]
        self.planted = {id_: Planted(bars[id_]) for id_ in data}
        several = [bars[id_].timestamps for id_ in data]
        moments = np.unique(np.concatenate(several))
        begun, over = max(each.item(0) for each in several), moments.item(-1)
        self.usable = moments[(moments >= begun) & (moments < over)]

    def run(self, cut: int | None = None, future: Future = "none") -> tuple[list[Event], str]:
        """The events up to `cut` if that is what follows it, without it all events; and what failed, if anything did."""
        scenery = self._whole
        if cut is not None:
            given = {id_: each.at(cut, future) for id_, each in self.planted.items()}
            scenery = _SameYear(self.plan, {**self._bars, **given}, self._whole)
        recording = Recording(COMPARED.union(self.plan.own_event_types))

        def attach(containers: Mapping[str, Container]) -> None:
            containers[self.portfolio].event_bus.attach_observer(recording)

        simulation = wire(self.plan, scenery, attach, members=self._members)
        recording.simulation = simulation

        def watch() -> None:
            if cut is not None and simulation.agenda.now > cut:
                simulation.stop()

        simulation.run(watch)
        failed = (
            each for id_, each in simulation.containers.items() if id_ in self._members and each.status == "failed"
        )
        error = next((str(each.error) if each.exception is None else described(each.exception) for each in failed), "")
        return [event for event in recording.events if cut is None or event.timestamp <= cut], error

    def cuts(self, events: Sequence[Event], points: int) -> list[int]:
        """Timestamps of last bars, ascending: up to `points`, half of them where something was decided."""
        decided = np.unique([event.timestamp for event in events if event.type == "SIGNAL"])
        half = spread(np.intersect1d(self.usable, decided), -(-points // 2))
        others = np.setdiff1d(self.usable, half)
        return sorted([*half, *spread(others, points - len(half))])


def _first_difference(whole: Sequence[Event], part: Sequence[Event]) -> int | None:
    for place, (one, other) in enumerate(zip(whole, part, strict=False)):
        if one != other and repr(one) != repr(other):  # NaN, as a quantity may be, is not equal to itself
            return place
    return None if len(whole) == len(part) else min(len(whole), len(part))


def _at(events: Sequence[Event], place: int) -> Event | None:
    return events[place] if place < len(events) else None
