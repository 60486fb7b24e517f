"""`admf replay`, step by step: open the results, replay each container, print, report the first event that differs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from cli.answering import answered
from cli.exits import FAILED, OK
from cli.render import verdicts
from cli.render.terminal import Terminal
from cli.results.json_file import DamagedFileError
from cli.results.opening import open_results
from cli.results.trace import Trace, event_folder
from engine.replay.replay import DamagedTraceError, Record, Verdict, replay, why_not

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.render.messages import Messages
    from cli.results.results import ResultsTree


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line."""

    results: Path
    container_id: str | None
    as_json: bool


def replay_results(request: Request) -> int:
    """Prints what came of each container; returns the exit code."""
    return answered(partial(_replay, request))


def _replay(request: Request, messages: Messages) -> int:
    tree = open_results(request.results)
    ids = list(tree.types) if request.container_id is None else [tree.known(request.container_id)]
    return _print([_replayed(tree, id_) for id_ in ids], messages, as_json=request.as_json)


def _print(found: list[Verdict], messages: Messages, *, as_json: bool) -> int:
    terminal = Terminal()
    if as_json:
        terminal.print_list(msgspec.json.encode(verdict).decode() for verdict in found)
    else:
        terminal.print(verdicts.table(found, terminal.width))
    bad = [verdict for verdict in found if verdict.outcome in {"differs", "damaged"}]
    for verdict in bad:
        messages.error(f"{verdict.container_id}: {verdict.difference or verdict.reason}")
    return FAILED if bad else OK


def _replayed(tree: ResultsTree, id_: str) -> Verdict:
    """What came of one container; a damaged file is its verdict, not an error."""
    try:
        if not tree.has_results(id_):
            return Verdict(id_, "skipped", reason="it has no results yet: the run is still at work, or was killed")
        result, text = tree.whole_result(id_)
    except DamagedFileError as error:
        return Verdict(id_, "damaged", reason=str(error))
    reason = why_not(msgspec.json.decode(text, type=Record))
    if reason is not None:
        return Verdict(id_, "skipped", reason=reason)
    return replay(text.encode(), _events(Trace(id_, event_folder(tree, id_, result), result, numbered=False)))


def _events(trace: Trace) -> Iterator[dict[str, Any]]:
    yield from trace
    if trace.fault is not None:
        raise DamagedTraceError(trace.fault)
