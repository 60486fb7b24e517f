"""The stage: what all containers of a run share. Timeline, agenda, feeds, clocks, feature columns, outlets."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from engine.agenda import Agenda
from engine.containers.bulk import publish_in_bulk
from engine.containers.outlet import Outlet
from engine.features.columns import FeatureStore
from engine.market.column_file import ColumnFile
from engine.market.timeline import Clock, Feed, union
from engine.metrics.days import day_ends

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from engine.containers.base import Container
    from engine.market.bars import Bars
    from engine.metrics.days import DayEnds
    from engine.orchestration.plan import Plan
    from engine.strategies.targets import Changes


class Stage:
    """Built from a plan and the bars of its data containers, by id. What is asked for twice is made once."""

    def __init__(self, plan: Plan, bars: Mapping[str, Bars]) -> None:
        self.plan = plan
        self.timeline = union([bars[planned.id].timestamps for planned in plan.of_type("data")])
        self.agenda = Agenda(self.timeline, publish_in_bulk)
        self.feeds = {
            planned.id: Feed(
                planned.id,
                bars[planned.id].symbol,
                bars[planned.id],
                self.timeline.searchsorted(bars[planned.id].timestamps),
            )
            for planned in plan.of_type("data")
        }
        self.store = FeatureStore(ColumnFile())
        self.changes: dict[Hashable, Changes] = {}
        self.outlets: list[Outlet] = []
        self.clock = cache(self._clock)
        self.days = cache(self._days)

    def outlet(self, container: Container, lane: int, label: str) -> Outlet:
        """A new outlet of a container for one lane."""
        outlet = Outlet(container.event_bus, self.agenda, lane=lane, rank=container.rank, label=label)
        self.outlets.append(outlet)
        return outlet

    def _clock(self, data_ids: tuple[str, ...]) -> Clock:
        return Clock([self.feeds[id_] for id_ in data_ids])

    def _days(self, data_ids: tuple[str, ...], zone: str | None) -> DayEnds:
        return day_ends(self.timeline[self.clock(data_ids).steps], zone)
