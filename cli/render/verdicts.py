"""What came of a replay, one line a container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.render.columns import GAP, NOTHING, Column, laid_out
from cli.render.figures import number
from cli.render.hanging import hung
from cli.render.safe_text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.text import Text

    from engine.replay.replay import Verdict

_STYLES = {"replayed": "green", "differs": "red", "damaged": "red", "skipped": "dim"}


def table(verdicts: Sequence[Verdict], width: int | None) -> Iterator[Text]:
    """Container, outcome, events, and what there is to say of it, below itself where it is long."""
    columns = [
        Column("container", [visible(verdict.container_id) for verdict in verdicts], 3, right=False),
        Column("outcome", [verdict.outcome for verdict in verdicts], 2, right=False),
        Column("events", [number(verdict.events) if verdict.events else NOTHING for verdict in verdicts], 1),
    ]
    remarks = ["remark", *(visible(_remark(verdict)) for verdict in verdicts)]
    for line, remark in zip(laid_out(columns, width, _STYLES), remarks, strict=True):
        yield from hung(line.append(" " * GAP), remark, width)


def _remark(verdict: Verdict) -> str:
    if verdict.outcome == "replayed":
        return "every metric has the same bytes"
    return str(verdict.difference or verdict.reason)
