"""Events as text: what each one says in a few words, and lists of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from rich.cells import cell_len
from rich.text import Text

from cli.render.columns import GAP, Column, laid_out, shortened
from cli.render.figures import number, quantity
from cli.render.hanging import NARROWEST, hung
from cli.render.safe_text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cli.results.selection import Overview

Event = dict[str, Any]

_IN_WORDS = {
    "BAR": "{symbol} open {open}, high {high}, low {low}, close {close}, volume {volume}",
    "FEATURES": "{symbol} {values}",
    "REGIME_CHANGE": "{symbol} {previous} -> {current}, probability {probability}",
    "SIGNAL": "{direction} {symbol}, strength {strength}, by {strategy}",
    "ORDER_REQUEST": "{side} {quantity} {symbol}, {order_type}",
    "ORDER": "{status}: {side} {quantity} {symbol}, {order_type}",
    "FILL": "{side} {quantity} {symbol} at {price}, commission {commission}, slippage {slippage}",
    "POSITION_OPEN": "{side} {quantity} {symbol} at {entry_price}, costs {costs}",
    "POSITION_CLOSE": "{side} {quantity} {symbol} from {entry_price} to {exit_price}, net {net_pnl}, {bars_held} bars",
    "PORTFOLIO_UPDATE": "equity {equity}, cash {cash}, open positions {open_positions}, drawdown {drawdown}",
    "RISK_BREACH": "{rule}: {value} against {limit}: {action}",
    "ERROR": "{exception}: {message} ({where})",
    "RUN_START": "{what} {id}: {status}",
    "CONTAINER_STATUS": "{what} {id}: {status}",
    "RUN_END": "{what} {id}: {status}",
}
_COMMON = {"seq", "type", "timestamp", "source", "event_id", "correlation_id", "causation_id"}
_UNEVENTFUL = {
    "limit_price": None,
    "stop_price": None,
    "reason": "",
    "ambiguous_bar": False,
    "exit_after_entry_bar": False,
}
"""Fields that say something only if they have another value than this."""
_LONGEST_ID = 40
_DAY_WIDTH = len("2020-01-01")
_TIME_WIDTH = len("2020-01-01T00:00:00Z")


def in_words(event: Event) -> str:
    """What an event says; of a type or shape that is not known, its own fields by name."""
    words = _IN_WORDS.get(event["type"])
    shown = {name: _shown(value) for name, value in event.items() if name not in _COMMON}
    if words is None:
        return _by_name(shown)
    try:
        said = words.format_map(shown)
    except KeyError:
        return _by_name(shown)
    extra = (
        f"{name.removesuffix('_price')} {shown[name]}"
        for name, usual in _UNEVENTFUL.items()
        if event.get(name, usual) != usual
    )
    return ", ".join([said, *extra])


def moment(timestamp: str, *, daily: bool) -> str:
    """When it happened: the day alone where nothing happens within days."""
    return visible(timestamp[:10] if daily else timestamp)


def counts(found: Overview) -> Iterator[Text]:
    """How many events of each type there are."""
    columns = [
        Column("type", [*map(visible, found.counts), "all"], 0, right=False),
        Column("events", [*map(number, found.counts.values()), number(found.total)], 1),
    ]
    return laid_out(columns, None, {})


def listed(events: Iterable[Event], found: Overview, width: int | None) -> Iterator[Text]:
    """One line an event: seq, time, type, source, trade, and what it says.

    Where that does not fit, source and trade go first, then what it says goes on below.
    """
    widths = _widths(found, width)
    for event in events:
        start = str(event["seq"]).rjust(widths["seq"]) + " " * GAP
        start += moment(event["timestamp"], daily=found.daily).ljust(widths["timestamp"]) + " " * GAP
        for name in list(widths)[2:]:
            text = shortened(visible(str(event.get(name) or "")), widths[name])
            start += text + " " * (widths[name] - cell_len(text) + GAP)
        yield from hung(Text(start), in_words(event), width)


def _widths(found: Overview, width: int | None) -> dict[str, int]:
    """The fields that stand before what an event says, in order, and the terminal cells for each."""
    widths = {"seq": len(str(found.total)), "timestamp": _DAY_WIDTH if found.daily else _TIME_WIDTH}
    widths |= {name: min(longest, _LONGEST_ID) for name, longest in found.longest.items() if longest}
    for name in ("source", "correlation_id"):
        if width is not None and sum(widths.values()) + GAP * len(widths) + NARROWEST > width:
            widths.pop(name, None)
    return widths


def _by_name(shown: dict[str, str]) -> str:
    return ", ".join(f"{visible(name)} {value}" for name, value in shown.items())


def _shown(value: object) -> str:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, bool | None):
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, int | float):
        return quantity(value)
    if isinstance(value, dict):
        return _by_name({str(name): _shown(item) for name, item in value.items()})
    return visible(msgspec.json.encode(value).decode())
