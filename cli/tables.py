"""The tables of `admf inspect`: containers and trades, arranged as asked, as text, JSON or CSV."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from cli.render import containers, trades
from cli.render.separated import print_csv
from cli.results.arrangement import Arrangement, named_columns
from cli.results.container_rows import container_names, container_row
from cli.results.trades import NUMBERS, TEXTS, TRADE_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.render.terminal import Terminal
    from cli.results.arrangement import Value
    from cli.results.results import Entry, ResultsTree
    from cli.results.trades import ClosedTrades


@dataclass(frozen=True, slots=True)
class Table:
    """How a table was asked for: which rows in which order, which columns (None: the usual), as text, json or csv."""

    arrangement: Arrangement = field(default_factory=Arrangement)
    columns: str | None = None
    form: str = "text"

    @property
    def choosing(self) -> list[str]:
        """The options that were given and need a table."""
        chosen = self.arrangement
        given = {
            "--where": chosen.where is not None,
            "--sort": chosen.sort is not None,
            "--reverse": chosen.reverse,
            "--top": chosen.top is not None,
            "--columns": self.columns is not None,
        }
        return [option for option, is_given in given.items() if is_given]


@dataclass(frozen=True, slots=True)
class Ends:
    """The first `head` and the last `tail` of some rows; all, if neither is given."""

    head: int | None
    tail: int | None

    def of(self, rows: Sequence[dict[str, Value]]) -> list[dict[str, Value]]:
        """Those rows, none twice."""
        if self.head is None and self.tail is None:
            return list(rows)
        head = self.head or 0
        return [*rows[:head], *rows[max(head, len(rows) - (self.tail or 0)) :]]


def chosen_containers(entries: Sequence[Entry], arrangement: Arrangement) -> list[Entry]:
    """The containers that are asked for, in order.

    Raises:
        RefusedError: for a condition or a name that is not understood.
    """
    rows = [(entry, container_row(entry)) for entry in entries]
    return arrangement.of(rows, container_names(row for _, row in rows))


def print_containers(tree: ResultsTree, entries: Sequence[Entry], table: Table, terminal: Terminal) -> list[Entry]:
    """Prints the containers that are asked for; returns them.

    Raises:
        RefusedError: for a condition or a name that is not understood.
    """
    rows = {entry.id: container_row(entry) for entry in entries}
    names = container_names(rows.values())
    columns = named_columns(table.columns, names)
    shown = table.arrangement.of(((entry, rows[entry.id]) for entry in entries), names)
    if table.form == "csv":
        heads = columns or [(name, name) for name in names.sorts]
        if not any(name == "id" for _, name in heads):
            heads = [("id", "id"), *heads]
        print_csv([head for head, _ in heads], ([rows[entry.id].get(name) for _, name in heads] for entry in shown))
    elif table.form == "json":
        terminal.print_list(
            msgspec.json.encode({head: rows[entry.id].get(name) for head, name in (("id", "id"), *columns)}).decode()
            for entry in shown
        )
    else:
        terminal.print([containers.headline(tree, shown, terminal.width)])
        if shown:
            chosen = [(head, name, [rows[entry.id].get(name) for entry in shown]) for head, name in columns]
            terminal.print(containers.table(shown, terminal.width, chosen or None))
    return shown


def print_trades(closed: ClosedTrades, id_: str, table: Table, ends: Ends, terminal: Terminal) -> str | None:
    """Prints those of the closed trades of a portfolio that are asked for; returns what is damaged in them, if anything is.

    Raises:
        RefusedError: for a condition or a name that is not understood, or where no trades were written.
    """
    columns = [name for _, name in named_columns(table.columns, TRADE_NAMES)]
    rows = table.arrangement.of(((row, row) for row in closed), TRADE_NAMES)
    chosen = ends.of(rows)
    names = columns or [*TEXTS, *NUMBERS]
    if table.form == "csv":
        print_csv(names, ([row[name] for name in names] for row in chosen))
    elif table.form == "json":
        terminal.print_list(msgspec.json.encode({name: row[name] for name in names}).decode() for row in chosen)
    else:
        terminal.print(trades.headline(id_, len(chosen), len(rows)))
        terminal.print(trades.table(chosen, terminal.width, columns or None))
    return closed.fault
