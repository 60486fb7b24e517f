"""Some lanes over made-up prices, and the digest of all their results: both forms of the kernel must give the same."""

from __future__ import annotations

import hashlib
from math import inf, isnan
from typing import TYPE_CHECKING, Any

from engine.kernel.lane import costs, sizing, state
from engine.kernel.lane.books import STRETCH, Books, SymbolBooks
from engine.kernel.lane.run import RECORDS_OF_A_BAR, advance, finish, start
from engine.kernel.language import Array, fields_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.kernel.library import Kernel

LANES = 2
LANES_OF_A_BUILD = 40
BARS = 120
BARS_OF_A_DAY = 12
HOUR = 3_600_000_000_000
CASH = 10_000.0
ORDER_ROOM = 16
TASK_ROOM = 300
MOST_SYMBOLS = 2
ENTRIES = (state.MARKET, state.MARKET, state.LIMIT, state.STOP, state.STOP_LIMIT, state.TRAILING_STOP)
DISTANCES = (state.BY_PERCENT, state.BY_AMOUNT, state.BY_ATR)
SIZES = (15.0, 2_000.0, 60.0, 1.0, 20.0)
COMMISSIONS = ((costs.PERCENT, 0.1), (costs.PER_SHARE, 0.01), (costs.PER_TRADE, 1.0), (costs.TIERED, 0.0))
SLIPPAGES = (
    (costs.BASIS_POINTS, 5.0),
    (costs.TICKS, 0.25),
    (costs.RANGE_FRACTION, 0.1),
    (costs.SQUARE_ROOT_IMPACT, 0.01),
)
RULES = (state.MAX_POSITION, state.MAX_DRAWDOWN, state.DAILY_LOSS, state.STOP_RULE, state.TARGET_RULE)


def canned_digest(kernel: Kernel, lanes: int = LANES) -> str:
    """The digest of every figure and of the journals of lanes with orders, costs, sizings, accounts and rules of many kinds."""
    run = CannedRun(kernel)
    digest = hashlib.sha256()
    for _ in range(lanes):
        digest.update("\n".join(run.lines()).encode())
    return digest.hexdigest()


def made_up_numbers() -> Iterator[float]:
    """Numbers from 0 to 1 that look random and are the same everywhere."""
    number = 12345
    while True:
        number = (number * 1103515245 + 12345) % 2**31
        yield number / 2**31


