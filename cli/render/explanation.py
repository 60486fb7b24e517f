"""A plan in words: who is there, how each is computed, which line decided its trace settings, what the run needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
from rich.text import Text

from cli.render.columns import NOTHING, Column, laid_out
from cli.render.hanging import hung
from cli.render.safe_text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.config.locations import Locations
    from engine.config.written import WrittenValue
    from engine.orchestration.explanation import Decided, Explanation, Trace
    from engine.orchestration.lane_paths import LanePath
    from engine.orchestration.plan import Planned

_MOST_LISTED = 20
_MOST_NAMED = 3
_WIDEST_PATH = 30


def as_data(explanation: Explanation, ids: Sequence[str], warnings: Sequence[str]) -> str:
    """The explanation of some containers as JSON."""
    containers = [
        {
            "id": id_,
            "type": planned.type,
            "inputs": planned.inputs,
            "path": explanation.path(planned),
            "trace": {name: _plain(each, explanation.locations) for name, each in explanation.traces[id_].items()},
        }
        for id_ in ids
        for planned in (explanation.plan.containers[id_],)
    ]
    kernel = {"form": explanation.kernel.form, "reason": explanation.kernel.reason}
    data = {"containers": containers, "kernel": kernel, "estimate": explanation.estimate, "warnings": list(warnings)}
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode()


def _plain(decided: Decided, locations: Locations) -> dict[str, object]:
    """What the command promises, and the file where the line is not one of the config itself."""
    plain = {"value": decided.value, "layer": decided.layer, "pattern": decided.pattern, "line": decided.line}
    elsewhere = decided.file is not None and locations.is_extended(decided.file)
    return plain | {"file": decided.file} if elsewhere else plain


def explained(explanation: Explanation, ids: Sequence[str], width: int | None, *, whole: bool) -> Iterator[Text]:
    """The explanation of some containers, in lines of at most `width` cells; not `whole` if they were asked for by name."""
    plan = explanation.plan
    listed = ids[:_MOST_LISTED] if whole else ids
    count = len(plan.containers)
    yield Text(f"{visible(plan.config.name)}: {_counted(count, 'container')}, nothing was run", "bold")
    yield Text()
    yield from laid_out(_columns(explanation, [plan.containers[id_] for id_ in listed]), width, {})
    if len(listed) < len(ids):
        more = f"... and {len(ids) - len(listed):,} more; name one, or a pattern such as 'portfolio_*', to see them"
        yield from hung(Text(), more, width)
    yield Text()
    yield from _paths(explanation, ids, width)
    yield from _own_code(explanation, set(ids), width)
    if whole:
        yield from _settings("settings of the run", explanation.run_settings(), width)
    for settings in explanation.settings(set(listed)):
        yield from _settings(f"settings of {_named(settings.ids)}", settings.values, width)
    for group, trace in _groups(explanation, ids):
        yield Text()
        yield from hung(Text("trace settings of "), _named(group), width)
        for name, decided in trace.items():
            yield from hung(Text(f"  {name:<16}  "), f"{_value(decided.value)}  <- {_source(decided)}", width)
    yield Text()
    yield from hung(Text("estimate of the whole run: "), _needs(explanation), width)
    if whole_files := explanation.estimate.counted_whole:
        words = f"what start, end and timeframe leave out of {_named(whole_files)}: data is not read here"
        yield from hung(Text("counted with it: "), words, width)


def _settings(title: str, values: Sequence[WrittenValue], width: int | None) -> Iterator[Text]:
    if not values:
        return
    yield Text()
    yield from hung(Text(), title, width)
    unset = [each.path for each in values if each.value is None]
    widest = min(max((len(visible(each.path)) for each in values if each.value is not None), default=0), _WIDEST_PATH)
    for each in values:
        if each.value is None:
            continue
        place = f", {visible(each.at.path)}:{each.at.line}" if each.at is not None and not each.at.is_option else ""
        words = f"{visible(each.value)}  <- {visible(each.layer)}{place}"
        yield from hung(Text(f"  {visible(each.path):<{widest}}  "), words, width)
    if unset:
        yield from hung(Text("  not set: "), ", ".join(unset), width)


def _columns(explanation: Explanation, listed: Sequence[Planned]) -> list[Column]:
    executions = explanation.plan.execution_of
    return [
        Column("container", [visible(each.id) for each in listed], 9, right=False),
        Column("type", [each.type for each in listed], 8, right=False),
        Column("lane", [str(each.lane) if each.lane else "shared" for each in listed], 6, right=False),
        Column("path", [explanation.path(each) for each in listed], 5, right=False),
        Column("inputs", [_named(each.inputs) or NOTHING for each in listed], 7, right=False),
        Column("filled by", [visible(executions.get(each.id, NOTHING)) for each in listed], 4, right=False),
    ]


def _paths(explanation: Explanation, ids: Iterable[str], width: int | None) -> Iterator[Text]:
    """Which portfolios take which path, and why."""
    alike: dict[LanePath, list[str]] = {}
    for id_ in ids:
        if id_ in explanation.paths:
            alike.setdefault(explanation.paths[id_], []).append(id_)
    for taken, portfolios in alike.items():
        form = f" ({explanation.kernel.form})" if taken.path == "kernel" else ""
        yield from hung(Text(f"path {taken.path}{form}: "), f"{_named(portfolios)}: {visible(taken.reason)}", width)


def _own_code(explanation: Explanation, ids: set[str], width: int | None) -> Iterator[Text]:
    users: dict[tuple[str, str], list[str]] = {}
    for code in explanation.own_code:
        if code.container_id in ids:
            users.setdefault((code.name, code.origin), []).append(code.container_id)
    for (name, origin), containers in users.items():
        words = f"{visible(name)} ({visible(origin)}), by {_named(containers)}"
        yield from hung(Text("a run imports: "), words, width)


def _groups(explanation: Explanation, ids: Iterable[str]) -> Iterator[tuple[list[str], Trace]]:
    """Containers whose trace settings are alike and come from the same lines, together."""
    groups: dict[bytes, tuple[list[str], Trace]] = {}
    keys: dict[int, bytes] = {}
    for id_ in ids:
        trace = explanation.traces[id_]
        key = keys.setdefault(id(trace), msgspec.json.encode(trace))
        groups.setdefault(key, ([], trace))[0].append(id_)
    yield from groups.values()


def _value(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value(each)}" for name, each in value.items())
    if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
        return ", ".join(map(visible, value)) or "none"
    if value is None:
        return NOTHING
    return visible(value) if isinstance(value, str) else json.dumps(value)


def _source(decided: Decided) -> str:
    if decided.line is None:
        return visible(decided.file or decided.layer)
    pattern = f" {visible(decided.pattern)}" if decided.pattern is not None else ""
    return f"{decided.layer}{pattern}, {visible(decided.file or '')}:{decided.line}"


def _needs(explanation: Explanation) -> str:
    needs = explanation.estimate
    disk = f"{_bytes(needs.disk_mb)} on disk"
    if needs.disk_without_rules_mb != needs.disk_mb:
        disk += f" ({_bytes(needs.disk_without_rules_mb)} if no dynamic rule comes true)"
    return f"up to {needs.memory_mb:,.0f} MiB of memory, {disk}, {needs.open_files} open files"


def _bytes(mb: float) -> str:
    return f"{mb:,.1f} MB" if mb >= 1 else f"{mb * 1000:,.0f} kB"


def _named(ids: Sequence[str]) -> str:
    """The ids, of many the first."""
    shown = ", ".join(map(visible, ids[:_MOST_NAMED]))
    return shown if len(ids) <= _MOST_NAMED else f"{shown} and {len(ids) - _MOST_NAMED:,} more"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' if number != 1 else ''}"
