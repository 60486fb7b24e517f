"""`admf inspect`, step by step: open the results, read what was asked for, print it, report what is damaged."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from cli.answering import answered
from cli.exits import FAILED, OK
from cli.findings import print_days, print_orphans
from cli.questions import refuse_contradictions
from cli.render import containers, events, trade
from cli.render.separated import print_csv
from cli.render.sparkline import sparkline, thinned
from cli.render.terminal import Terminal
from cli.results.equity import equity_of
from cli.results.json_file import DamagedFileError
from cli.results.opening import open_results
from cli.results.selection import Selection, overview, types_meant
from cli.results.trace import event_files, opened_trace, trace_of, why_no_events
from cli.results.trade import find_trade
from cli.results.trades import ClosedTrades
from cli.tables import Ends, Table, chosen_containers, print_containers, print_trades

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cli.questions import Request
    from cli.render.messages import Messages
    from cli.results.results import Entry, ResultsTree
    from cli.results.trace import Extent

_MOST_REPORTED = 20


def inspect_results(request: Request) -> int:
    """Prints what was asked for; returns the exit code."""
    return answered(partial(_inspect, request))


def _inspect(request: Request, messages: Messages) -> int:
    try:
        refuse_contradictions(request)
        inspection = _followed(request, messages) if request.follow else _opened(request, messages)
        inspection.answer()
    except DamagedFileError as error:
        messages.error(str(error))
        return FAILED
    return inspection.report()


def _opened(request: Request, messages: Messages) -> Inspection:
    return Inspection(request, open_results(request.results), messages)


def _followed(request: Request, messages: Messages) -> Inspection:
    from cli.following import follow_run, why_dead  # noqa: PLC0415 - only this looks at processes

    tree = follow_run(request.results, request.container_id, messages, as_json=request.table.form == "json")
    return Inspection(request, tree, messages, why_dead(tree))


class Inspection:
    """One question to one results tree. Damage is collected while answering, and reported at the end."""

    def __init__(self, request: Request, tree: ResultsTree, messages: Messages, fault: str | None = None) -> None:
        self._request = request
        self._tree = tree
        self._messages = messages
        self._terminal = Terminal()
        self._damage = [str(damage) for damage in (tree.damage, fault) if damage is not None]

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
        elif request.orphans or request.by_day:
            self._findings(id_)
        elif request.follow and request.table.form == "json":
            return  # all has been told
        elif id_ is None:
            self._table()
        elif request.events:
            self._events(id_)
        elif request.trades:
            self._trades(id_)
        elif request.table.form == "json":
            self._terminal.print_list([self._tree.whole_result(id_)[1].strip()])
        else:
            self._container(id_)

    def _trades(self, id_: str) -> None:
        request, closed = self._request, ClosedTrades(self._tree, id_)
        self._say_extent(id_, closed.extent)
        fault = print_trades(closed, id_, request.table, Ends(request.head, request.tail), self._terminal)
        self._damage += [fault] if fault else []

    def _say_extent(self, id_: str, extent: Extent | None) -> None:
        if extent is not None:
            self._messages.warn(f"{id_}: {extent}")

    def _findings(self, id_: str | None) -> None:
        form = self._request.table.form
        if id_ is not None and self._request.by_day:
            self._say_extent(id_, trace_of(self._tree, id_).extent)
            self._damage += print_days(self._tree, id_, form, self._terminal)
        else:
            self._damage += print_orphans(self._tree, id_, form, self._terminal, self._messages)

    def report(self) -> int:
        """Reports the damage found; returns the exit code."""
        self._say(self._damage)
        return FAILED if self._damage else OK

    def _table(self) -> None:
        table = self._request.table
        if table == Table(form="json"):
            self._terminal.print_list(self._texts(self._tree.types))
            return
        entries = list(self._tree.entries())
        self._damage += [str(entry.damage) for entry in entries if entry.damage]
        if table.form == "json" and table.columns is None:
            chosen = chosen_containers(entries, table.arrangement)
            self._terminal.print_list(self._texts(entry.id for entry in chosen if not entry.damage))
            return
        shown = print_containers(self._tree, entries, table, self._terminal)
        if table.form == "text":
            self._say(_failures(shown))
            if self._tree.unfinished and not self._request.follow:
                from cli.following import why_dead  # noqa: PLC0415 - only this looks at processes

                self._say([fault for fault in [why_dead(self._tree)] if fault])

    def _texts(self, ids: Iterable[str]) -> Iterator[str]:
        for id_ in ids:
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
        curve = None
        if result.type == "portfolio":
            room = containers.room_for_curve(self._terminal.width)
            marks = thinned(equity_of(self._tree, id_), room)
            curve = sparkline(marks, room) if marks else None
        extent = trace_of(self._tree, id_).extent
        self._terminal.print(containers.container(result, files, curve, hint or (extent and f"{id_}: {extent}")))

    def _events(self, id_: str) -> None:
        request, trace = self._request, opened_trace(self._tree, id_)
        self._say_extent(id_, trace.extent)
        selection = Selection(head=request.head, tail=request.tail)
        if request.types or request.table.form != "json":
            found = overview(trace)
            selection = Selection(types_meant(request.types, found, id_), request.head, request.tail)
        chosen = selection.of(trace)
        if request.table.form == "json":
            self._terminal.print_list(msgspec.json.encode(event).decode() for event in chosen)
        elif request.table.form == "csv":
            names = found.names(selection.types)
            print_csv(names, ([_flat(event.get(name)) for name in names] for event in chosen))
        else:
            self._terminal.print(events.counts(found))
            self._terminal.print(events.listed(chosen, found, self._terminal.width))
        self._damage += [trace.fault] if trace.fault else []

    def _trade(self, id_: str | None, correlation_id: str) -> None:
        found = find_trade(self._tree, id_, correlation_id)
        self._say_extent(found.container_id, trace_of(self._tree, found.container_id).extent)
        self._damage += found.faults
        if self._request.table.form == "json":
            self._terminal.print_value(msgspec.json.format(msgspec.json.encode(found.as_data()), indent=2).decode())
        else:
            self._terminal.print(trade.life(found, self._terminal.width))

    def _say(self, lines: list[str]) -> None:
        for line in lines[:_MOST_REPORTED]:
            self._messages.error(line)
        if len(lines) > _MOST_REPORTED:
            self._messages.error(f"... and {len(lines) - _MOST_REPORTED} more")


def _flat(value: object) -> object:
    """A field of an event as one cell: what has parts, such as the values of FEATURES, as JSON."""
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else value


def _failures(entries: list[Entry]) -> list[str]:
    failed = ((entry.id, entry.summary) for entry in entries if entry.summary and entry.summary.error)
    return [f"{id_} {summary.status}: {summary.error}" for id_, summary in failed]
