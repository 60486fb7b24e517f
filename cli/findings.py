"""What `admf inspect` counts and looks for in traces: events by day and type, and what began and never ended."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
from rich.text import Text

from cli.render import rows
from cli.render.separated import print_csv
from cli.results.orphans import NEEDED, Orphan, Orphans, cannot_tell
from cli.results.refusal import RefusedError
from cli.results.trace import opened_trace, said_of, trace_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.render.messages import Messages
    from cli.render.terminal import Terminal
    from cli.results.results import ResultsTree
    from cli.results.trace import Extent

_DAY = len("2020-01-01")


def print_days(tree: ResultsTree, id_: str, form: str, terminal: Terminal) -> list[str]:
    """Prints how many events of each type a container traced on each day (UTC); returns what is damaged.

    Raises:
        RefusedError: if no event was written.
    """
    trace = opened_trace(tree, id_)
    counts: dict[str, Counter[str]] = {}
    for event in trace:
        counts.setdefault(event["timestamp"][:_DAY], Counter())[event["type"]] += 1
    types = list(dict.fromkeys(type_ for day in counts.values() for type_ in day))
    table = [(day, *(count[type_] for type_ in types), count.total()) for day, count in counts.items()]
    _print(["day", *types, "all"], table, form, terminal)
    return [trace.fault] if trace.fault else []


def print_orphans(tree: ResultsTree, id_: str | None, form: str, terminal: Terminal, messages: Messages) -> list[str]:
    """Prints what began and never ended, of one container or of every portfolio that wrote events; returns what is damaged.

    Events that are missing are warned of.

    Raises:
        RefusedError: if no event was written.
    """
    faults: list[str] = []
    found: list[Orphan] = []
    silent: Counter[str] = Counter()
    extents: dict[str, Extent] = {}
    ids = [id_] if id_ else [each for each, type_ in tree.types.items() if type_ in {"portfolio", ""}]
    traces = (
        [opened_trace(tree, id_)] if id_ else [trace for trace in (trace_of(tree, each) for each in ids) if trace.found]
    )
    if not traces:
        raise RefusedError(
            f"{tree.root} holds no events of any portfolio; to have them written, set on one in the config: "
            "`event_tracing: {mode: full}`"
        )
    for trace in traces:
        extent = trace.extent
        extents |= {trace.container_id: extent} if extent is not None else {}
        if extent is not None and extent.after:  # what began may have ended in what is not there
            silent.update(NEEDED)
            continue
        found += Orphans(trace.container_id).of(trace)
        faults += [trace.fault] if trace.fault else []
        silent.update(cannot_tell(trace.types))
    if found or form != "text":
        _print(Orphan._fields, found, form, terminal)
    if form == "text":
        said = [f"traces read: {len(traces)}"] if found else [f"traces read: {len(traces)}; no orphan in them"]
        said += [
            f"{what} cannot be told from {count} of them: not all it takes was traced and written"
            for what, count in silent.items()
        ]
        terminal.print(map(Text, said))
    for line in said_of(extents):
        messages.warn(line)
    return faults


def _print(names: Sequence[str], table: Sequence[Sequence[object]], form: str, terminal: Terminal) -> None:
    if form == "json":
        terminal.print_list(msgspec.json.encode(dict(zip(names, row, strict=True))).decode() for row in table)
    elif form == "csv":
        print_csv(names, table)
    else:
        terminal.print(rows.table(names, table, terminal.width))
