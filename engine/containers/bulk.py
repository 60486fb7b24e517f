"""Stretches of steps at which nothing happens but bars, features and marks: their events are made and seen in bulk.

It is the same events in the same order for every observer, at a third of the cost. Where a handler is subscribed to any of
them, it might act, and the steps are done one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.event_columns import in_turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.bus import EventBus, Observer
    from engine.containers.outlet import Producer
    from engine.event_columns import Stretch


AHEAD = 1 << 14
MOST_AHEAD = 1 << 10
"""Rows that all producers together may read before their time, and one alone: thousands of lanes would fill the memory."""


Audience = list[tuple["EventBus", "Observer", list[int]]]
"""Who observes, on which bus, and the numbers of those sources whose events they want."""


def audience_of(sources: Iterable[tuple[EventBus, str, int]]) -> Audience | None:
    """Who observes the events of sources, each given by its bus, the type of its events and their lane; None if one of them acts on any."""
    found: dict[tuple[int, int], tuple[EventBus, Observer, list[int]]] = {}
    for number, (source, event_type, lane) in enumerate(sources):
        observers = source.observers_only(event_type, lane)
        if observers is None:
            return None
        for bus, observer in observers:
            found.setdefault((id(bus), id(observer)), (bus, observer, []))[2].append(number)
    return list(found.values())


def publish_in_bulk(producers: Sequence[Producer], count: int) -> bool:
    """Publishes the events of the next `count` steps, if only observers will see them; says whether it did.

    `producers` stand in the order in which their work is done at each step.
    """
    audience = audience_of((each.outlet.bus, each.event_type, each.outlet.lane) for each in producers)
    if audience is None:
        return False
    ahead = min(AHEAD // max(1, len(producers)), MOST_AHEAD)
    stretches = [producer.take(count, ahead) for producer in producers]
    show(audience, stretches)
    return True


def show(audience: Audience, stretches: Sequence[Stretch]) -> None:
    """Shows each of the audience the stretches of the sources it wants, equally long: the first event of each, then the second, and so on."""
    for bus, observer, numbers in audience:
        wanted = [stretches[number] for number in numbers]
        at_once = getattr(observer, "observe_columns", None)
        try:
            if at_once is not None:
                at_once(wanted)
            else:
                for event in in_turn(wanted):
                    observer.observe(event)
        except BaseException as error:  # noqa: BLE001 - as in EventBus.dispatch
            bus.fail(error)
