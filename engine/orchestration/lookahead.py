"""Does a portfolio look ahead? The data is cut, and what happens before the cut must not change (rule L4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.agenda import Phase
from engine.orchestration.scenery import Scenery
from engine.orchestration.wiring import wire
from engine.strategies.blame import described

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.containers.base import Container
    from engine.events import Event
    from engine.market.bars import Bars
    from engine.orchestration.plan import Plan
    from engine.orchestration.simulation import Simulation

Verdict = Literal["ok", "looks_ahead", "not_exercised", "failed"]

COMPARED = frozenset(
    ["SIGNAL", "ORDER_REQUEST", "ORDER", "FILL", "POSITION_OPEN", "POSITION_CLOSE", "RISK_BREACH", "REGIME_CHANGE"]
)
"""What depends on decisions. Bars are given, features and marks follow from bars and fills."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What cutting the data of one portfolio showed.

    Attributes:
        portfolio: its id.
        verdict: ok: no cut changed anything before it; not_exercised: nothing happened before any of the cuts, so that
            nothing could have changed; failed: its code raised, over all data or over less.
        cuts: how often the data was cut; `exercised` of them had events before them, `compared` in all.
        moment: timestamp of the first event that differs, ns; `cut`: the last bar of the data then. 0 if none does.
        whole: that event with all data, `part` with the data cut; None where there is no such event.
        error: what failed.
    """

    portfolio: str
    verdict: Verdict
    cuts: int = 0
    exercised: int = 0
    compared: int = 0
    moment: int = 0
    cut: int = 0
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
    """Runs a portfolio over all its data, then over data that ends at each of up to `points` bars, and compares.

    Half of the cuts come right behind bars at which it decided, where a look at the next bar must show; the others are
    spread evenly over the data.
    """
    lane = _Lane(plan, bars, portfolio)
    events, error = lane.run(None)
    if error:
        return Finding(portfolio, "failed", error=error)
    cuts = lane.cuts(events, points)
    exercised = compared = 0
    for cut in cuts:
        found, error = lane.run(cut)
        if error:
            return Finding(portfolio, "failed", len(cuts), exercised, compared, cut=cut, error=error)
        before = [event for event in events if event.timestamp <= cut]
        place = _first_difference(before, found)
        if place is not None:
            whole, part = _at(before, place), _at(found, place)
            moment = min(event.timestamp for event in (whole, part) if event is not None)
            return Finding(portfolio, "looks_ahead", len(cuts), exercised, compared, moment, cut, whole, part)
        exercised += bool(before)
        compared += len(before)
    verdict: Verdict = "ok" if exercised else "not_exercised"
    return Finding(portfolio, verdict, len(cuts), exercised, compared)


class _Lane:
    """A portfolio with everything behind it, to be run over more or fewer bars."""

    def __init__(self, plan: Plan, bars: Mapping[str, Bars], portfolio: str) -> None:
        self._plan = plan
        self._bars = bars
        self._portfolio = portfolio
        self._data = plan.data_of[portfolio]
        self._members = {portfolio, *plan.behind[portfolio], plan.execution_of[portfolio]}

    def run(self, cut: int | None) -> tuple[list[Event], str]:
        """The events over the bars up to `cut`, without it over all; and what failed, if anything did."""
        given = {
            id_: each.until(cut) if cut is not None and id_ in self._data else each for id_, each in self._bars.items()
        }
        recording = Recording(COMPARED.union(self._plan.own_event_types))

        def attach(containers: Mapping[str, Container]) -> None:
            containers[self._portfolio].event_bus.attach_observer(recording)

        simulation = wire(self._plan, Scenery(self._plan, given), attach, members=self._members)
        recording.simulation = simulation
        simulation.run(lambda: None)
        failed = (
            each for id_, each in simulation.containers.items() if id_ in self._members and each.status == "failed"
        )
        error = next((str(each.error) if each.exception is None else described(each.exception) for each in failed), "")
        return recording.events, error

    def cuts(self, events: Sequence[Event], points: int) -> list[int]:
        """Timestamps of last bars, ascending: each data container has a bar up to there, and one after."""
        several = [self._bars[id_].timestamps for id_ in self._data]
        moments = np.unique(np.concatenate(several))
        begun, over = max(each.item(0) for each in several), moments.item(-1)
        usable = moments[(moments >= begun) & (moments < over)]
        decided = np.unique([event.timestamp for event in events if event.type == "SIGNAL"])
        behind_decisions = np.intersect1d(usable, decided)
        half = _spread(behind_decisions, -(-points // 2))
        others = np.setdiff1d(usable, half)
        return sorted([*half, *_spread(others, points - len(half))])


def _spread(moments: np.typing.NDArray[np.int64], count: int) -> list[int]:
    """`count` of them at even distances, all if there are fewer."""
    if len(moments) <= count:
        return [int(moment) for moment in moments]
    places = (np.arange(count) * 2 + 1) * len(moments) // (2 * count)
    return [int(moment) for moment in moments[places]]


def _first_difference(whole: Sequence[Event], part: Sequence[Event]) -> int | None:
    for place, (one, other) in enumerate(zip(whole, part, strict=False)):
        if one != other and repr(one) != repr(other):  # NaN, as a quantity may be, is not equal to itself
            return place
    return None if len(whole) == len(part) else min(len(whole), len(part))


def _at(events: Sequence[Event], place: int) -> Event | None:
    return events[place] if place < len(events) else None
