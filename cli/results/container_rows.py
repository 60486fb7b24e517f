"""The table of containers as rows of named values: what it can be sorted by, filtered by, and show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.results.arrangement import Names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cli.results.arrangement import Value
    from cli.results.results import Entry
    from tracing.expression import Sort

_FIELDS: dict[str, Sort] = {"id": "text", "type": "text", "status": "text", "events": "number", "net_profit": "number"}
_SHORT = {"trades": "total_trades", "return": "total_return", "drawdown": "max_drawdown", "container": "id"}


def container_row(entry: Entry) -> dict[str, Value]:
    """A container's own fields, then its metrics, by name."""
    summary = entry.summary
    if summary is None:
        return {"id": entry.id, "type": entry.type, "status": "damaged" if entry.damage else "unfinished"}
    fields: dict[str, Value] = {"id": entry.id, "type": summary.type, "status": summary.status}
    return {**fields, "events": summary.tracing.written, "net_profit": summary.net_profit, **summary.figures}


def container_names(rows: Iterable[Mapping[str, Value]]) -> Names:
    """The names of these rows: fields and every metric that one of them has, also as in dynamic rules."""
    metrics: dict[str, None] = {}
    for row in rows:
        metrics.update(dict.fromkeys(name for name in row if name not in _FIELDS))
    numbers: dict[str, Sort] = dict.fromkeys(metrics, "number")
    dotted = {f"metrics.{name}": name for name in metrics} | {
        f"container.{name}": name for name in ("id", "type", "status")
    }
    return Names({**_FIELDS, **numbers}, {**_SHORT, **dotted})
