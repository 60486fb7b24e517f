"""Extracts: one line a trade and one line a mark, for portfolios whose config asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import msgspec

from engine.events import Event, PositionClose, PositionOpen
from tracing.record import Clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self, TypeVar

    import numpy as np
    import numpy.typing as npt

    from tracing.storage.disk import LineStream

    Made = TypeVar("Made")


_TOGETHER = 256
"""Marks written at a time: as many as a stream takes."""


class Row(msgspec.Struct, frozen=True, gc=False, tag_field="type"):
    """A line of an extract: typed and timestamped as events are, so that the same readers read it."""

    type: ClassVar[str] = ""
    timestamp: int


class TradeRow(Row, frozen=True, gc=False, tag="TRADE"):
    """A closed trade, stamped with its exit; profits in quote currency, prices averages over its fills."""

    type: ClassVar[str] = "TRADE"

    entered: str
    trade_id: str
    symbol: str
    side: Literal["long", "short"]
    quantity: float
    entry_price: float
    exit_price: float
    gross_pnl: float
    net_pnl: float
    bars_held: int
    duration_seconds: float


class EquityRow(Row, frozen=True, gc=False, tag="EQUITY"):
    """A portfolio's equity at a bar, in quote currency; a last line holds the final mark."""

    type: ClassVar[str] = "EQUITY"

    equity: float


class TradeExtract:
    """An observer that writes a line for each POSITION_CLOSE; what it remembers is one timestamp an open trade."""

    event_types = frozenset({PositionOpen.type, PositionClose.type})

    def __init__(self, stream: LineStream) -> None:
        self._stream = stream
        self._opened: dict[str, int] = {}

    def observe(self, event: Event) -> None:
        """Notes an entry, or writes the line of an exit."""
        if isinstance(event, PositionOpen):
            self._opened[event.correlation_id or ""] = event.timestamp
        elif isinstance(event, PositionClose):
            self._stream.add(self._row(event))

    def ended(self, correlation_id: str) -> None:
        """Forgets the trade."""
        self._opened.pop(correlation_id, None)

    def close(self) -> None:
        """Writes what still waits."""
        self._stream.close()

    def _row(self, event: PositionClose) -> TradeRow:
        return TradeRow(
            timestamp=event.timestamp,
            entered=Clock().text(self._opened[event.correlation_id or ""]),
            trade_id=event.correlation_id or "",
            symbol=event.symbol,
            side=event.side,
            quantity=event.quantity,
            entry_price=event.entry_price,
            exit_price=event.exit_price,
            gross_pnl=event.gross_pnl,
            net_pnl=event.net_pnl,
            bars_held=event.bars_held,
            duration_seconds=event.duration_seconds,
        )


class _Marks:
    """Consecutive marks as columns: their lines are made without any of them becoming a row."""

    event_class, type, names = EquityRow, EquityRow.type, ("equity",)
    start = 0

    def __init__(self, timestamps: list[int], equity: list[float]) -> None:
        self.timestamps = timestamps
        self.values = (equity,)
        self.end = len(timestamps)

    @property
    def columns(self) -> Self:
        """They are all of their columns."""
        return self

    def once(self, make: Callable[[Self], Made]) -> Made:
        """What `make` makes of them, who are asked once."""
        return make(self)


class EquityExtract:
    """Writes a line for each mark of a ledger whose bars stand at `timestamps` (int64, ns UTC)."""

    def __init__(self, stream: LineStream, timestamps: npt.NDArray[np.int64]) -> None:
        self._stream = stream
        self._timestamps = timestamps

    def marked(self, bar: int, equity: list[float]) -> None:
        """Takes the marks of consecutive bars from `bar` on."""
        for start in range(0, len(equity), _TOGETHER):
            some = equity[start : start + _TOGETHER]
            timestamps = self._timestamps[bar + start : bar + start + len(some)].tolist()
            self._stream.add_columns([_Marks(timestamps, some)])

    def close(self) -> None:
        """Writes what still waits."""
        self._stream.close()
