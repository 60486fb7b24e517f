"""`admf diff`, step by step: open both results, compare container by container, print what differs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from cli.answering import answered
from cli.exits import FAILED, OK
from cli.render import differences
from cli.render.terminal import Terminal
from cli.results.comparison import Comparison, compared
from cli.results.json_file import DamagedFileError
from cli.results.opening import open_results

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.render.messages import Messages
    from cli.results.results import ResultsTree


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line."""

    a: Path
    b: Path
    as_json: bool


def compare_results(request: Request) -> int:
    """Prints what differs; returns the exit code."""
    return answered(partial(_compare, request))


def _compare(request: Request, messages: Messages) -> int:
    trees = open_results(request.a), open_results(request.b)
    found = list(_comparisons(*trees))
    _print(request, found)
    damage = [*(str(tree.damage) for tree in trees if tree.damage), *(line for each in found for line in each.damage)]
    for line in damage:
        messages.error(line)
    return FAILED if damage or any(each.differs for each in found) else OK


def _comparisons(a: ResultsTree, b: ResultsTree) -> Iterator[Comparison]:
    """One for each container of either, in the order of A; what B has beyond that comes last."""
    for id_ in {**a.types, **b.types}:
        if id_ not in b.types or id_ not in a.types:
            yield Comparison(id_, only_in="A" if id_ in a.types else "B")
            continue
        written = a.has_results(id_), b.has_results(id_)
        if not all(written):
            here = "neither A nor B" if not any(written) else f"{'B' if written[0] else 'A'}, which has not finished,"
            yield Comparison(id_, note=f"{here} has results of it yet")
            continue
        try:
            yield compared(a, b, id_)
        except DamagedFileError as error:
            yield Comparison(id_, damage=(str(error),))


def _print(request: Request, found: list[Comparison]) -> None:
    terminal = Terminal()
    if request.as_json:
        answer = {
            "a": str(request.a),
            "b": str(request.b),
            "containers": len(found),
            "differing": [each for each in found if each.differs],
            "not_compared": {each.container_id: each.note for each in found if each.note},
        }
        terminal.print_value(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())
    else:
        terminal.print(differences.listed(found, terminal.width))
