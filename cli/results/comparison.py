"""Two results trees side by side: for each container the first metric and the first event that differ, in bounded memory."""

from __future__ import annotations

from filecmp import cmp
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import msgspec

from cli.results.trace import Trace, event_folder
from tracing.reading.parts import find_parts
from tracing.storage.window import WINDOW_STEM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.results.container import ContainerResult
    from cli.results.results import ResultsTree
    from cli.results.trace import Event
    from tracing.reading.parts import Parts


class Pair(msgspec.Struct, frozen=True):
    """A value that is not the same: its name, and what it is in A and in B; None where there is none."""

    name: str
    a: Any
    b: Any


class EventPair(msgspec.Struct, frozen=True):
    """The first place at which two traces differ; `event_a`, `event_b` are None where a trace is already at its end.

    `field` is that which differs, None where the whole events do.
    """

    seq: int
    event_a: str | None
    event_b: str | None
    field: Pair | None = None


class Comparison(msgspec.Struct, frozen=True):
    """What is not the same in one container.

    `only_in`: "A" or "B", where the other has no such container. `metric`: the first of `metrics` that differ. `note` says
    what could not be compared, `damage` which files are damaged.
    """

    container_id: str
    only_in: str | None = None
    metric: Pair | None = None
    metrics: int = 0
    event: EventPair | None = None
    note: str | None = None
    damage: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether anything was found to differ."""
        return bool(self.only_in or self.metric or self.event)


def compared(a: ResultsTree, b: ResultsTree, id_: str) -> Comparison:
    """What is not the same in a container of both.

    Raises:
        DamagedFileError: if a metrics.json is damaged.
        RefusedError: if one is not written yet.
    """
    result_a, result_b = a.whole_result(id_)[0], b.whole_result(id_)[0]
    differing = list(_differing(_values(result_a), _values(result_b)))
    traces = _trace(a, id_, result_a), _trace(b, id_, result_b)
    event, note = None, None
    if traces[0].found and traces[1].found:
        if not _are_same_files(a, b, id_, result_a, result_b):
            event = first_difference(*traces)
    elif traces[0].found or traces[1].found:
        note = f"events were written in {'A' if traces[0].found else 'B'} only"
    damage = tuple(trace.fault for trace in traces if trace.fault)
    return Comparison(
        id_, metric=differing[0] if differing else None, metrics=len(differing), event=event, note=note, damage=damage
    )


def first_difference(a: Trace, b: Trace) -> EventPair | None:
    """Where two traces part, None if they never do. What lies behind damage is not compared."""
    for seq, (event_a, event_b) in enumerate(zip_longest(a, b)):
        if event_a == event_b:
            continue
        if event_a is None or event_b is None:
            ended = a if event_a is None else b
            return None if ended.fault else EventPair(seq, _id(event_a), _id(event_b))
        same = event_a["event_id"] == event_b["event_id"]
        return EventPair(seq, _id(event_a), _id(event_b), next(_differing(event_a, event_b)) if same else None)
    return None


def _values(result: ContainerResult) -> dict[str, Any]:
    """What is compared of a metrics.json: how it ended, every metric, and the constants they were made with."""
    notes = {name: note for name, note in result.metric_notes.items() if name not in result.metrics}
    return {"status": result.status, "error": result.error, **result.metrics, **notes}


def _differing(a: dict[str, Any], b: dict[str, Any]) -> Iterator[Pair]:
    """The names at which two mappings differ, as bytes: 1 is not 1.0."""
    for name in {**a, **b}:
        pair = a.get(name), b.get(name)
        if msgspec.json.encode(pair[0]) != msgspec.json.encode(pair[1]):
            yield Pair(name, *pair)


def _trace(tree: ResultsTree, id_: str, result: ContainerResult) -> Trace:
    return Trace(id_, event_folder(tree, id_, result), result)


def _are_same_files(
    a: ResultsTree, b: ResultsTree, id_: str, result_a: ContainerResult, result_b: ContainerResult
) -> bool:
    """Whether the event files have the same bytes: the usual case, and ten times quicker than reading events."""
    folders = event_folder(a, id_, result_a), event_folder(b, id_, result_b)
    return all(_are_same(*(find_parts(folder, stem) for folder in folders)) for stem in ("events", WINDOW_STEM))


def _are_same(a: Parts, b: Parts) -> bool:
    if a.fault or b.fault or len(a.paths) != len(b.paths):
        return False
    return all(cmp(first, second, shallow=False) for first, second in zip(a.paths, b.paths, strict=True))


def _id(event: Event | None) -> str | None:
    return None if event is None else event["event_id"]
