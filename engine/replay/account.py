"""The account once more: FILLs and BARs make positions, marks and statistics, and every event that states them is checked."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any

import msgspec

from engine.containers.marks import worth
from engine.containers.position_events import position_close, position_open
from engine.containers.root import RUN_START_ID
from engine.events import (
    Bar,
    Event,
    Fill,
    Order,
    OrderRequest,
    PortfolioUpdate,
    PositionClose,
    PositionOpen,
    RiskBreach,
)
from engine.metrics.days import day_numbers
from engine.metrics.observer import MetricsObserver
from engine.replay.benchmark import BenchmarkReplay
from engine.replay.difference import broken, shown, values_differ
from engine.replay.marks import Marks
from engine.replay.orders import OrderCheck
from engine.trading.books import Books
from engine.trading.orders import signed
from engine.trading.positions import CrossedFlatError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.metrics.equity import EquityCurve
    from engine.trading.accounts import Borrowing

    Fields = dict[str, Any]

_FIRST_MARK_OF_A_BAR = 2
_READ: dict[str, type[Event]] = {
    cls.type: cls for cls in (Bar, OrderRequest, Order, Fill, PositionOpen, PositionClose, PortfolioUpdate, RiskBreach)
}


class AccountReplay:
    """One portfolio from its beginning; `take` gets its events step by step.

    `symbols` in the order in which their values are added up; `zone` is that of its days; `benchmark` is the id of the
    data it is compared with, whose days end as `benchmark_zone` says, `borrowing` what its loans cost, if anything.
    """

    def __init__(
        self,
        container_id: str,
        cash: float,
        symbols: Sequence[str],
        zone: str,
        *,
        benchmark: str | None,
        benchmark_zone: str,
        borrowing: Borrowing | None,
    ) -> None:
        self.books = Books(cash, len(symbols))
        self.statistics = MetricsObserver(symbols)
        self._id = container_id
        self._numbers = {symbol: number for number, symbol in enumerate(symbols)}
        self._marks = Marks(cash, zone)
        self._borrowing = borrowing
        self._day_of = day_numbers(zone)
        self._day: int | None = None
        self.benchmark = (
            None
            if benchmark is None
            else BenchmarkReplay(benchmark, benchmark_zone, self._day_of, lambda: self._marks.days)
        )
        self._orders = OrderCheck()
        self._closes = [0.0] * len(symbols)
        self._closes_marked = list(self._closes)
        self._peak = cash
        self._bars = self._marked = 0
        self._is_begun = self._is_ended = False
        self._fresh: dict[int, Bar] = {}
        self._due: list[tuple[Event, int, str]] = []
        self._opened = self._closed = 0

    @property
    def unrealised_pnl(self) -> float:
        """Net profit of the open trades at the last mark."""
        return self.books.open_profit(self._closes_marked)

    @property
    def years(self) -> float:
        """The time from the first bar marked to the last."""
        return self._marks.years

    def curve(self) -> EquityCurve:
        """The equity, once every event has come."""
        curve = self._marks.settle()
        if self._is_ended:
            curve.final_mark(self.books.appraise(self._closes)[0])
        return curve

    def take(self, timestamp: int, step: Sequence[Fields]) -> None:
        """Takes all events of a moment (ns UTC).

        Raises:
            DifferenceFoundError: at the first that does not follow from those before it.
        """
        self.check_complete()
        events = [(fields["seq"], _event(fields, timestamp)) for fields in step if fields["type"] in _READ]
        bars = ((seq, event) for seq, event in events if isinstance(event, Bar) and not self._only_compares(event))
        self._fresh = {self._number(seq, event): event for seq, event in bars}
        if self._fresh and not self._bars and self.benchmark is not None:
            self.benchmark.begin(timestamp)
        self._bars += bool(self._fresh)
        if self._fresh and self._borrowing is not None:
            self._pay_for_loans(self._borrowing, self._day_of(timestamp))
        for seq, event in events:
            self._take(seq, event)

    def _pay_for_loans(self, borrowing: Borrowing, today: int) -> None:
        """Before the first bar of a day, at the closes of the bars before it."""
        if self._day is not None and today != self._day and self.books.open_positions:
            self.books.pay_for_loans(borrowing, self._closes, today - self._day)
        self._day = today

    def check_complete(self) -> None:
        """Checks that every fill so far was followed by what it makes; of a lane that failed it need not be.

        Raises:
            DifferenceFoundError: if it was not.
        """
        if self._due:
            event, seq, cause = self._due[0]
            raise broken(seq, event.event_id, f"is missing: seq {seq} {cause} makes it")

    def _take(self, seq: int, event: Event) -> None:
        match event:
            case Bar():
                self._bar(event)
            case OrderRequest():
                self._orders.on_request(event)
            case Order():
                self._orders.on_order(seq, event)
                self.statistics.observe(event)
            case Fill():
                self._fill(seq, event)
            case PositionOpen() | PositionClose():
                self._position(seq, event)
            case PortfolioUpdate():
                self._mark(seq, event)
            case RiskBreach():
                self.statistics.book.on_breach()

    def _only_compares(self, bar: Bar) -> bool:
        """Whether a bar is of the benchmark, and of no symbol that the portfolio trades."""
        return self.benchmark is not None and bar.source == self.benchmark.name and bar.symbol not in self._numbers

    def _bar(self, bar: Bar) -> None:
        if self.benchmark is not None and bar.source == self.benchmark.name:
            self.benchmark.take(bar)
        if bar.symbol in self._numbers:
            self._closes[self._numbers[bar.symbol]] = bar.close

    def _fill(self, seq: int, fill: Fill) -> None:
        number = self._number(seq, fill)
        self._orders.on_fill(seq, fill, self._fresh.get(number), self._closes[number])
        self.statistics.observe(fill)
        try:
            booked = self.books.book(self._bars - 1, number, fill, signed(fill.side, fill.quantity))
        except CrossedFlatError as error:
            raise broken(seq, fill.event_id, str(error)) from error
        if booked.opened:
            self._opened += 1
            event_id = f"{self._id}:POSITION_OPEN:{self._opened}"
            self._due.append((position_open(self._id, event_id, fill, booked.trade), seq, fill.event_id))
        if booked.closed:
            self._closed += 1
            event_id = f"{self._id}:POSITION_CLOSE:{self._closed}"
            bars_held = self._bars - 1 - booked.trade.opened_bar
            closed = position_close(self._id, event_id, fill, booked.trade, bars_held)
            self._due.append((closed, seq, fill.event_id))

    def _position(self, seq: int, event: PositionOpen | PositionClose) -> None:
        if not self._due:
            raise broken(seq, event.event_id, "no FILL makes it")
        due, _, cause = self._due.pop(0)
        if type(event) is not type(due):
            raise broken(seq, due.event_id, f"is missing: seq {seq} {event.event_id} stands in its place")
        _check(seq, event, due, (cause,))
        self.statistics.observe(event)

    def _mark(self, seq: int, event: PortfolioUpdate) -> None:
        if not self._is_begun:
            self._is_begun = True
            _check(seq, event, self._expected(event, 1, RUN_START_ID), ())
            return
        fresh = [self._fresh[number].event_id for number in sorted(self._fresh)]
        self._is_ended = self._marked == self._bars
        ordinal = self._marked + _FIRST_MARK_OF_A_BAR
        cause = fresh[-1] if fresh else ""
        _check(seq, event, self._expected(event, ordinal, cause), tuple(fresh))
        self._peak = max(self._peak, event.equity)
        if not self._is_ended:
            if self.benchmark is not None:
                self.benchmark.mark()
            self._marks.add(event.timestamp, event.equity, in_market=self.books.open_positions > 0)
            self._marked += 1
            self._closes_marked = list(self._closes)

    def _expected(self, event: PortfolioUpdate, ordinal: int, cause: str) -> PortfolioUpdate:
        event_id = f"{self._id}:PORTFOLIO_UPDATE:{ordinal}"
        mark = worth(self.books, self._closes, self._peak)
        return PortfolioUpdate(event.timestamp, self._id, event_id, None, cause, *mark)

    def _number(self, seq: int, event: Bar | Fill) -> int:
        number = self._numbers.get(event.symbol)
        if number is None:
            raise broken(seq, event.event_id, f"symbol {event.symbol!r} is none of the portfolio's")
        return number


def _event(fields: Fields, timestamp: int) -> Event:
    cls = _READ[fields["type"]]
    given = {**fields, "timestamp": timestamp}
    if cls in (Order, OrderRequest) and fields.get("quantity", 0.0) is None:
        given["quantity"] = nan  # a size that was not known: JSON has no word for it
    try:
        return msgspec.convert(given, cls)
    except msgspec.ValidationError as error:
        raise broken(fields["seq"], fields["event_id"], f"is no {cls.type} ({error})") from error


def _check(seq: int, recorded: Event, recomputed: Event, because: tuple[str, ...]) -> None:
    """Compares two events of one type as bytes: a field that is not the same to the last bit differs."""
    if msgspec.json.encode(recorded) == msgspec.json.encode(recomputed):
        return
    for name in recorded.__struct_fields__:
        pair = getattr(recorded, name), getattr(recomputed, name)
        if shown(pair[0]) != shown(pair[1]):
            raise values_differ((seq, recorded.event_id), name, pair, *because)
