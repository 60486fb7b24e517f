"""The closed trades of a container: from its trades file, or from the events it traced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.results.arrangement import Names
from cli.results.json_file import DamagedFileError
from cli.results.opening import IMPLIED
from cli.results.refusal import RefusedError
from cli.results.trace import trace_of
from tracing.reading.reader import TraceReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.results.arrangement import Value
    from cli.results.results import ResultsTree

TEXTS = ("trade_id", "symbol", "side", "entered", "exited")
NUMBERS = (
    "quantity",
    "entry_price",
    "exit_price",
    "gross_pnl",
    "net_pnl",
    "bars_held",
    "duration_seconds",
)
TRADE_NAMES = Names(
    {**dict.fromkeys(TEXTS, "text"), **dict.fromkeys(NUMBERS, "number")},
    {"trade": "trade_id", "net": "net_pnl", "net_profit": "net_pnl", "bars": "bars_held"},
)


class ClosedTrades:
    """Iterates over the closed trades of a container as rows, in the order of their exits.

    After an iteration to the end `fault` says why there may be more, None if nothing is damaged; `extent` says it where only
    some of their events were kept.

    Raises:
        RefusedError: if neither trades nor their POSITION_CLOSE events were written; it says what would write them.
    """

    def __init__(self, tree: ResultsTree, id_: str) -> None:
        self.fault: str | None = None
        self._file = TraceReader(tree.root / id_, "trades")
        self._trace = trace_of(tree, id_)
        self.extent = None if self._file.found else self._trace.extent
        if not self._file.found and not self._trace.found:
            raise RefusedError(_why_none(tree, id_))

    def __iter__(self) -> Iterator[dict[str, Value]]:
        if self._file.found:
            for line in self._file:
                yield _row(line, line.get("entered"), line.get("trade_id"))
            self.fault = None if self._file.damage is None else str(self._file.damage)
            return
        opened: dict[str, str] = {}
        for event in self._trace:
            trade = event["correlation_id"] or ""
            if event["type"] == "POSITION_OPEN":
                opened[trade] = event["timestamp"]
            elif event["type"] == "POSITION_CLOSE":
                yield _row(event, opened.pop(trade, None), trade)
        self.fault = self._trace.fault


def _row(line: dict[str, Any], entered: object, trade: object) -> dict[str, Value]:
    named: dict[str, Value] = {"trade_id": str(trade), "symbol": str(line.get("symbol")), "side": str(line.get("side"))}
    named |= {"entered": str(entered) if entered else None, "exited": str(line["timestamp"])}
    figures = ((name, line.get(name)) for name in NUMBERS)
    return named | {name: value if isinstance(value, int | float) else None for name, value in figures}


def _why_none(tree: ResultsTree, id_: str) -> str:
    try:
        result = tree.result(id_)
    except DamagedFileError:
        result = None
    if id_ in IMPLIED or (result is not None and result.type != "portfolio"):
        return f"{id_} is no portfolio: only portfolios have trades"
    return f"{id_}: its trades were not written; to have them written, set in the config: `results: {{trades: true}}`"
