"""Containers as text: the table of a run, and all that is known of one of them."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from cli.render.columns import GAP, Column, laid_out
from cli.render.figures import NOTHING, file_size, metric, money, number, percent
from cli.render.safe_text import visible
from cli.results.container_rows import PARAMETER
from cli.results.results import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cli.results.arrangement import Value
    from cli.results.container import ContainerResult, ContainerSummary, Figure
    from cli.results.results import Entry, ResultsTree
    from tracing.rules import RuleRecord
    from tracing.settings import WriteAtEnd

STATUS_STYLES = {
    "completed": "green",
    "failed": "red",
    "damaged": "red",
    "interrupted": "yellow",
    "running": "yellow",
    "unfinished": "yellow",
}
_TEXTS = {"id", "type", "status"}
_ENDED = {"done": "completed", "failed": "failed", "interrupted": "interrupted", "damaged": "damaged"}
"""What is said of containers that are not running any more, and their status; one without results has not come that far."""
_AT_END: dict[WriteAtEnd, str] = {
    True: "what is kept, at the end",
    "on_failure": "what is kept, if it fails",
    False: "nothing",
}
_NAMES = 22
"""Cells for the names in the view of one container."""
_CURVE = 40
"""Cells of an equity curve, where there is room."""


def table(
    entries: Sequence[Entry], width: int | None, chosen: Sequence[tuple[str, str, Sequence[Value]]] | None = None
) -> Iterator[Text]:
    """One line a container under a header; `chosen` columns (title, metric, values) stand in place of the usual ones."""
    ids = Column("container", [visible(entry.id) for entry in entries], 0, right=False)
    if chosen is not None:
        named = [(title, name, values) for title, name, values in chosen if name != "id"]
        columns = [
            Column(visible(title), [_cell(name, value) for value in values], len(named) - place, name not in _TEXTS)
            for place, (title, name, values) in enumerate(named)
        ]
        return laid_out([ids, *columns], width, STATUS_STYLES, asked=True)
    return laid_out([ids, *_usual(entries)], width, STATUS_STYLES)


def _usual(entries: Sequence[Entry]) -> list[Column]:
    rows = [entry.summary for entry in entries]

    def figures(name: str) -> list[Figure]:
        return [row.metrics.get(name) if row else None for row in rows]

    return [
        Column("type", [visible(entry.type) or NOTHING for entry in entries], 2, right=False),
        Column("status", [status_of(entry) for entry in entries], 10, right=False),
        Column("trades", [number(count) for count in figures("total_trades")], 8),
        Column("win rate", [percent(rate) for rate in figures("win_rate")], 3),
        Column("net profit", [money(row.net_profit if row else None) for row in rows], 5),
        Column("return", [percent(gain) for gain in figures("total_return")], 9),
        Column("max drawdown", [percent(loss) for loss in figures("max_drawdown")], 6),
        Column("Sharpe", [ratio(sharpe) for sharpe in figures("sharpe")], 7),
        Column("events on disk", [_events(row) for row in rows], 1),
    ]


def _cell(name: str, value: Value) -> str:
    if name.startswith(PARAMETER):
        return NOTHING if value is None else _written(value)
    return visible(value) if isinstance(value, str) else metric(name, value)


def _written(value: Value) -> str:
    """A parameter as it is written in a config."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return visible(str(value))


def brief(entry: Entry) -> Text:
    """One container in one line, for those who watch it change."""
    line = Text(visible(entry.id)).append("  ").append(status_of(entry), STATUS_STYLES.get(status_of(entry)))
    row = entry.summary
    if row is None:
        return line
    figures = row.metrics
    if figures.get("total_trades") is not None:
        line.append(f"  {number(figures['total_trades'])} trades, net profit {money(row.net_profit)}")
    if figures.get("max_drawdown") is not None:
        line.append(f", return {percent(figures.get('total_return'))}, max drawdown {percent(figures['max_drawdown'])}")
    if row.tracing.in_files:
        line.append(f", {number(row.tracing.in_files)} events on disk")
    return line


def status_of(entry: Entry) -> str:
    """How a container ended; `damaged` if that cannot be read, `unfinished` if it is not written yet."""
    if entry.summary is not None:
        return visible(entry.summary.status)
    return "damaged" if entry.damage else "unfinished"


