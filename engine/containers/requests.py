"""Requests: what a portfolio asks of its execution container once it has decided (phase ORDER; rule E2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.agenda import Phase
from engine.order_terms import MARKET
from engine.strategies.decision import Decision
from engine.trading.acceptance import exits_fault
from engine.trading.orders import BEING_LEFT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.containers.desk import Desk
    from engine.containers.entry_size import EntrySize
    from engine.containers.holding import Holding
    from engine.containers.ledger import Ledger
    from engine.containers.outlet import Outlet
    from engine.containers.pricing import Pricing
    from engine.containers.protection import Protection
    from engine.containers.request_events import RequestEvents
    from engine.market.timeline import Clock
    from engine.order_terms import OrderTerms
    from engine.trading.order_forms import AnyOrderForm, ExitForm
    from engine.trading.positions import Trade

NO_QUANTITY = float("nan")
"""What is asked for where the exits of the config cannot be measured yet: the order is rejected."""


FLAT = Decision("flat")
"""What is decided where risk rules have decided."""


class Requests:
    """Turns what is wanted of each symbol into orders, sized and priced at the decision's close."""

    def __init__(
        self,
        outlet: Outlet,
        clock: Clock,
        ledger: Ledger,
        desk: Desk,
        *,
        events: RequestEvents,
        pricing: Pricing,
        protection: Protection,
        size: EntrySize,
        entry: AnyOrderForm,
        exit_: ExitForm,
        holdings: Sequence[Holding],
        end: Callable[[str], None],
    ) -> None:
        self._outlet = outlet
        self._clock = clock
        self._ledger = ledger
        self._desk = desk
        self._events = events
        self._pricing = pricing
        self._protection = protection
        self._size = size
        self._entry = entry
        self._exit = exit_
        self._holdings = holdings
        self._end = end
        self._left_at: dict[int, int] = {}
        self._due: list[int] = []

    def request(self, feed_number: int) -> None:
        """Has the ORDER phase of this step ask for what the last signal on a symbol wants."""
        if not self._due:
            self._outlet.then(Phase.ORDER, self._act)
        self._due.append(feed_number)

    def _act(self, _: object) -> None:
        """Asks for what the signals of the step want: first what reduces positions of any symbol, then what enters."""
        due, self._due = self._due, []
        entering = [each for each in due if self._reduce(each)]
        for feed_number in entering:
            holding = self._holdings[feed_number]
            self._enter(feed_number, holding.trade_id or "", holding.signal_id or "")
        for feed_number in due:
            self._holdings[feed_number].signal_id = None

    def _reduce(self, feed_number: int) -> bool:
        """Leaves what is not wanted any more of a symbol, or moves its exits; says whether there is something to enter.

        Trades that earlier signals of the step began end before they started.
        """
        holding, trade = self._holdings[feed_number], self._ledger.trades[feed_number]
        cause, begun = holding.signal_id or "", holding.begun
        holding.begun = []
        if trade is not None and trade.sign == holding.intent and not holding.closing:
            holding.trade_id = trade.trade_id
            self._move_exits(feed_number, trade, cause)
            enters = holding.decision.order is not None
        else:
            self._leave(feed_number, trade, cause)
            enters = bool(holding.intent) and holding.trade_id is not None
        for trade_id in begun:
            if trade_id != holding.trade_id or not holding.intent:
                self._end(trade_id)
        return enters

    def close_out(self, feed_number: int, trade: Trade, cause: str) -> None:
        """Asks for the exit of all that a trade still holds, at the market."""
        self._close(feed_number, trade, MARKET, cause)

    def leave_now(self, feed_number: int, cause: str) -> None:
        """Leaves what is held of a symbol at the market, whatever way out is under way or was decided in this step.

        A decision of this step to begin another trade stands.
        """
        trade, holding = self._ledger.trades[feed_number], self._holdings[feed_number]
        step = self._outlet.agenda.step
        if trade is not None and self._left_at.get(feed_number) != step:
            self._left_at[feed_number] = step
            entries = [order for order in self._desk.entries(feed_number) if order.correlation_id == trade.trade_id]
            self._desk.cancel(entries, BEING_LEFT, cause)
            self.close_out(feed_number, trade, cause)
            if not holding.intent or holding.trade_id == trade.trade_id:
                holding.intent, holding.decision = 0, FLAT

    def withdraw(self, feed_number: int, reason: str, cause: str) -> None:
        """Takes back the symbol's waiting entries; a trade that ends with them is not gone on with by a decision of this step."""
        entries, holding = self._desk.entries(feed_number), self._holdings[feed_number]
        self._desk.cancel(entries, reason, cause)
        held = self._ledger.trades[feed_number]
        is_new = held is None or held.trade_id != holding.trade_id
        if is_new and any(order.correlation_id == holding.trade_id for order in entries):
            holding.intent, holding.decision = 0, FLAT

    def ask_for_unknown(self, symbol: str, sign: int, trade_id: str, cause: str) -> None:
        """Asks for an order in a symbol that the lane has no data for: the execution container says so."""
        self._events.publish(symbol, sign, 0.0, MARKET, trade_id=trade_id, cause=cause)

    def _move_exits(self, feed_number: int, trade: Trade, cause: str) -> None:
        """Protects what is held by the exits that a decision for the direction held names, if it does."""
        holding = self._holdings[feed_number]
        if holding.decision.exits is not None:
            self._protection.move(feed_number, trade, holding.decision.exits, cause)

    def _leave(self, feed_number: int, trade: Trade | None, cause: str) -> None:
        holding = self._holdings[feed_number]
        wanted = holding.trade_id if holding.intent else None
        entries = [order for order in self._desk.entries(feed_number) if order.correlation_id != wanted]
        self._desk.cancel(entries, "the signal changed before it was filled")
        if trade is None:
            return
        asked = holding.decision.order if not holding.intent else None
        if asked is not None:
            terms = self._pricing.of_decision(asked, feed_number, -trade.sign)
            self._close(feed_number, trade, terms, cause)
        elif not holding.closing:
            form = self._exit.on_signal
            terms = self._pricing.of_form(form, feed_number, -trade.sign)
            self._close(feed_number, trade, terms, cause, self._pricing.unknown_of_form(form, feed_number))

    def _close(self, feed_number: int, trade: Trade, terms: OrderTerms, cause: str, unknown: str = "") -> None:
        """Asks for an exit, in place of the one that may be on its way."""
        self._holdings[feed_number].closing = True
        old = next((order for order in self._desk.exits(trade.trade_id) if order.request.oco is None), None)
        self._events.publish(
            self._clock.feeds[feed_number].symbol,
            -trade.sign,
            abs(trade.quantity) if terms.quantity is None else terms.quantity,
            terms,
            trade_id=trade.trade_id,
            cause=cause,
            replaces=None if old is None else old.order_id,
            unknown=unknown,
        )

    def _enter(self, feed_number: int, trade_id: str, cause: str) -> None:
        """Asks for an entry, in place of one of the same trade that still works, and has it protected by its own exits.

        One that works on because what would replace it was rejected keeps its own.
        """
        holding, trade = self._holdings[feed_number], self._ledger.trades[feed_number]
        decision, sign = holding.decision, holding.intent
        former, waiting = holding.exits, self._waiting(feed_number, trade_id)
        if trade is None or trade.trade_id != trade_id:
            holding.exits = decision.exits
        if decision.otherwise is None:
            self._ask_to_enter(feed_number, sign, decision.order, trade_id=trade_id, cause=cause)
        else:
            oco = f"{trade_id}/entry"
            self._ask_to_enter(feed_number, sign, decision.order, trade_id=trade_id, cause=cause, oco=oco)
            self._ask_to_enter(feed_number, -sign, decision.otherwise, trade_id=trade_id, cause=cause, oco=oco)

        def see_whether_replaced(_: object) -> None:
            if self._waiting(feed_number, trade_id) == waiting:
                holding.exits = former

        if waiting and holding.exits != former:
            self._outlet.then(Phase.ORDER, see_whether_replaced)

    def _waiting(self, feed_number: int, trade_id: str) -> list[str]:
        """The ids of the working entries of a trade."""
        return [order.order_id for order in self._desk.entries(feed_number) if order.correlation_id == trade_id]

    def _ask_to_enter(
        self,
        feed_number: int,
        sign: int,
        asked: OrderTerms | None,
        *,
        trade_id: str,
        cause: str,
        oco: str | None = None,
    ) -> None:
        pricing = self._pricing
        if asked is None:
            terms, unknown = (
                pricing.of_form(self._entry, feed_number, sign),
                pricing.unknown_of_form(self._entry, feed_number),
            )
        else:
            terms, unknown = pricing.of_decision(asked, feed_number, sign), ""
        units, unsized = self._units(feed_number, sign, terms)
        working = (order for order in self._desk.entries(feed_number) if order.correlation_id == trade_id)
        old = next((order for order in working if order.sign == sign), None)
        self._events.publish(
            self._clock.feeds[feed_number].symbol,
            sign,
            units,
            terms,
            trade_id=trade_id,
            cause=cause,
            oco=oco,
            replaces=None if old is None else old.order_id,
            unknown=unsized or unknown,
        )

    def _units(self, feed_number: int, sign: int, terms: OrderTerms) -> tuple[float, str]:
        """The units of an entry, and what is not known where there are none."""
        index = self._clock.index_at(self._outlet.agenda.step)
        if self._clock.rows[feed_number].item(index) < 0:
            return NO_QUANTITY, f"there is no bar of {self._clock.feeds[feed_number].symbol} yet"
        exits = self._holdings[feed_number].exits
        unknown = self._protection.unknown(feed_number)
        if exits is not None:
            unknown = exits_fault(exits, self._pricing.close(feed_number))
        if unknown:
            return NO_QUANTITY, unknown
        if terms.quantity is not None:
            return terms.quantity, ""
        strength = self._holdings[feed_number].decision.strength
        return self._size.units(feed_number, index, "buy" if sign > 0 else "sell", strength)
