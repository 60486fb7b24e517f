"""The journal of a lane as the events that it stands for, with their ids and causes, in the order in which they happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from engine.events import Fill, Order, OrderRequest, PositionClose, PositionOpen, RiskBreach, Signal
from engine.kernel.lane import acceptance, journal, state
from engine.kernel.lane.orders import has_limit, has_stop
from engine.lanes.named_orders import ORDER_TYPES, TIMES_IN_FORCE
from engine.lanes.reasons import Reasons, unknown_text
from engine.strategies.decision import TARGETS
from engine.trading.risk import DailyLoss, MaxDrawdown, Stop, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from engine.events import Event, OrderStatus, PositionSide, Side
    from engine.kernel.lane.state import Journal
    from engine.kernel.library import Kernel
    from engine.strategies.decision import Decision
    from engine.trading.risk import AnyRiskRule

NS_PER_SECOND = 1_000_000_000

_STATUSES: dict[int, OrderStatus] = {
    journal.ACCEPTED: "accepted",
    journal.REJECTED: "rejected",
    journal.TRIGGERED: "triggered",
    journal.CANCELLED: "cancelled",
    journal.EXPIRED: "expired",
}
_OCOS = {state.ALONE: "", state.PROTECTS: "{}", state.ENTERS: "{}/entry"}
_DEAD = (journal.REJECTED, journal.CANCELLED, journal.EXPIRED)


class Recorded(NamedTuple):
    """A record as it is read from the journal: the fields of `state.Record`, in their order."""

    kind: int
    row: int
    marked: int
    symbol: int
    bar: int
    ordinal: int
    order: int
    trade: int
    sign: int
    cause_kind: int
    cause: int
    detail: int
    reason: int
    flags: int
    time: int
    number: int
    close: float
    quantity: float
    price: float
    limit: float
    stop: float
    money: float
    further: float


class Decided(NamedTuple):
    """A decision of a lane, the id of the event that caused it, and the name of what decided."""

    decision: Decision
    cause: str
    strategy: str


@dataclass(frozen=True, slots=True)
class LaneNames:
    """What events of a lane are named by.

    `portfolio`, `execution`: ids of the containers; `broker`: what stands in the ids of the execution's events; `strategy`: the
    name of what decides, and `strategy_container` the id of the container that does, if it is not the portfolio; it says all
    that it has to say of a bar before the portfolio handles the first of it.
    `cause(number, bar)` is the id of the event behind a decision at a bar of a symbol by its number, `time_of(row)` the timestamp of a bar
    of the lane, ns UTC.

    `decided(place)` is what was decided, by its place among the changes at hand: instead of the plain targets of `strategy`.
    """

    portfolio: str
    execution: str
    broker: str
    symbols: Sequence[str]
    strategy: str
    strategy_container: str | None
    cause: Callable[[int, int], str]
    time_of: Callable[[int], int]
    decided: Callable[[int], Decided | None] | None = None


class Happening(NamedTuple):
    """An event, or none, after so many bars were `marked`, and the trade that `ends` with it, if one does.

    Without an event it is only said that a trade ended, before it began.
    """

    marked: int
    event: Event | None
    ends: str | None


class JournalEvents:
    """Makes events of the records of one lane."""

    def __init__(self, names: LaneNames, rules: Sequence[AnyRiskRule]) -> None:
        self._names = names
        self._symbols = names.symbols
        self._rules = rules
        self._reasons = Reasons(rules)
        self._requests: dict[int, OrderRequest] = {}
        self._orders: dict[int, OrderRequest] = {}
        self._latest = 0
        self._elsewhere: dict[int, str] = {}
        self._makers: dict[int, Callable[[Recorded, int], Event]] = {
            journal.SIGNAL: self._signal,
            journal.ORDER_REQUEST: self._request,
            journal.ORDER: self._order,
            journal.FILL: self._fill,
            journal.POSITION_OPEN: self._position_open,
            journal.POSITION_CLOSE: self._position_close,
            journal.RISK_BREACH: self._risk_breach,
        }
        of_portfolio, of_broker = f"{names.portfolio}:", f"{names.broker}:"
        self._causes = {
            journal.SIGNAL: f"{of_portfolio}SIGNAL:",
            journal.ORDER_REQUEST: f"{of_portfolio}ORDER_REQUEST:",
            journal.ORDER: f"{of_broker}ORDER:",
            journal.FILL: f"{of_broker}FILL:",
            journal.POSITION_OPEN: f"{of_portfolio}POSITION_OPEN:",
            journal.POSITION_CLOSE: f"{of_portfolio}POSITION_CLOSE:",
            journal.RISK_BREACH: f"{of_portfolio}RISK_BREACH:",
        }

    def take(self, kernel: Kernel, kept: Journal) -> Iterator[Happening]:
        """What all records at hand stand for, and empties the journal."""
        records = _in_order(map(Recorded._make, kernel.rows(state.Record, kept.records, kept.count)))
        kept.count = 0
        heard = 0
        for place, record in enumerate(records):
            if record.kind == journal.SIGNAL and self._names.strategy_container is not None and place >= heard:
                beyond = self._beyond_signals(records, place)
                for said in records[place:beyond]:
                    event = self._signal_of_strategy(said, self._names.time_of(said.row))
                    yield Happening(said.marked, event, None)
                heard = beyond
            trade = self._trade(record.trade)
            if record.kind == journal.ENDED:
                yield Happening(record.marked, None, trade)
                continue
            now = self._names.time_of(record.row)
            made = self._makers[record.kind](record, now)
            yield Happening(record.marked, made, trade if made.ends_correlation else None)

    def _beyond_signals(self, records: Sequence[Recorded], place: int) -> int:
        """The place behind the signals that are heard from the strategy container together with the one at `place`."""
        beyond = place + 1
        while beyond < len(records) and (records[beyond].kind, records[beyond].row) == (
            journal.SIGNAL,
            records[place].row,
        ):
            beyond += 1
        return beyond

    def _trade(self, trade: int) -> str | None:
        return f"{self._names.portfolio}#{trade}" if trade else None

    def _symbol(self, record: Recorded) -> str:
        return self._elsewhere.get(record.trade) or self._symbols[record.symbol]

    def _id(self, record: Recorded) -> str:
        return f"{self._causes[record.kind]}{record.ordinal}"

    def _cause(self, record: Recorded) -> str:
        return f"{self._causes[record.cause_kind]}{record.cause}"

    def _signal(self, record: Recorded, now: int) -> Signal:
        decided, names = self._decided(record), self._names
        if names.strategy_container is not None:
            decided = decided._replace(cause=f"{names.strategy_container}:SIGNAL:{record.ordinal}")
        return self._said(record, decided, (now, names.portfolio, self._id(record), self._trade(record.trade)))

    def _signal_of_strategy(self, record: Recorded, now: int) -> Signal:
        strategy = self._names.strategy_container or ""
        return self._said(record, self._decided(record), (now, strategy, f"{strategy}:SIGNAL:{record.ordinal}", None))

    def _said(self, record: Recorded, decided: Decided, head: tuple[int, str, str, str | None]) -> Signal:
        decision, cause, strategy = decided
        if decision.symbol is not None and decision.symbol not in self._symbols:
            self._elsewhere[record.trade] = decision.symbol
        return Signal(
            *head,
            cause,
            self._symbol(record),
            decision.direction,
            decision.strength,
            strategy,
            decision.reason,
            decision.order,
            decision.exits,
            decision.otherwise,
        )

    def _decided(self, record: Recorded) -> Decided:
        names = self._names
        decided = None if names.decided is None else names.decided(record.number)
        if decided is not None:
            return decided
        return Decided(TARGETS[record.sign], names.cause(record.symbol, record.bar), names.strategy)

    def _request(self, record: Recorded, now: int) -> OrderRequest:
        names, trade = self._names, self._trade(record.trade)
        symbol, fault = self._symbol(record), (record.price, record.close)
        time_in_force, group = record.flags % 8, record.flags % journal.BY_PERCENT_FLAG // 8
        kind = record.detail
        trails, by_percent = kind == state.TRAILING_STOP, record.flags >= journal.BY_PERCENT_FLAG
        request = OrderRequest(
            now,
            names.portfolio,
            self._id(record),
            trade,
            self._cause(record),
            symbol,
            _side(record),
            record.quantity,
            ORDER_TYPES[kind],
            record.limit if has_limit(kind) else None,
            record.stop if has_stop(kind) else None,
            TIMES_IN_FORCE[time_in_force],
            record.money if trails and not by_percent else None,
            record.further if trails and by_percent else None,
            record.time or None,
            _OCOS[group].format(trade) or None,
            f"{names.broker}#{record.order}" if record.order else None,
            unknown_text(record.reason, record.number, record.bar, fault, symbol),
        )
        self._requests[record.ordinal] = request
        return request

    def _order(self, record: Recorded, now: int) -> Order:
        names, number = self._names, record.order
        if record.detail in {journal.ACCEPTED, journal.REJECTED}:
            self._orders[number] = self._requests.pop(record.cause)
            self._latest = number
        request = self._orders[number]
        order = Order(
            now,
            names.execution,
            self._id(record),
            request.correlation_id,
            self._cause(record),
            f"{names.broker}#{number}",
            _STATUSES[record.detail],
            request.symbol,
            request.side,
            request.quantity,
            request.order_type,
            request.limit_price,
            request.stop_price,
            request.time_in_force,
            self._reason(record, request),
            bool(record.flags & journal.ENDS_TRADE),
            request.trail_amount,
            request.trail_percent,
            request.good_till,
            request.oco,
        )
        if record.detail in _DEAD:
            del self._orders[number]
        if record.reason == acceptance.NO_DATA:
            del self._elsewhere[record.trade]
        return order

    def _reason(self, record: Recorded, request: OrderRequest) -> str:
        """Why an order is rejected or dead, in words."""
        if record.reason == acceptance.FINE:
            return ""
        other = request.replaces
        if record.reason == acceptance.REPLACED:
            other = f"{self._names.broker}#{self._latest}"
        elif record.reason == acceptance.NO_DATA:
            other = request.symbol
        return self._reasons.text(
            record.reason,
            (record.price, record.limit, record.money),
            quantity=request.quantity,
            other=other,
            unknown=request.unknown,
        )

    def _fill(self, record: Recorded, now: int) -> Fill:
        names = self._names
        if record.number:
            del self._orders[record.order]
        return Fill(
            now,
            names.execution,
            self._id(record),
            self._trade(record.trade),
            self._cause(record),
            f"{names.broker}#{record.order}",
            self._symbols[record.symbol],
            _side(record),
            record.quantity,
            record.price,
            record.money,
            record.further,
            "maker" if record.flags & journal.MAKER else "taker",
            bool(record.flags & journal.AMBIGUOUS),
            bool(record.flags & journal.AFTER_ENTRY_BAR),
        )

    def _position_open(self, record: Recorded, now: int) -> PositionOpen:
        head = (now, self._names.portfolio, self._id(record), self._trade(record.trade), self._cause(record))
        return PositionOpen(
            *head, self._symbols[record.symbol], _position(record), record.quantity, record.price, record.money
        )

    def _position_close(self, record: Recorded, now: int) -> PositionClose:
        return PositionClose(
            now,
            self._names.portfolio,
            self._id(record),
            self._trade(record.trade),
            self._cause(record),
            self._symbols[record.symbol],
            _position(record),
            record.quantity,
            record.price,
            record.limit,
            record.money,
            record.further,
            record.row - record.detail,
            (now - self._names.time_of(record.detail)) / NS_PER_SECOND,
            ends_correlation=True,
        )

    def _risk_breach(self, record: Recorded, now: int) -> RiskBreach:
        rule, portfolio = self._rules[record.detail], self._names.portfolio
        cause = f"{portfolio}:PORTFOLIO_UPDATE:{record.row + 2}"
        action: str = "reject"
        if isinstance(rule, MaxDrawdown | DailyLoss):
            action = rule.action
        elif isinstance(rule, Stop | Target):
            action = "exit"
        return RiskBreach(
            now,
            portfolio,
            self._id(record),
            self._trade(record.trade),
            self._cause(record) if record.cause_kind else cause,
            rule.name,
            record.price,
            record.limit,
            action,
        )


def _in_order(made: Iterable[Recorded]) -> list[Recorded]:
    """Records in the order in which they are heard: the end of a trade that did not begin comes before what was posted earlier."""
    records = list(made)
    for place, record in enumerate(records):
        if record.kind == journal.ENDED:
            records.insert(place - record.number, records.pop(place))
    return records


def _side(record: Recorded) -> Side:
    return "buy" if record.sign > 0 else "sell"


def _position(record: Recorded) -> PositionSide:
    return "long" if record.sign > 0 else "short"
