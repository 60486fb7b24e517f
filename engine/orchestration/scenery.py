"""The scenery: what every part of a run sees and none changes. Timeline, feeds, clocks, days, feature columns."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.features.columns import FeatureStore
from engine.market.column_file import ColumnFile, release_pages
from engine.market.timeline import Clock, Feed, union
from engine.metrics.days import UTC_DAYS, are_dates, day_ends

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.market.bars import Bars, IntArray
    from engine.metrics.days import DayEnds
    from engine.orchestration.plan import Plan


BLOCK = 1 << 18


class Scenery:
    """Built from a plan and the bars of its data containers, by id. What is asked for twice is made once.

    Feature columns stand in `file`.
    """

    def __init__(self, plan: Plan, bars: Mapping[str, Bars], file: ColumnFile | None = None) -> None:
        self._file = file or ColumnFile()
        data = [planned.id for planned in plan.of_type("data")]
        self.timeline = union([bars[id_].timestamps for id_ in data])
        self.feeds = {id_: self._feed(id_, bars[id_]) for id_ in data}
        self.store = FeatureStore(self._file)
        self._clocks: dict[tuple[str, ...], Clock] = {}
        self._moments: dict[Clock, IntArray] = {}
        self._days: dict[tuple[tuple[str, ...], str | None], DayEnds] = {}

    def _feed(self, id_: str, bars: Bars) -> Feed:
        until = bars.decided_until
        met_from = None if until is None else self.timeline.searchsorted(until, "right") - 1
        return Feed(id_, bars.symbol, bars, self._steps(bars), met_from)

    def _steps(self, bars: Bars) -> IntArray:
        """Where the bars stand on the timeline, found block by block."""
        blocks = (bars.timestamps[start : start + BLOCK] for start in range(0, len(bars), BLOCK))
        return self._file.column(map(self._places, blocks), len(bars), np.int64)

    def _places(self, timestamps: IntArray) -> IntArray:
        """Where some timestamps stand, all of which the timeline has: one after the other, if no others are among them."""
        first, last = self.timeline.searchsorted(timestamps[[0, -1]]).tolist()
        if last - first == len(timestamps) - 1:
            return np.arange(first, last + 1)
        return self.timeline.searchsorted(timestamps)

    def clock(self, data_ids: tuple[str, ...]) -> Clock:
        """The clock of a lane over these data containers."""
        if data_ids not in self._clocks:
            self._clocks[data_ids] = Clock([self.feeds[id_] for id_ in data_ids])
        return self._clocks[data_ids]

    def moments(self, clock: Clock) -> IntArray:
        """The timestamps of a clock's steps, ns UTC."""
        steps = clock.steps
        if len(steps) == len(self.timeline):
            return self.timeline
        if clock not in self._moments:
            self._moments[clock] = self.timeline[steps]
        return self._moments[clock]

    def days_of(self, plan: Plan, id_: str) -> DayEnds:
        """The ends of a portfolio's days."""
        return self.days(plan.data_of[id_], plan.portfolio(id_).day_zone)

    def benchmark_days(self, plan: Plan, id_: str) -> DayEnds:
        """The ends of its benchmark's days, by the zone of its own; where that is inferred, dates are those of the calendar."""
        config = plan.portfolio(id_)
        name = config.benchmark or ""
        is_dated = config.day_zone is None and are_dates(self.feeds[name].bars.timestamps)
        return self.days((name,), UTC_DAYS if is_dated else self.days_of(plan, id_).zone)

    def days(self, data_ids: tuple[str, ...], zone: str | None) -> DayEnds:
        """The ends of that clock's days in a zone, or as its bars say it."""
        key = (data_ids, zone)
        if key not in self._days:
            self._days[key] = day_ends(self.moments(self.clock(data_ids)), zone)
            release_pages()
        return self._days[key]

    def __getstate__(self) -> dict[str, Any]:
        """Another process has a file of its own for what it computes itself."""
        return {**self.__dict__, "_file": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _file=ColumnFile())

    def make_ready(self, plan: Plan) -> None:
        """Computes what the containers of a plan may ask for, so that whoever gets a copy does not.

        A feature that cannot be computed is left to the container that asks for it: it fails there.
        """
        for id_, data in plan.data_of.items():
            for data_id in data:
                for name, spec in plan.features(id_).items():
                    with suppress(ValueError):
                        self.store.columns(self.feeds[data_id].bars, {name: spec})
            if data:
                self.clock(data)