def headline(tree: ResultsTree, entries: Sequence[Entry], width: int | None) -> Text:
    """The run in one line: name, status, containers, how many of them `entries` show, and the days of its data if they fit.

    The root is the run itself and none of its containers. While the run is at work, those that are shown are counted by status.
    """
    count = sum(id_ != ROOT for id_ in tree.types)
    statuses = [status_of(entry) for entry in entries if entry.id != ROOT]
    counted = f"{count} containers" if len(statuses) == count else f"{len(statuses)} of {count} containers"
    if tree.unfinished:
        ended = {name: statuses.count(status) for name, status in _ENDED.items()}
        ended = {name: number for name, number in ended.items() if number or name == "done"}
        running = len(statuses) - sum(ended.values())
        counted += f": {running} running, {', '.join(f'{number} {name}' for name, number in ended.items())}"
    record = tree.record
    if record is None:
        return Text(f"{visible(str(tree.root))}: {counted} found")
    days = ""
    if record.data:
        first = min(span.first for span in record.data.values())
        last = max(span.last for span in record.data.values())
        days = f", {visible(first[:10])} to {visible(last[:10])}"
    line = Text(f"{visible(record.name)}: {visible(record.status)}, {counted}")
    return line.append(days) if width is None or line.cell_len + len(days) <= width else line


def container(result: ContainerResult, files: Mapping[str, int], curve: str | None, hint: str | None) -> Iterator[Text]:
    """Everything of one container.

    `files` maps the names of its other files to bytes; `curve` is its equity as a line of blocks, None if that was not
    written; `hint`: why none has events.
    """
    yield Text(visible(result.container_id), "bold")
    yield from _section(None, [("type", visible(result.type)), ("status", visible(result.status))])
    if result.error is not None:
        yield from _section(None, [("error", visible(result.error))])
    if curve is not None:
        yield from _section(None, [("equity", curve)])
    parameters = ((visible(name), _written(value)) for name, value in result.parameters.items())
    yield from _section("parameters", parameters)
    yield from _section("metrics", _metrics(result))
    notes = ((name, note) for name, note in result.metric_notes.items() if name not in result.metrics)
    yield from _section("conventions", ((visible(name), _note(note)) for name, note in notes))
    yield from _section("tracing", _settings(result))
    counts = {**result.tracing.counts, **result.memory_usage}
    yield from _section("events and memory", ((visible(name), _count(count)) for name, count in counts.items()))
    yield from _section("files", ((visible(name), file_size(size)) for name, size in files.items()))
    if hint is not None:
        yield Text()
        yield Text(visible(hint), "yellow")


def room_for_curve(width: int | None) -> int:
    """Cells of an equity curve beside its name."""
    return _CURVE if width is None else max(1, min(_CURVE, width - _NAMES - 2 * GAP))


def ratio(value: Figure) -> str:
    """A ratio with the two decimals that a table has room for."""
    return NOTHING if value is None else f"{value:,.2f}"


def _events(row: ContainerSummary | None) -> str:
    return number(row.tracing.in_files) if row and row.tracing.in_files else NOTHING


def _section(title: str | None, rows: Iterable[tuple[str, str]]) -> Iterator[Text]:
    shown = list(rows)
    if shown and title:
        yield Text()
        yield Text(title, "bold")
    widest = max([_NAMES, *(cell_len(name) for name, _ in shown)])
    for name, value in shown:
        yield Text(f"  {name}{' ' * (widest - cell_len(name))}  {value}")


def _note(note: float | str | list[str] | None) -> str:
    return ", ".join(map(visible, note)) if isinstance(note, list) else visible(str(note))


def _count(value: int | str | None) -> str:
    return f"{value:,}" if isinstance(value, int) else visible(value or NOTHING)


def _metrics(result: ContainerResult) -> Iterator[tuple[str, str]]:
    values = {name: metric(name, value) for name, value in result.metrics.items()}
    widest = max(map(len, values.values()), default=0)
    for name, value in values.items():
        note = result.metric_notes.get(name)
        yield visible(name), value.rjust(widest) + (f"  {visible(str(note))}" if note is not None else "")


def _settings(result: ContainerResult) -> Iterator[tuple[str, str]]:
    settings = result.trace_settings
    yield "enabled", "yes" if settings.enabled else "no"
    if settings.enabled:
        names = settings.events_to_trace
        yield "event types", names if names == "ALL" else ", ".join(map(visible, names)) or "none"
        yield (
            "kept in memory",
            settings.retention_policy + (f", at most {settings.max_events:,}" if settings.max_events else ""),
        )
        yield "written", "to disk as they come" if settings.streams else _AT_END[settings.storage_config.write_at_end]
    for place, (rule, record) in enumerate(zip_longest(settings.dynamic_rules, result.tracing.rules), 1):
        condition = visible(rule.condition if rule is not None else record.condition)
        yield f"rule {place}", f"{condition}: {_outcome(record, running=result.status == 'running')}"


def _outcome(record: RuleRecord | None, *, running: bool) -> str:
    if record is None:
        return "whether it came true was not noted"
    if record.fired_at is None:
        return "has not come true yet" if running else "never came true"
    return f"came true at {visible(record.fired_at)}, after {visible(record.event_id or NOTHING)}"
