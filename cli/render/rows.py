"""Rows that a question in SQL gave: as a table, and each value as JSON and CSV can hold it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from rich.text import Text

from cli.render.columns import NOTHING, Column, laid_out
from cli.render.figures import quantity
from cli.render.safe_text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_LARGEST = 2**63
_FIVE_DIGITS = 10_000
_CONVERSIONS: dict[type, Callable[[Any], Any]] = {
    type(None): lambda value: value,
    str: lambda value: value,
    bool: lambda value: value,
    float: lambda value: value,
    int: lambda value: value if -_LARGEST <= value < _LARGEST else str(value),
    Decimal: float,
    datetime: lambda value: f"{value.replace(tzinfo=None).isoformat()}Z",  # times in the views are UTC
    date: date.isoformat,
    time: time.isoformat,
    timedelta: timedelta.total_seconds,
}


def table(names: Sequence[str], rows: Sequence[Sequence[Any]], width: int | None) -> Iterator[Text]:
    """A line a row, as many columns as fit, the first ones first; numbers stand to the right."""
    if not rows:
        yield Text("no rows", "dim")
        return
    columns = [
        Column(visible(name), _cells([row[number] for row in rows]), -number, right=_is_number(rows, number))
        for number, name in enumerate(names)
    ]
    yield from laid_out(columns, width, {}, asked=True)


def plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    """A value as JSON holds it: times as RFC 3339, UTC; spans in seconds; whole numbers beyond 64 bits as texts."""
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    convert = _CONVERSIONS.get(type(value))
    return convert(value) if convert else str(value)


def as_cell(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    """A value as one cell of CSV: what has parts, as JSON."""
    simple = plain(value)
    return msgspec.json.encode(simple).decode() if isinstance(simple, dict | list | bool) else simple


def _cells(values: Sequence[Any]) -> list[str]:
    """A column's values; whole numbers have thousands marks if one of them has five digits: years have none."""
    cells = [as_cell(value) for value in values]
    marked = any(isinstance(cell, int) and abs(cell) >= _FIVE_DIGITS for cell in cells)
    return [_shown(cell, marked=marked) for cell in cells]


def _shown(cell: Any, *, marked: bool) -> str:  # noqa: ANN401 - whatever a column holds
    if cell is None:
        return NOTHING
    if isinstance(cell, int) and not marked:
        return str(cell)
    return quantity(cell) if isinstance(cell, int | float) else visible(str(cell))


def _is_number(rows: Sequence[Sequence[Any]], number: int) -> bool:
    values = [row[number] for row in rows if row[number] is not None]
    return bool(values) and all(isinstance(value, int | float | Decimal) for value in values)
