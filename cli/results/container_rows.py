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


PARAMETER = "parameters."
"""What stands before the name of a sweep's parameter: so it never is that of a metric."""


def container_row(entry: Entry) -> dict[str, Value]:
    """A container's own fields, then its metrics, then the parameters of its sweep, by name."""
    summary = entry.summary
    if summary is None:
        return {"id": entry.id, "type": entry.type, "status": "damaged" if entry.damage else "unfinished"}
    fields: dict[str, Value] = {"id": entry.id, "type": summary.type, "status": summary.status}
    parameters = {PARAMETER + name: value for name, value in summary.parameters.items()}
    counted = {"events": summary.tracing.in_files, "net_profit": summary.net_profit}
    return {**fields, **counted, **summary.figures, **parameters}


def container_names(rows: Iterable[Mapping[str, Value]]) -> Names:
    """The names of these rows: fields, every metric and every parameter that one of them has, also as in dynamic rules.

    A parameter is meant by its bare name where nothing else has that.
    """
    sorts: dict[str, Sort] = {}
    for row in rows:
        for name, value in row.items():
            if name.startswith(PARAMETER):
                sorts[name] = "text" if sorts.get(name) == "text" or not _is_number(value) else "number"
            elif name not in _FIELDS:
                sorts[name] = "number"
    known = {**_FIELDS, **sorts}
    dotted = {f"metrics.{name}": name for name in sorts if not name.startswith(PARAMETER)}
    dotted |= {f"container.{name}": name for name in ("id", "type", "status")}
    bare = {name.removeprefix(PARAMETER): name for name in sorts if name.startswith(PARAMETER)}
    aliases = {**_SHORT, **dotted}
    aliases |= {name: meant for name, meant in bare.items() if name not in known and name not in aliases}
    return Names(known, aliases)


def _is_number(value: Value) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
