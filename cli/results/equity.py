"""The equity of a portfolio over time: from its equity file, or from the marks it traced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.results.trace import trace_of
from tracing.reading.reader import TraceReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.results.results import ResultsTree


def equity_of(tree: ResultsTree, id_: str) -> Iterator[float]:
    """Each mark that was written, in order, up to the first damage; nothing where none was, or only some were."""
    file = TraceReader(tree.root / id_, "equity")
    marks = file if file.found else _marks(tree, id_)
    for line in marks:
        value = line.get("equity")
        if isinstance(value, int | float):
            yield float(value)


def _marks(tree: ResultsTree, id_: str) -> Iterator[dict[str, object]]:
    trace = trace_of(tree, id_)
    if trace.extent is not None:
        return iter(())
    return (event for event in trace if event["type"] == "PORTFOLIO_UPDATE" and event.get("source") == id_)
