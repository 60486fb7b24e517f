"""`admf inspect`, step by step: open the results, read what was asked for, print it, report what is damaged."""

from __future__ import annotations

import errno
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from cli.exits import ENVIRONMENT, FAILED, OK, REFUSED, SIGNALLED
from cli.render import containers, events, trade
from cli.render.messages import Messages
from cli.render.terminal import Terminal
from cli.results.json_file import DamagedFileError
from cli.results.opening import open_results
from cli.results.refusal import RefusedError
from cli.results.selection import Selection, overview, types_meant
from cli.results.trace import event_files, opened_trace, why_no_events
from cli.results.trade import find_trade

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.results.results import Entry, ResultsTree

_MOST_REPORTED = 20


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line. `types`, `head` and `tail` choose among the events."""

    results: Path
    container_id: str | None
    events: bool
    trade: str | None
    types: tuple[str, ...]
    head: int | None
    tail: int | None
    as_json: bool


def inspect_results(request: Request) -> int:
    """Prints what was asked for; returns the exit code."""
    messages = Messages(quiet=False)
    try:
        _refuse_contradictions(request)
        inspection = Inspection(request, open_results(request.results), messages)
        inspection.answer()
    except RefusedError as error:
        messages.error(str(error))
        return REFUSED
    except DamagedFileError as error:
        messages.error(str(error))
        return FAILED
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        messages.error(str(error))
        return ENVIRONMENT
    except KeyboardInterrupt:
        return SIGNALLED + signal.SIGINT
    return inspection.report()


class Inspection:
    """One question to one results tree. Damage is collected while answering, and reported at the end."""

    def __init__(self, request: Request, tree: ResultsTree, messages: Messages) -> None:
        self._request = request
        self._tree = tree
        self._messages = messages
        self._terminal = Terminal()
        self._damage = [] if tree.damage is None else [str(tree.damage)]

    def answer(self) -> None:
        """Prints the answer.

        Raises:
            RefusedError: if what was asked for is not there.
            DamagedFileError: if it is damaged so that there is nothing to print.
        """
        request = self._request
        id_ = None if request.container_id is None else self._tree.known(request.container_id)
        if request.trade is not None:
            self._trade(id_, request.trade)
        elif id_ is None:
            self._table()
        elif request.events:
            self._events(id_)
        elif request.as_json:
            self._terminal.print_list([self._tree.whole_result(id_)[1].strip()])
        else:
            self._container(id_)

    def report(self) -> int:
        """Reports the damage found; returns the exit code."""
        self._say(self._damage)
        return FAILED if self._damage else OK

    def _table(self) -> None:
        if self._request.as_json:
            self._terminal.print_list(self._texts())
            return
        entries = list(self._tree.entries())
        self._damage += [str(entry.damage) for entry in entries if entry.damage]
        self._terminal.print([containers.headline(self._tree, len(entries))])
        if entries:
            self._terminal.print(containers.table(entries, self._terminal.width))
        self._say(_failures(entries))

    def _texts(self) -> Iterator[str]:
        for id_ in self._tree.types:
            try:
                if self._tree.has_results(id_):
                    yield self._tree.whole_result(id_)[1].strip()
            except DamagedFileError as error:
                self._damage.append(str(error))

    def _container(self, id_: str) -> None:
        result, _ = self._tree.whole_result(id_)
        files = event_files(self._tree, result)
        traced = any(name.rpartition("/")[2].startswith("events.") for name in files)
        if result.written and not traced:
            self._damage.append(f"{id_}: {result.written} events were written, but there is no event file")
        hint = None if traced or result.written else why_no_events(id_, result)
        self._terminal.print(containers.container(result, files, hint))

    def _events(self, id_: str) -> None:
        request, trace = self._request, opened_trace(self._tree, id_)
        selection = Selection(head=request.head, tail=request.tail)
        if request.types or not request.as_json:
            found = overview(trace)
            selection = Selection(types_meant(request.types, found, id_), request.head, request.tail)
        chosen = selection.of(trace)
        if request.as_json:
            self._terminal.print_list(msgspec.json.encode(event).decode() for event in chosen)
        else:
            self._terminal.print(events.counts(found))
            self._terminal.print(events.listed(chosen, found, self._terminal.width))
        self._damage += [trace.fault] if trace.fault else []

    def _trade(self, id_: str | None, correlation_id: str) -> None:
        found = find_trade(self._tree, id_, correlation_id)
        self._damage += [found.fault] if found.fault else []
        if self._request.as_json:
            self._terminal.print_value(msgspec.json.format(msgspec.json.encode(found.as_data()), indent=2).decode())
        else:
            self._terminal.print(trade.life(found, self._terminal.width))

    def _say(self, lines: list[str]) -> None:
        for line in lines[:_MOST_REPORTED]:
            self._messages.error(line)
        if len(lines) > _MOST_REPORTED:
            self._messages.error(f"... and {len(lines) - _MOST_REPORTED} more")


def _failures(entries: list[Entry]) -> list[str]:
    failed = ((entry.id, entry.summary) for entry in entries if entry.summary and entry.summary.error)
    return [f"{id_} {summary.status}: {summary.error}" for id_, summary in failed]


def _refuse_contradictions(request: Request) -> None:
    if request.events and request.trade is not None:
        raise RefusedError("--events and --trade are two questions: ask one at a time")
    if request.events and request.container_id is None:
        raise RefusedError("--events needs the id of a container: admf inspect RESULTS ID --events")
    chosen = {"--type": bool(request.types), "--head": request.head is not None, "--tail": request.tail is not None}
    for option in (option for option, given in chosen.items() if given and not request.events):
        raise RefusedError(f"{option} chooses among events: it needs --events")
