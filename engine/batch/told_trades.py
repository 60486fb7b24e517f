"""The trades of a lane that is computed as columns, told as the events that they would have been (rules B2, E2).

The events are built by what builds them on the event path, from what its fills and turns say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.batch.speaker import Speaker
from engine.containers.answers import Answers
from engine.containers.position_events import position_close, position_open
from engine.containers.request_events import RequestEvents
from engine.containers.signal_events import signal
from engine.order_terms import MARKET
from engine.strategies.decision import TARGETS
from engine.trading.books import Books
from engine.trading.orders import Execution, new_order, signed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.batch.entries import Entries
    from engine.batch.fills import Filled
    from engine.containers.outlet import Voice
    from engine.events import Event, OrderRequest
    from engine.market.bars import Bars
    from engine.market.timeline import Integers
    from engine.trading.orders import WorkingOrder
    from engine.trading.positions import Trade

    Dispatch = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class LaneSources:
    """Who speaks in a lane: its portfolio, its execution container, and the strategy container that it may follow.

    `desk` stands in the ids of the execution's events; `strategy` is the name of what decides; `cause(row)` the id of the event
    behind a decision at a row.
    """

    portfolio: str
    execution: str
    desk: str
    strategy: str
    strategy_container: str | None
    cause: Callable[[int], str]


class ToldTrades:
    """Tells of the turns of one lane, row by row, and of the fills that follow on each.

    `dispatches` take the events of the portfolio and those of its execution. `moments`: the timestamp of each row, ns UTC.
    `cash` is what it begins with.
    """

    def __init__(
        self,
        sources: LaneSources,
        dispatches: tuple[Dispatch, Dispatch],
        bars: Bars,
        moments: Integers,
        *,
        entries: Entries,
        cash: float,
    ) -> None:
        self._sources = sources
        self._bars = bars
        self._moments = moments
        self._entries = entries
        self._books = Books(cash, 1)
        of_portfolio, of_execution = dispatches
        self._portfolio, self._desk = Speaker(sources.portfolio, of_portfolio), Speaker(sources.desk, of_execution)
        other = sources.strategy_container
        self._strategy = None if other is None else Speaker(other, of_portfolio)
        self._requests = RequestEvents(self._portfolio)
        self._answers = Answers(sources.execution, self._desk)
        self._working: list[WorkingOrder] = []
        self._orders = 0
        self._intent = 0
        self._trades_begun = 0
        self._trade_id = ""
        self._opened_by = ""

    def turn(self, row: int, target: int, fills: Sequence[Filled] = ()) -> None:
        """What is decided on the close of a row, what it asks for, and the fills of that in the next bar, if there is one."""
        self._move_to(row)
        is_new = target != self._intent
        if is_new and target:
            self._trades_begun += 1
            self._trade_id = f"{self._sources.portfolio}#{self._trades_begun}"
        cause = self._decide(row, target, self._trade_id if is_new or target else None)
        if is_new:
            self._intent = target
            self._order(row, target, cause, next((fill for fill in fills if fill.held), None))
            for fill in fills:
                self._fill(fill)

    def end(self, row: int, closing: Filled | None) -> None:
        """What comes after the last row: orders that still work expire; `closing` leaves what is held at the last close."""
        self._move_to(row)
        held = self._held
        for order in self._working:
            ends = held is None or held.trade_id != order.correlation_id
            event_id, reason = self._desk.identify("ORDER"), "the data ended"
            self._answers.publish_order(order, "expired", event_id, order.accepted_by, reason=reason, ends=ends)
        self._working = []
        if closing is not None and held is not None:
            self._take(self._ask(-held.sign, abs(held.quantity), held.trade_id, self._opened_by), "")
            self._fill(closing)

    @property
    def _held(self) -> Trade | None:
        return self._books.trades[0]

    def _move_to(self, row: int) -> None:
        now = self._moments.item(row)
        self._portfolio.now = self._desk.now = now
        if self._strategy is not None:
            self._strategy.now = now

    def _decide(self, row: int, target: int, trade_id: str | None) -> str:
        """The signal of the strategy container, if there is one, and that of the portfolio; returns the latter's id."""
        cause = self._sources.cause(row)
        if self._strategy is not None:
            cause = self._say_signal(self._strategy, target, None, cause)
        return self._say_signal(self._portfolio, target, trade_id, cause)

    def _say_signal(self, voice: Voice, target: int, trade_id: str | None, cause: str) -> str:
        event_id = voice.identify("SIGNAL")
        symbol, strategy = self._bars.symbol, self._sources.strategy
        voice.say(signal(voice, event_id, symbol, TARGETS[target], trade_id=trade_id, cause=cause, strategy=strategy))
        return event_id

    def _order(self, row: int, target: int, cause: str, entered: Filled | None) -> None:
        """Asks for the exit of what is held and for the entry that is wanted, then says what becomes of both."""
        held = self._held
        leaving, entering = None, None
        if held is not None:
            leaving = self._ask(-held.sign, abs(held.quantity), held.trade_id, cause)
        if target:
            units, unknown = self._units(row, target) if entered is None else (abs(entered.signed), "")
            entering = self._ask(target, units, self._trade_id, cause, unknown)
        if leaving is not None:
            self._take(leaving, "")
        if entering is not None:
            self._take(entering, self._refusal(row, entering) if entered is None else "")

    def _ask(self, sign: int, quantity: float, trade_id: str, cause: str, unknown: str = "") -> OrderRequest:
        symbol = self._bars.symbol
        return self._requests.publish(symbol, sign, quantity, MARKET, trade_id=trade_id, cause=cause, unknown=unknown)

    def _take(self, request: OrderRequest, reason: str) -> None:
        """Accepts a request, or rejects it for a reason: then the trade that it was to begin is not wanted any more."""
        self._orders += 1
        event_id = self._desk.identify("ORDER")
        order = new_order(self._desk.label, self._orders, request, event_id, 0)
        if reason:
            self._intent = 0
            self._answers.publish_order(order, "rejected", event_id, request.event_id, reason=reason, ends=True)
        else:
            self._working.append(order)
            self._answers.publish_order(order, "accepted", event_id, request.event_id)

    def _units(self, row: int, target: int) -> tuple[float, str]:
        return self._entries.sized(self._bars, row, long=target > 0, cash=self._books.cash, equity=self._equity(row))

    def _refusal(self, row: int, request: OrderRequest) -> str:
        units, close = signed(request.side, request.quantity), self._bars.close.item(row)
        return self._entries.refusal(units, close, self._equity(row), request.unknown)

    def _equity(self, row: int) -> float:
        return self._books.appraise([self._bars.close.item(row)])[0]

    def _fill(self, filled: Filled) -> None:
        """The next of the working orders is filled, which begins a trade or ends it."""
        self._move_to(filled.row)
        order = self._working.pop(0)
        execution = Execution(filled.price, filled.commission, filled.slippage)
        fill = self._answers.publish_fill(order, abs(filled.signed), execution, "taker")
        booked = self._books.book(filled.row, 0, fill, filled.signed)
        portfolio, trade = self._portfolio, booked.trade
        if booked.opened:
            self._opened_by = portfolio.identify("POSITION_OPEN")
            portfolio.say(position_open(portfolio.label, self._opened_by, fill, trade))
        else:
            event_id, bars_held = portfolio.identify("POSITION_CLOSE"), filled.row - trade.opened_bar
            portfolio.say(position_close(portfolio.label, event_id, fill, trade, bars_held))
