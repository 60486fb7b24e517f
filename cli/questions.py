"""What `admf inspect` was asked, and the questions that contradict themselves: nothing that was typed is ever ignored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cli.results.refusal import RefusedError
from cli.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line.

    `types` choose among the events, `head` and `tail` among events and trades, `table` among containers and trades.
    `follow` waits for the end of the run.
    """

    results: Path
    container_id: str | None = None
    events: bool = False
    trades: bool = False
    trade: str | None = None
    by_day: bool = False
    orphans: bool = False
    types: tuple[str, ...] = ()
    head: int | None = None
    tail: int | None = None
    table: Table = field(default_factory=Table)
    follow: bool = False

    @property
    def questions(self) -> list[str]:
        """The options that ask for something else than the table or the whole of a container."""
        asked = {
            "--events": self.events,
            "--by-day": self.by_day,
            "--trades": self.trades,
            "--trade": self.trade is not None,
            "--orphans": self.orphans,
        }
        return [option for option, is_asked in asked.items() if is_asked]


def refuse_contradictions(request: Request) -> None:
    """Refuses options that do not go together.

    Raises:
        RefusedError: for the first of them.
    """
    for reason in (*_following(request), *_questions(request), *_choices(request), *_forms(request)):
        raise RefusedError(reason)


def _following(request: Request) -> Iterator[str]:
    if request.follow:
        for option in request.questions:
            yield f"--follow watches what containers come to: {option} reads files as they are"
        if request.table.form == "csv":
            yield "--follow shows lines and a table, or JSON lines: not CSV"
        if request.table.form == "json":
            for option in request.table.choosing:
                yield f"{option} arranges a table: --follow --json prints every change"


def _questions(request: Request) -> Iterator[str]:
    asked = request.questions
    if len(asked) > 1:
        yield f"{asked[0]} and {asked[1]} are two questions: ask one at a time"
    if request.container_id is None:
        for option in asked:
            if option not in {"--trade", "--orphans"}:
                yield f"{option} needs the id of a container: admf inspect RESULTS ID {option}"


def _choices(request: Request) -> Iterator[str]:
    if request.types and not request.events:
        yield "--type chooses among events: it needs --events"
    for option, given in {"--head": request.head, "--tail": request.tail}.items():
        if given is not None and not (request.events or request.trades):
            yield f"{option} chooses among events or trades: it needs --events or --trades"
    if not request.trades and (request.container_id is not None or request.questions):
        for option in request.table.choosing:
            yield f"{option} arranges a table: of all containers, or with --trades of the trades of one"


def _forms(request: Request) -> Iterator[str]:
    one = request.container_id is not None and not request.questions
    if request.table.form == "csv" and (one or request.trade is not None):
        yield "--csv prints tables: of all containers, or with --events, --by-day or --trades of one"
