"""What differs between two runs, container by container."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from rich.text import Text

from cli.render.columns import NOTHING, Column, laid_out
from cli.render.safe_text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cli.results.comparison import Comparison

    Row = tuple[str, str, str, str]


def listed(found: Sequence[Comparison], width: int | None) -> Iterator[Text]:
    """A line for the first metric and one for the first event that differ, then how many containers do."""
    rows = [(visible(each.container_id), *row) for each in found for row in _rows(each)]
    if rows:
        titles = ("container", "first difference", "A", "B")
        columns = [
            Column(title, [row[number] for row in rows], -number, right=False) for number, title in enumerate(titles)
        ]
        yield from laid_out(columns, width, {})
        yield Text()
    for each in found:
        if each.note is not None:
            yield Text(visible(f"{each.container_id}: {each.note}"), "dim")
    differing = sum(each.differs for each in found)
    damaged = sum(bool(each.damage) for each in found)
    summary = (
        f"{differing} of {len(found)} containers differ" if differing else f"no difference in {len(found)} containers"
    )
    yield Text(summary + (f", {damaged} are damaged" if damaged else ""), "bold")


def _rows(each: Comparison) -> Iterator[tuple[str, str, str]]:
    if each.only_in is not None:
        there = each.only_in == "A"
        yield "the container itself", "there" if there else NOTHING, NOTHING if there else "there"
    if each.metric is not None:
        more = f" and {each.metrics - 1} more" if each.metrics > 1 else ""
        yield visible(each.metric.name) + more, _shown(each.metric.a), _shown(each.metric.b)
    if each.event is not None:
        event = each.event
        if event.field is None:
            yield f"event at seq {event.seq}", visible(event.event_a or "the end"), visible(event.event_b or "the end")
        else:
            place = visible(f"{event.field.name} of {event.event_a}, seq {event.seq}")
            yield place, _shown(event.field.a), _shown(event.field.b)


def _shown(value: Any) -> str:  # noqa: ANN401 - of any field
    return (
        NOTHING if value is None else visible(value if isinstance(value, str) else msgspec.json.encode(value).decode())
    )
