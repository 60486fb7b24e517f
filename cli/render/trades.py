"""A table of closed trades."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from cli.render.columns import Column, laid_out
from cli.render.events import moment
from cli.render.figures import NOTHING, money, number, quantity
from cli.render.safe_text import visible
from cli.results.selection import is_midnight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cli.results.arrangement import Value


_FORMS: dict[str, Callable[[float], str]] = {
    **dict.fromkeys(("quantity", "entry_price", "exit_price"), quantity),
    **dict.fromkeys(("gross_pnl", "net_pnl"), money),
    **dict.fromkeys(("bars_held", "duration_seconds"), number),
}
_USUAL = {
    "trade_id": ("trade", 10),
    "symbol": ("symbol", 2),
    "side": ("side", 6),
    "quantity": ("quantity", 1),
    "entered": ("entered", 5),
    "exited": ("exited", 8),
    "entry_price": ("entry price", 3),
    "exit_price": ("exit price", 4),
    "net_pnl": ("net profit", 9),
    "bars_held": ("bars", 7),
}
"""Title and importance of the columns that are shown unless others are asked for."""


def headline(id_: str, shown: int, count: int) -> list[Text]:
    """How many trades there are, and how many of them are shown."""
    many = f"{count:,} closed trades" if count != 1 else "1 closed trade"
    return [Text(f"{visible(id_)}: {many}" if shown == count else f"{visible(id_)}: {shown:,} of {many}")]


def table(
    rows: Sequence[Mapping[str, Value]], width: int | None, chosen: Sequence[str] | None = None
) -> Iterator[Text]:
    """One line a trade under a header, the trade first; `chosen` names other columns than the usual ones."""
    times = [str(row[name]) for row in rows for name in ("entered", "exited") if row[name] is not None]
    daily = all(map(is_midnight, times))
    names = dict.fromkeys(_USUAL if chosen is None else ["trade_id", *chosen])
    titled = ((name, *_USUAL.get(name, (name, 0))) for name in names)
    columns = [
        Column(
            title,
            [_cell(name, row[name], daily=daily) for row in rows],
            importance if chosen is None else -place,
            name in _FORMS,
        )
        for place, (name, title, importance) in enumerate(titled)
    ]
    return laid_out(columns, width, {}, asked=chosen is not None)


def _cell(name: str, value: Value, *, daily: bool) -> str:
    if value is None:
        return NOTHING
    if name in ("entered", "exited"):
        return moment(str(value), daily=daily)
    return _FORMS[name](value) if isinstance(value, int | float) else visible(value)
