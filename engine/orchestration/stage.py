"""The stage of one simulation: the agenda its containers share, the outlets they speak through, what they look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.agenda import Agenda
from engine.containers.bulk import publish_in_bulk
from engine.containers.outlet import Outlet
from engine.market.column_file import ColumnFile, PastColumn

if TYPE_CHECKING:
    from collections.abc import Hashable

    import numpy as np
    import numpy.typing as npt

    from engine.bus import EventBus
    from engine.containers.base import Container
    from engine.market.timeline import Feed
    from engine.orchestration.plan import Plan
    from engine.orchestration.scenery import Scenery
    from engine.strategies.targets import Changes


class Stage:
    """Built from a plan and the scenery, which other stages may share."""

    def __init__(self, plan: Plan, scenery: Scenery) -> None:
        self.plan = plan
        self.scenery = scenery
        self.agenda = Agenda(scenery.timeline, publish_in_bulk)
        self.changes: dict[Hashable, Changes] = {}
        self.outlets: list[Outlet] = []
        self._past: dict[Feed, PastColumn] = {}
        self._past_file = ColumnFile()

    def outlet(self, container: Container, lane: int, label: str, answers_for: EventBus | None = None) -> Outlet:
        """A new outlet of a container for one lane; errors of its work are handed to `answers_for`."""
        bus, agenda, rank = container.event_bus, self.agenda, container.rank
        outlet = Outlet(bus, agenda, lane=lane, rank=rank, label=label, answers_for=answers_for)
        self.outlets.append(outlet)
        return outlet

    def known_closes(self, feed: Feed, count: int) -> npt.NDArray[np.float64]:
        """The first closes of a feed, for users' code: nothing leads from them to those that come after.

        All lanes stand at the same step, so what one of them knows is no news to another.
        """
        if feed not in self._past:
            self._past[feed] = PastColumn(feed.bars.close, self._past_file)
        return self._past[feed].first(count)
