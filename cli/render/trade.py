"""The life of a trade as a tree: each event beneath what caused it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from cli.render.events import in_words, moment
from cli.render.hanging import INDENT, hung
from cli.render.safe_text import visible
from cli.results.selection import is_midnight

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cli.results.trace import Event
    from cli.results.trade import Step, Trade

_DEEPEST = 12
"""Levels that are indented; no trade of a run is deeper."""
_NARROW = 60
"""Cells of a terminal below which a level is indented by one."""
_STYLES = {"POSITION_OPEN": "bold", "POSITION_CLOSE": "bold", "FILL": "cyan", "ORDER": "cyan", "ORDER_REQUEST": "cyan"}


def life(trade: Trade, width: int | None) -> Iterator[Text]:
    """The trade in one line, then its tree of causes with times, prices and quantities."""
    daily = all(is_midnight(event["timestamp"]) for event in trade.events.values())
    yield from hung(Text().append(f"{visible(trade.correlation_id)}  ", "bold"), _summary(trade, daily=daily), width)
    yield Text()
    steps = list(trade.steps())
    guides = _guides([step.depth for step in steps], narrow=width is not None and width < _NARROW)
    for step, guide in zip(steps, guides, strict=True):
        yield from _line(trade, step, guide, width, daily=daily)


def _summary(trade: Trade, *, daily: bool) -> str:
    opened, closed = trade.of_type("POSITION_OPEN"), trade.of_type("POSITION_CLOSE")
    whole = closed or opened
    if whole is None:
        return f"{len(trade.events)} events of it were traced in {visible(trade.container_id)}, no position among them"
    times = [moment(event["timestamp"], daily=daily) for event in (opened, closed) if event is not None]
    ended = " to ".join(times) if closed else f"opened {times[0]}, its end was not traced"
    return f"{in_words(whole)}; {ended}"


def _line(trade: Trade, step: Step, guide: str, width: int | None, *, daily: bool) -> Iterator[Text]:
    start = Text().append(guide, "dim")
    below = start.cell_len + INDENT
    if step.event is None:
        yield from hung(start.append(f"{visible(step.event_id)}  "), "not traced", width, below)
        return
    type_ = step.event["type"]
    start.append(f"{moment(step.event['timestamp'], daily=daily)}  ")
    start.append(f"{visible(type_)}  ", _STYLES.get(type_))
    yield from hung(start, in_words(step.event) + _elsewhere(trade, step.event), width, below)


def _guides(depths: Sequence[int], *, narrow: bool) -> list[str]:
    """The lines in front of each step: from what caused it, and past it to what the same event caused later."""
    blank, past, branch, last = (" ", "│", "├ ", "└ ") if narrow else ("   ", "│  ", "├─ ", "└─ ")
    guides: list[str] = []
    later: set[int] = set()
    for depth in reversed(depths):
        level = min(depth, _DEEPEST)
        before = "".join(past if above in later else blank for above in range(1, level))
        guides.append(before + (branch if level in later else last) if level else "")
        later = {each for each in later if each < level} | {level}
    return guides[::-1]


def _elsewhere(trade: Trade, event: Event) -> str:
    """Where an event comes from and who traced it, if not the container that traced the trade, and its trade if another."""
    source, of = event.get("source"), event["correlation_id"]
    named = f", from {visible(source)}" if isinstance(source, str) and source != trade.container_id else ""
    found_in = trade.elsewhere.get(event["event_id"])
    named += f", traced in {visible(found_in)}" if found_in not in {None, source} else ""
    return named + (f", in trade {visible(of)}" if of not in {None, trade.correlation_id} else "")