class CannedRun:
    """Lanes of one kernel, one after the other, each on prices and terms of its own."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._numbers = made_up_numbers()
        self._start, self._advance = kernel.function(start), kernel.function(advance)
        self._finish = kernel.function(finish)

    def lines(self) -> Iterator[str]:
        """All results of the next lane, line by line."""
        lane = self._kernel.struct(state.Lane)
        self._set_clock(lane)
        self._set_symbols(lane)
        self._set_terms(lane)
        self._set_risk(lane)
        self._start(lane, CASH)
        status = self._advance(lane, BARS)
        while status == state.JOURNAL_FULL:
            yield from self._records(lane)
            status = self._advance(lane, BARS)
        self._finish(lane)
        yield from self._records(lane)
        yield from figures(lane.books, Books, {"daily": lane.books.curve.days, "symbols": lane.symbol_count})
        yield f"open_events={lane.open_events.total}, {lane.open_events.peak}"

    def _records(self, lane: state.Lane) -> Iterator[str]:
        """The records in the journal of a lane, which is empty afterwards."""
        yield from map(repr, self._kernel.rows(state.Record, lane.journal.records, lane.journal.count))
        lane.journal.count = 0

    def _one_of(self, *choices: Any) -> Any:  # noqa: ANN401 - of any kind
        return choices[int(next(self._numbers) * len(choices))]

    def _set_clock(self, lane: state.Lane) -> None:
        kernel, clock, curve = self._kernel, lane.clock, lane.books.curve
        clock.bars = BARS
        clock.timestamp = kernel.ints([row * HOUR for row in range(BARS)])
        clock.day = kernel.ints([row // BARS_OF_A_DAY for row in range(BARS)])
        ends = [*range(BARS_OF_A_DAY - 1, BARS - 1, BARS_OF_A_DAY), BARS - 1]
        curve.days_known, curve.day_rows = len(ends), kernel.ints(ends)
        curve.daily = kernel.floats([0.0] * len(ends))
        lane.books.day_numbers = kernel.ints([day + day // 5 * 2 for day in range(len(ends))])

    def _set_symbols(self, lane: state.Lane) -> None:
        kernel, room = self._kernel, 2 * MOST_SYMBOLS * RECORDS_OF_A_BAR
        count = self._one_of(*range(1, MOST_SYMBOLS + 1))
        lane.symbol_count = lane.books.count = count
        lane.symbols, lane.books.symbols = kernel.structs(state.Symbol, count), kernel.structs(SymbolBooks, count)
        lane.books.worth, lane.due = kernel.floats([0.0] * STRETCH), kernel.ints([0] * count)
        lane.tasks, lane.task_room = kernel.structs(state.Task, TASK_ROOM), TASK_ROOM
        lane.journal.records = kernel.structs(state.Record, room)
        lane.journal.room, lane.journal.is_kept = room, True
        counted = lane.open_events
        counted.is_kept, counted.room = True, ORDER_ROOM
        counted.trades, counted.counts = kernel.ints([0] * ORDER_ROOM), kernel.ints([0] * ORDER_ROOM)
        for kind in range(len(counted.wanted)):
            counted.wanted[kind] = kind % 2 == 0
        for number in range(count):
            symbol = lane.symbols[number]
            self._set_market(symbol)
            lane.books.symbols[number].close = symbol.market.close
            self._set_orders(symbol)
        changes = sorted({int(next(self._numbers) * BARS * count) for _ in range(BARS // 4)})
        lane.change_rows = kernel.ints([change // count for change in changes])
        lane.change_symbols = kernel.ints([change % count for change in changes])
        lane.change_targets = kernel.ints([self._one_of(-1, 0, 1, 1) for _ in changes])
        lane.changes = len(changes)

    def _set_market(self, symbol: state.Symbol) -> None:
        price, volume = 100.0, 0.0
        columns: list[tuple[float, ...]] = []
        market, rows, gaps = symbol.market, [], self._one_of(0, 0, 4)
        for row in range(BARS):
            if row and gaps and self._one_of(*range(gaps)) == 0:
                columns.append((price, -inf, inf, price, volume))
            else:
                market.last = row
                first = price + self._one_of(-2.0, 0.0, 0.0, 0.5)
                price = max(first + self._one_of(-3.0, -1.0, -0.25, 0.0, 0.5, 1.0, 2.5), 20.0)
                high = max(first, price) + self._one_of(0.0, 0.5, 2.0)
                low = min(first, price) - self._one_of(0.0, 0.5, 2.0)
                volume = self._one_of(0.0, 50.0, 1000.0)
                columns.append((first, high, low, price, volume))
            rows.append(market.last)
        floats, ints = self._kernel.floats, self._kernel.ints
        market.open, market.high, market.low, market.close, market.volume = map(floats, zip(*columns, strict=True))
        market.bar_length, market.is_spread = HOUR, gaps > 0
        market.day_after = ints([(row + 1) // BARS_OF_A_DAY for row in range(BARS)])
        numbers = {row: number for number, row in enumerate(sorted(set(rows)))}
        market.rows = ints([numbers[row] for row in rows])
        market.first_met = ints([min([row for row in numbers if row > at], default=BARS) for at in range(BARS)])
        symbol.sizing.close = floats([columns[row][3] for row in numbers])
        self._atr = floats([1.0 + number % 5 for number in range(BARS)])

    def _set_orders(self, symbol: state.Symbol) -> None:
        book = symbol.book
        book.orders = self._kernel.structs(state.Order, ORDER_ROOM)
        book.places = self._kernel.ints([0] * ORDER_ROOM)
        book.room = ORDER_ROOM
        for form in (symbol.entry, symbol.exit.on_signal):
            form.type = self._one_of(*ENTRIES)
            form.time_in_force = self._one_of(state.GTC, state.GTC, state.DAY, state.IOC, state.GTD)
            form.good_for = 9 * HOUR if form.time_in_force == state.GTD else 0
            self._set_distance(form.limit)
            self._set_distance(form.stop)
        for distance in (symbol.exit.stop_loss, symbol.exit.take_profit, symbol.exit.trailing_stop):
            if self._one_of(True, False):
                self._set_distance(distance)
        ours = symbol.sizing
        ours.kind = self._one_of(*range(len(SIZES)))
        ours.size, ours.lot_size = SIZES[ours.kind], self._one_of(0.0, 1.0)
        ours.weight = 0.5 if ours.kind == sizing.VOLATILITY_TARGET else 1.0
        ours.bars, ours.bars_per_year, ours.max_percent = 3, 252, 100.0

    def _set_distance(self, distance: state.Distance) -> None:
        distance.kind, distance.size = self._one_of(*DISTANCES), self._one_of(0.5, 1.0, 2.0)
        distance.atr, distance.timeperiod = self._atr, 3

    def _set_terms(self, lane: state.Lane) -> None:
        lane.fill_at = self._one_of(state.NEXT_OPEN, state.NEXT_OPEN, state.NEXT_CLOSE)
        lane.participation = self._one_of(0.0, 0.0, 0.1)
        lane.account = self._one_of(state.MARGIN_ACCOUNT, state.MARGIN_ACCOUNT, state.CASH_ACCOUNT)
        lane.leverage, lane.minimum_notional = self._one_of(1.0, 3.0), self._one_of(0.0, 200.0)
        lane.closes_at_end = self._one_of(True, False)
        lane.books.borrow_percent, lane.books.interest_percent = self._one_of(0.0, 3.0), self._one_of(0.0, 5.0)
        lane.costs.commission_count = lane.costs.slippage_count = self._one_of(0, 1, 2)
        lane.costs.commissions, lane.costs.slippages = self._models(COMMISSIONS), self._models(SLIPPAGES)

    def _models(self, choices: tuple[tuple[int, float], ...]) -> list[costs.CostModel]:
        models = self._kernel.structs(costs.CostModel, 2)
        for place in range(2):
            model = models[place]
            model.kind, model.size = self._one_of(*choices)
            model.minimum, model.maximum, model.is_monthly = 0.5, 8.0, self._one_of(True, False)
            model.tiers, model.tier_count = self._kernel.structs(costs.Tier, 2), 2
            model.tiers[0].percent, model.tiers[1].percent, model.tiers[1].above = 0.3, 0.1, 1_500.0
        return models

    def _set_risk(self, lane: state.Lane) -> None:
        risk = lane.risk
        risk.count = self._one_of(0, 1, 2)
        risk.rules = self._kernel.structs(state.RiskRule, 2)
        for place in range(2):
            rule = risk.rules[place]
            rule.kind, rule.size = self._one_of(*RULES), self._one_of(1.0, 4.0, 80.0)
            rule.action, rule.cool_down = self._one_of(state.HALT, state.FLATTEN), self._one_of(0, 3)
        for number in range(lane.symbol_count):
            limits = lane.symbols[number].limits = self._kernel.structs(state.TradeLimit, 2)
            self._set_distance(limits[0].distance)
            self._set_distance(limits[1].distance)
        risk.watches = risk.looks_at_equity = risk.looks_at_days = True


def figures(struct: Any, cls: type, lengths: dict[str, int]) -> Iterator[str]:  # noqa: ANN401 - of either form
    """Every value of a struct as text, to the bit; of arrays of the caller's only those whose `lengths` are given."""
    for name, kind in fields_of(cls).items():
        value = getattr(struct, name)
        if isinstance(kind, Array):
            count = kind.size or lengths.get(name, 0)
            for index in range(count):
                yield from _texts(f"{name}[{index}]", value[index], kind.item, lengths)
        else:
            yield from _texts(name, value, kind, lengths)


def _texts(name: str, value: Any, kind: Any, lengths: dict[str, int]) -> Iterator[str]:  # noqa: ANN401
    if kind is float:
        yield f"{name}={'nan' if isnan(value) else float(value).hex()}"
    elif kind in {int, bool}:
        yield f"{name}={int(value)}"
    else:
        for each in figures(value, kind, lengths):
            yield f"{name}.{each}"
