"""The scenery: what every part of a run sees and none changes. Timeline, feeds, clocks, days, feature columns."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from engine.features.columns import FeatureStore
from engine.market.column_file import ColumnFile
from engine.market.timeline import Clock, Feed, union
from engine.metrics.days import day_ends

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.market.bars import Bars
    from engine.metrics.days import DayEnds
    from engine.orchestration.plan import Plan


class Scenery:
    """Built from a plan and the bars of its data containers, by id. What is asked for twice is made once.

    Feature columns stand in `file`.
    """

    def __init__(self, plan: Plan, bars: Mapping[str, Bars], file: ColumnFile | None = None) -> None:
        data = [planned.id for planned in plan.of_type("data")]
        self.timeline = union([bars[id_].timestamps for id_ in data])
        self.feeds = {id_: self._feed(id_, bars[id_]) for id_ in data}
        self.store = FeatureStore(file or ColumnFile())
        self._clocks: dict[tuple[str, ...], Clock] = {}
        self._days: dict[tuple[tuple[str, ...], str | None], DayEnds] = {}

    def _feed(self, id_: str, bars: Bars) -> Feed:
        met_from = None if bars.opens is None else self.timeline.searchsorted(bars.opens, "right") - 1
        return Feed(id_, bars.symbol, bars, self.timeline.searchsorted(bars.timestamps), met_from)

    def clock(self, data_ids: tuple[str, ...]) -> Clock:
        """The clock of a lane over these data containers."""
        if data_ids not in self._clocks:
            self._clocks[data_ids] = Clock([self.feeds[id_] for id_ in data_ids])
        return self._clocks[data_ids]

    def days(self, data_ids: tuple[str, ...], zone: str | None) -> DayEnds:
        """The ends of that clock's days in a zone."""
        key = (data_ids, zone)
        if key not in self._days:
            ends = day_ends(self.timeline[self.clock(data_ids).steps], zone)
            opens = [self.feeds[id_].bars.opens for id_ in data_ids]
            # Friday's bar that is timed by its close stands at Saturday's first moment, and is no bar of a weekend.
            weekend = [day_ends(each, zone).falls_on_weekend for each in opens if each is not None]
            self._days[key] = ends._replace(falls_on_weekend=any(weekend)) if weekend else ends
        return self._days[key]

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
