"""The MATCH phase of one lane: its working orders against the bars of a step (rules L1, X1 to X7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.agenda import Phase
from engine.trading.deals import Deal, MonthlyNotional
from engine.trading.lifetime import Lifetime
from engine.trading.matching import BarPrices, Moment, is_beyond
from engine.trading.orders import BEING_LEFT, STOPS, Execution, execute
from engine.trading.outlook import next_row
from engine.trading.price_path import UNLIMITED, PricePath
from engine.trading.trailing import ratchet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.agenda import Action
    from engine.containers.answers import Answers
    from engine.containers.outlet import Outlet
    from engine.events import Liquidity, OrderStatus
    from engine.market.timeline import Clock
    from engine.trading.costs import Terms
    from engine.trading.order_book import OrderBook
    from engine.trading.orders import WorkingOrder
    from engine.trading.price_path import Meeting


class Matching:
    """Wakes its lane at the bars that may reach an order, and fills one order at a time.

    Between two fills the portfolio has its say: what it makes of the first (a trade that closes, the exits of one that opens)
    comes before the second. `ask_again(entries)` asks for entries that were held back by an exit which did not come (rule P2).
    """

    def __init__(
        self,
        outlet: Outlet,
        clock: Clock,
        terms: Terms,
        *,
        book: OrderBook,
        answers: Answers,
        day_of: Callable[[int], int],
        ask_again: Callable[[list[WorkingOrder]], None],
    ) -> None:
        self._outlet = outlet
        self._clock = clock
        self._terms = terms
        self._book = book
        self._answers = answers
        self._traded = MonthlyNotional()
        self._lifetimes = [Lifetime(day_of, feed.bars.lasting) for feed in clock.feeds]
        self._awaited: set[int] = set()
        self._paths: dict[int, PricePath] = {}
        self._ahead: dict[int, Meeting] = {}
        self._moved: list[int] = []
        self._ask_again = ask_again
        self._in_doubt: list[WorkingOrder] = []
        self._missing: list[WorkingOrder] = []
        self._moment, self._mover = Moment.OPEN, -1
        self._step = -1
        self.partial_fills = 0

    def admit(self, order: WorkingOrder, replaced: WorkingOrder | None) -> None:
        """Puts an accepted order to work: it meets the bar under way if that stands at its open, else the next.

        A stop that replaces another goes on in its place: adding to a position leaves no bar without a stop.
        """
        path, feed = self._path_under_way(order.number), self._clock.feeds[order.number]
        if path is None:
            row = feed.next_row(self._outlet.agenda.step)
            order.first_row = order.ratcheted = len(feed.steps) if row is None else row
            self._await(order)
            return
        order.first_row, order.ratcheted = path.first_row, path.row
        if replaced is not None and order.kind in STOPS and replaced.kind in STOPS:
            order.first_row = min(order.first_row, replaced.first_row)
            path.take_over(order, replaced)
        if order.first_row == path.row:
            self._lifetimes[order.number].begin(order, self._outlet.now)
        elif path.moment is Moment.INSIDE and is_beyond(order, path.bar.close):
            self._book.note_overdue(order)

    def stop_of(self, order: WorkingOrder) -> float:
        """Where an order's stop stands after the last close that is known: in MATCH that of the bar under way is not."""
        row = self._clock.rows[order.number].item(self._clock.index_at(self._outlet.agenda.step))
        known = row if self._path_under_way(order.number) is not None else row + 1
        ratchet(order, self._clock.feeds[order.number].bars.close, known)
        return order.stop

    def end(self, order: WorkingOrder, status: OrderStatus, reason: str, cause: str | None = None) -> None:
        """Takes an order out of the book and says so. If nothing of its trade is left, the trade ends with it."""
        self._take_out(order)
        self.say(order, status, reason, cause or order.accepted_by, ends=not self._book.knows(order.correlation_id))
        self.note_gone(order)

    def note_gone(self, order: WorkingOrder) -> None:
        """Notes that an order has ended unfilled: the entries that it held back are asked for again, once that is known."""
        waiting = self._book.waiting_for(order)
        if waiting and self._outlet.agenda.phase < Phase.END:
            if not self._in_doubt:
                self._outlet.then(self._outlet.agenda.phase, self._settle_doubts)
            self._in_doubt += waiting

    def _settle_doubts(self, _: object) -> None:
        in_doubt, self._in_doubt = self._in_doubt, []
        self._ask_again([order for order in self._book.orders if order in in_doubt])

    def _take_out(self, order: WorkingOrder) -> None:
        """Takes an order out of the book; what its symbol's bar does next is seen without it."""
        self._book.orders.remove(order)
        if order.number in self._ahead and self._ahead[order.number].order is order:
            del self._ahead[order.number]
            self._moved.append(order.number)

    def say(self, order: WorkingOrder, status: OrderStatus, reason: str, cause: str, *, ends: bool = False) -> str:
        """Says what became of an order; `ends` if its trade ends with it. Returns the event's id."""
        event_id = self._outlet.identify("ORDER")
        self._answers.publish_order(order, status, event_id, cause, reason=reason, ends=ends)
        return event_id

    def fill_at_last_close(self, _: object = None) -> None:
        """Fills what works at each symbol's last close, one after the other; no cap of volume holds there."""
        if self._book.orders:
            order = self._book.orders[0]
            row = self._clock.rows[order.number].item(-1)
            self._fill(order, row, order.left, self._clock.closes[order.number].item(-1))
            self._after_answers(Phase.END, self.fill_at_last_close)

    def _path_under_way(self, number: int) -> PricePath | None:
        agenda = self._outlet.agenda
        return self._paths.get(number) if self._step == agenda.step and agenda.phase == Phase.MATCH else None

    def _await(self, order: WorkingOrder) -> None:
        feed = self._clock.feeds[order.number]
        bars = feed.bars
        row = next_row(order, bars.high, bars.low, bars.close)
        if order.request.good_till is not None and order.request.time_in_force == "gtd":
            last = int(bars.timestamps.searchsorted(order.request.good_till - bars.lasting, "right"))
            over = max(order.first_row, last)
            row = over if row is None else min(row, over)
        if row is None or row >= len(feed.steps):
            return
        step = feed.steps.item(row)
        if step not in self._awaited:
            self._awaited.add(step)
            self._outlet.wake(step, Phase.MATCH, self._match)

    def _match(self, _: object) -> None:
        """Does the next thing that this step's bars do to an order, and comes back once that is handled.

        What a fill brings about concerns its own symbol, and entries that it held back. What the others' bars do next is known
        already, with these entries: they are passed by while they are held back.
        """
        if self._step != self._outlet.agenda.step:
            self._begin()
            if self._in_doubt:
                self._after_answers(Phase.MATCH, self._match)
                return
        self._let_in()
        for number in self._moved:
            meeting = self._paths[number].next_meeting(self._book.may_fill(number))
            if meeting is not None:
                self._ahead[number] = meeting
        if not self._ahead:
            self._finish()
            return
        number = min(self._ahead, key=self._turn)
        meeting = self._ahead.pop(number)
        self._moved, self._moment, self._mover = [number], meeting.match.moment, number
        self._meet(self._paths[number], meeting)
        self._after_answers(Phase.MATCH, self._match)

    def _turn(self, number: int) -> tuple[Moment, bool, int]:
        """Symbols stand at their opens together, and at their closes: what reduces a position comes first there (rule L1)."""
        order, match, _ = self._ahead[number]
        return match.moment, match.moment is not Moment.INSIDE and not self._book.reduces(order), number

    def _begin(self) -> None:
        """Opens the bars of the step. Orders whose time has passed do not see them."""
        agenda = self._outlet.agenda
        self._step, self._moment = agenda.step, Moment.OPEN
        self._awaited.discard(agenda.step)
        self._paths, self._missing = {}, []
        for number, row in self._clock.fresh(self._clock.index_at(agenda.step)):
            orders = [order for order in self._book.orders if order.number == number]
            if orders:
                self._paths[number] = self._open(number, row)
            for order in orders:
                self._ready(order, row)
        self._moved = list(self._paths)

    def _let_in(self) -> None:
        """Entries that nothing holds back any more meet their bars: from the opens on, or from where their own symbol stands."""
        for order in [order for order in self._missing if not self._is_held_back(order)]:
            if self._moment is Moment.OPEN or order.number == self._mover:
                self._join(order)

    def _join(self, order: WorkingOrder) -> None:
        """Has an entry that was held back meet the bar under way."""
        self._missing.remove(order)
        self._lifetimes[order.number].begin(order, self._outlet.now)

    def _is_held_back(self, order: WorkingOrder) -> bool:
        return bool(order.waits_for) and (order in self._in_doubt or self._book.is_held_back(order))

    def _ready(self, order: WorkingOrder, row: int) -> None:
        feed, lifetime = self._clock.feeds[order.number], self._lifetimes[order.number]
        over = lifetime.is_over_at(order, self._outlet.now)
        if over:
            self.end(order, "expired", over)
            return
        ratchet(order, feed.bars.close, row)
        if self._is_held_back(order):
            self._missing.append(order)
        else:
            lifetime.begin(order, self._outlet.now)

    def _open(self, number: int, row: int) -> PricePath:
        bars = self._clock.feeds[number].bars
        prices = BarPrices(bars.open.item(row), bars.high.item(row), bars.low.item(row), bars.close.item(row))
        share = self._terms.participation
        volume = UNLIMITED if share is None else bars.volume.item(row) * share
        return PricePath(row, prices, volume, self._terms.fill_at, self._book.rivals)

    def _meet(self, path: PricePath, meeting: Meeting) -> None:
        order, match, ambiguous = meeting
        if order in self._missing:
            if match.moment is not Moment.CLOSE or self._is_held_back(order):
                order.first_row = path.row + 1
                return
            self._join(order)
        path.reach(match)
        if order.kind in STOPS:
            order.triggered = True
            event_id = self.say(order, "triggered", "", order.accepted_by)
            if self._book.reduces(order):
                self._cancel(self._book.entries_of(order.correlation_id), BEING_LEFT, event_id)
        if match.price is None:
            order.first_row = path.first_row
            return
        quantity = self._book.fillable(order, path.volume)
        order.first_row = path.row + 1
        if quantity > 0.0:
            path.volume -= quantity
            maker = order.request.order_type == "limit" and match.price == order.limit
            self._fill(order, path.row, quantity, match.price, "maker" if maker else "taker", ambiguous=ambiguous)

    def _finish(self) -> None:
        """Closes the bars of the step: orders that are good for no other end, the rest waits for its next one."""
        for number, path in self._paths.items():
            for order in [order for order in self._book.orders if order.number == number]:
                if order.first_row <= path.row:
                    order.first_row = path.row + 1
                self._leave(order)
        self._paths = {}

    def _leave(self, order: WorkingOrder) -> None:
        if order.request.time_in_force == "ioc" and order not in self._missing:
            self.end(order, "cancelled", "not filled at once")
            return
        over = self._lifetimes[order.number].is_over_after(order, self._outlet.now)
        if over:
            self.end(order, "expired", over)
        else:
            self._await(order)

    def _after_answers(self, phase: int, action: Action) -> None:
        """Goes on once the portfolio has published what it makes of a fill: a trade closes before the next opens."""
        self._outlet.then(phase, lambda _: self._outlet.then(phase, action))

    def _deal(self, order: WorkingOrder, row: int, quantity: float, reference: float) -> Deal:
        bars = self._clock.feeds[order.number].bars
        return Deal(
            symbol=order.request.symbol,
            side=order.request.side,
            quantity=quantity,
            price=reference,
            high=bars.high.item(row),
            low=bars.low.item(row),
            volume=bars.volume.item(row),
            timestamp=self._outlet.now,
            traded_in_month=self._traded.before(self._outlet.now),
        )

    def _execute(self, order: WorkingOrder, row: int, quantity: float, reference: float) -> Execution:
        if self._terms.are_free and reference > 0.0:
            return Execution(reference, 0.0, 0.0)
        deal = self._deal(order, row, quantity, reference)
        execution = execute(deal, self._terms, order.request.limit_price)
        self._traded.add(quantity * execution.price)
        return execution

    def _fill(
        self,
        order: WorkingOrder,
        row: int,
        quantity: float,
        reference: float,
        liquidity: Liquidity = "taker",
        *,
        ambiguous: bool = False,
    ) -> None:
        """Fills `quantity` of an order in its symbol's bar `row`, at `reference` before slippage.

        What its trade then has no more use for is cancelled at once (rule E2).
        """
        request = order.request
        execution = self._execute(order, row, quantity, reference)
        reduces, overdue = self._book.reduces(order), self._book.is_overdue(order)
        flat = self._book.fill(order, quantity)
        self.partial_fills += order.left > 0.0
        fill = self._answers.publish_fill(
            order, quantity, execution, liquidity, ambiguous=ambiguous, after_entry_bar=overdue
        )
        if flat:
            self._cancel(self._book.of_trade(order.correlation_id), "the position is closed", fill.event_id)
        elif reduces:
            self._cancel(self._book.entries_of(order.correlation_id), BEING_LEFT, fill.event_id)
        elif request.oco is not None:
            self._cancel(self._book.others_of_oco(order), "the other order of the OCO was filled", fill.event_id)

    def _cancel(self, orders: Iterable[WorkingOrder], reason: str, fill_id: str) -> None:
        """Takes away what a fill has made superfluous: its trade goes on, or ends with POSITION_CLOSE."""
        for order in orders:
            self._take_out(order)
            self.say(order, "cancelled", reason, fill_id)
