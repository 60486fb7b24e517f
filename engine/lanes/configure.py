"""From a portfolio's config, its execution's terms and the bars of its symbols to a lane that is ready to start."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from engine.kernel.lane import costs, run, sizing, state
from engine.kernel.lane.books import STRETCH, SymbolBooks
from engine.lanes.markets import SharedSymbol
from engine.lanes.marks import MarkColumns
from engine.lanes.named_orders import TIMES_IN_FORCE, name_orders, names_days, set_named
from engine.market.column_file import release_pages
from engine.market.durations import duration_ns
from engine.trading.accounts import CashAccount
from engine.trading.costs import (
    BasisPoints,
    Percent,
    PerShare,
    PerTrade,
    RangeFraction,
    SquareRootImpact,
    Ticks,
    Tiered,
)
from engine.trading.order_forms import LimitForm, MarketForm, StopForm, StopLimitForm, TrailingForm
from engine.trading.risk import DailyLoss, MaxDrawdown, MaxGrossExposure, MaxOpenPositions, MaxPosition, Stop, Target
from engine.trading.sizing import AllIn, FixedNotional, FixedQuantity, PercentOfEquity, VolatilityTarget

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from engine.config.schema import PortfolioContainer
    from engine.kernel.lane.state import Lane
    from engine.kernel.language import F64, I64
    from engine.kernel.library import Kernel
    from engine.lanes.markets import LaneMarket
    from engine.strategies.decision import Decision
    from engine.trading.costs import Commission, Slippage, Terms
    from engine.trading.distances import Distance
    from engine.trading.order_forms import AnyOrderForm
    from engine.trading.risk import AnyRiskRule
    from engine.trading.sizing import Sizing

    Integers = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

ORDER_ROOM = 16
"""Orders of one symbol that may work at once, and trades whose events are counted."""
RECORD_ROOM = 1 << 11
"""Records of a journal that are read at once, for each symbol."""
MARK_ROOM = 1 << 9
"""Bars whose marks are read at once."""
RELEASED_AFTER = 1 << 20
"""Bars of all lanes after which the columns that they read are released."""

_FORMS: dict[type, int] = {MarketForm: 0, LimitForm: 1, StopForm: 2, StopLimitForm: 3, TrailingForm: 4}
_SIZINGS: dict[type, int] = {FixedQuantity: 0, FixedNotional: 1, PercentOfEquity: 2, AllIn: 3, VolatilityTarget: 4}
_COMMISSIONS: dict[type, int] = {Percent: 0, PerShare: 1, PerTrade: 2, Tiered: 3}
_SLIPPAGES: dict[type, int] = {BasisPoints: 0, Ticks: 1, RangeFraction: 2, SquareRootImpact: 3}
_RULES = {
    MaxPosition: state.MAX_POSITION,
    MaxGrossExposure: state.MAX_GROSS_EXPOSURE,
    MaxOpenPositions: state.MAX_OPEN_POSITIONS,
    MaxDrawdown: state.MAX_DRAWDOWN,
    DailyLoss: state.DAILY_LOSS,
    Stop: state.STOP_RULE,
    Target: state.TARGET_RULE,
}


_OF_A_LANE = (
    *("entry", "exit", "risk", "account", "sizing", "weights", "lot_size"),
    *("minimum_notional", "close_at_end"),
)
"""What lanes are made by, of the keys of a portfolio."""


class Pattern(NamedTuple):
    """What lanes with the same terms have in common."""

    lane: Lane
    symbols: list[state.Symbol]
    books: list[SymbolBooks]


class LaneConfigurator:
    """Makes lanes of one kernel over one market, for portfolios of its symbols alone.

    Lanes take turns: what one has written to its journal and of its marks is read before another advances.
    """

    def __init__(self, kernel: Kernel, market: LaneMarket) -> None:
        self._kernel = kernel
        self._market = market
        self.start, self.advance = kernel.function(run.start), kernel.function(run.advance)
        self.finish, self.first_to_step = kernel.function(run.finish), kernel.function(run.first_to_step)
        self.begin_bar, self.end_bar = kernel.function(run.begin_bar), kernel.function(run.end_bar)
        self.take_decision = kernel.function(run.take_decision)
        self._symbols = [SharedSymbol(kernel, columns) for columns in market.columns()]
        self._stamps = market.timestamps
        self._timestamp = kernel.ints(self._stamps)
        self._day_rows = kernel.ints(market.days.rows.astype(np.int64))
        self._day_numbers = kernel.ints(market.days.numbers)
        self._worth = kernel.floats([0.0] * STRETCH)
        self._task_room = state.MOST_TASKS * len(self._symbols)
        self._tasks = kernel.structs(state.Task, self._task_room)
        self._patterns: dict[bytes, Pattern] = {}
        self._bars_done = 0

    def lane(self, config: PortfolioContainer, terms: Terms, days_per_year: Sequence[int]) -> Lane:
        """A lane that has not been started, whose strategy wants nothing yet. It keeps no journal, nor marks.

        `days_per_year` is one number for each symbol.
        """
        key = msgspec.json.encode((*(getattr(config, name) for name in _OF_A_LANE), terms, days_per_year))
        if key not in self._patterns:
            self._patterns[key] = self._pattern(config, terms, days_per_year)
        pattern, kernel = self._patterns[key], self._kernel
        lane = kernel.copy(pattern.lane)
        lane.symbols, lane.books.symbols = kernel.copies(pattern.symbols), kernel.copies(pattern.books)
        lane.due = kernel.ints([0] * len(self._symbols))
        lane.books.curve.daily = kernel.floats(np.zeros(len(self._market.days.rows)))
        self._set_risk(lane, config.risk)
        for number, shared in enumerate(self._symbols):
            self._set_orders(lane.symbols[number], config.risk, shared)
        if _asks_for_days(config):
            self._set_days(lane)
        return lane

    def set_changes(
        self,
        lane: Lane,
        rows: Integers | Sequence[int],
        targets: Integers | Sequence[int],
        *,
        symbols: Integers | Sequence[int] = (),
        decisions: Sequence[Decision] = (),
    ) -> None:
        """Has a lane's strategy want `targets` of `symbols` from `rows` on, all of which are ahead.

        Rows count the moments of the lane, symbols their feeds; where there is one symbol it need not be said. `decisions` are those
        behind the targets, where any of them names orders.
        """
        lane.change_rows, lane.change_targets = self._kernel.ints(rows), self._kernel.ints(targets)
        lane.change_symbols = self._kernel.ints(symbols)
        lane.changes, lane.change = len(rows), 0
        if any(map(names_days, decisions)):
            self._set_days(lane)
        name_orders(self._kernel, lane, decisions)

    def name_order(self, lane: Lane, decision: Decision) -> int:
        """Has a lane know the orders of a decision at the bar under way; returns their place."""
        if not lane.names_orders:
            lane.names_orders = True
            lane.named = self._kernel.structs(state.Named, 2 * len(self._symbols) + 1)
        if names_days(decision):
            self._set_days(lane)
        holdings = [lane.symbols[number].holding for number in range(len(self._symbols))]
        in_use = {each.named for each in holdings} | {each.exits for each in holdings}
        place = next(place for place in range(2 * len(self._symbols) + 1) if place not in in_use)
        lane.named[place] = self._kernel.struct(state.Named)
        set_named(lane.named[place], decision)
        return place

    def count_bars(self, count: int) -> None:
        """Takes note that lanes did so many bars: columns that they read count as memory no longer, now and then."""
        self._bars_done += count
        if self._bars_done >= RELEASED_AFTER:
            self._bars_done = 0
            release_pages()

    def keep_journal(self, lane: Lane) -> None:
        """Has a lane keep a journal, RECORD_ROOM records at a time for each symbol."""
        lane.journal.records = self._records
        lane.journal.room = RECORD_ROOM * len(self._symbols)
        lane.journal.is_kept = True

    def keep_marks(self, lane: Lane) -> MarkColumns:
        """Has a lane write down its marks, for at most MARK_ROOM bars at a time; returns what reads them."""
        books = lane.books
        books.mark_cash, books.mark_gross, books.mark_equity, books.mark_positions = self._marks
        books.keeps_marks = True
        return MarkColumns(self._kernel, books)

    def count_open_events(self, lane: Lane, kinds: Iterable[int]) -> None:
        """Has a lane count the events of these kinds that belong to trades which have not ended."""
        counted, room = lane.open_events, ORDER_ROOM * len(self._symbols)
        counted.trades, counted.counts = self._kernel.ints([0] * room), self._kernel.ints([0] * room)
        counted.room = room
        counted.is_kept = True
        for kind in kinds:
            counted.wanted[kind] = True

    @cached_property
    def _records(self) -> list[state.Record]:
        return self._kernel.structs(state.Record, RECORD_ROOM * len(self._symbols))

    @cached_property
    def _marks(self) -> list[F64]:
        return [self._kernel.floats([0.0] * MARK_ROOM) for _ in range(4)]

    def _pattern(self, config: PortfolioContainer, terms: Terms, days_per_year: Sequence[int]) -> Pattern:
        kernel, count = self._kernel, len(self._symbols)
        lane = kernel.struct(state.Lane)
        lane.clock.bars, lane.clock.timestamp = len(self._stamps), self._timestamp
        lane.symbol_count = lane.books.count = count
        lane.tasks, lane.task_room = self._tasks, self._task_room
        self._set_books(lane, config)
        self._set_costs(lane, terms)
        lane.account = state.CASH_ACCOUNT if isinstance(config.account, CashAccount) else state.MARGIN_ACCOUNT
        lane.leverage = getattr(config.account, "leverage", 1.0)
        lane.minimum_notional = config.minimum_notional
        lane.closes_at_end = config.close_at_end
        symbols, books = kernel.structs(state.Symbol, count), kernel.structs(SymbolBooks, count)
        for number, shared in enumerate(self._symbols):
            self._set_symbol(symbols[number], shared, config, days_per_year[number])
            books[number].close = shared.close
        return Pattern(lane, symbols, books)

    def _set_days(self, lane: Lane) -> None:
        """Has a lane know the days of its bars."""
        lane.clock.day = self._days
        for number, shared in enumerate(self._symbols):
            lane.symbols[number].market.day_after = shared.day_after(self._market.days_of, self._stamps)

    @cached_property
    def _days(self) -> I64:
        """The number of the day of each moment."""
        return self._kernel.ints(self._market.days_of(self._stamps))

    def _set_books(self, lane: Lane, config: PortfolioContainer) -> None:
        books = lane.books
        books.worth = self._worth
        books.curve.days_known = len(self._market.days.rows)
        books.curve.day_rows, books.day_numbers = self._day_rows, self._day_numbers
        if config.account.borrowing is not None:
            books.borrow_percent, books.interest_percent = config.account.borrowing

    def _set_symbol(
        self, symbol: state.Symbol, shared: SharedSymbol, config: PortfolioContainer, days_per_year: int
    ) -> None:
        columns, market = shared.columns, symbol.market
        market.open, market.high, market.low, market.close, market.volume = shared.prices
        market.bar_length, market.last = columns.bars.lasting, columns.last
        if shared.gaps is not None:
            market.is_spread = True
            market.rows, market.first_met = shared.gaps
        symbol.book.room = ORDER_ROOM
        self._set_sizing(symbol.sizing, shared, config, days_per_year)
        self._set_form(symbol.entry, config.entry, shared)
        self._set_form(symbol.exit.on_signal, config.exit.on_signal, shared)
        self._set_distance(symbol.exit.stop_loss, config.exit.stop_loss, shared)
        self._set_distance(symbol.exit.take_profit, config.exit.take_profit, shared)
        self._set_distance(symbol.exit.trailing_stop, config.exit.trailing_stop, shared)

    def _set_orders(self, symbol: state.Symbol, rules: Sequence[AnyRiskRule], shared: SharedSymbol) -> None:
        symbol.book.orders = self._kernel.structs(state.Order, ORDER_ROOM)
        symbol.book.places = self._kernel.ints([0] * ORDER_ROOM)
        if rules:
            limits = symbol.limits = self._kernel.structs(state.TradeLimit, len(rules))
            for place, rule in enumerate(rules):
                if isinstance(rule, Stop | Target):
                    self._set_distance(limits[place].distance, rule.distance, shared)

    def _set_costs(self, lane: Lane, terms: Terms) -> None:
        lane.costs.commissions = self._models(terms.commissions, _COMMISSIONS)
        lane.costs.commission_count = len(terms.commissions)
        lane.costs.looks_at_months = any(isinstance(model, Tiered) for model in terms.commissions)
        lane.costs.slippages = self._models(terms.slippages, _SLIPPAGES)
        lane.costs.slippage_count = len(terms.slippages)
        lane.fill_at = state.NEXT_CLOSE if terms.fill_at == "next_close" else state.NEXT_OPEN
        lane.participation = terms.participation or 0.0

    def _models(self, models: Sequence[Commission | Slippage], kinds: dict[type, int]) -> list[costs.CostModel]:
        made = self._kernel.structs(costs.CostModel, len(models))
        for place, model in enumerate(models):
            ours = made[place]
            ours.kind = kinds[type(model)]
            ours.size = _size_of(model)
            ours.minimum = getattr(model, "minimum", 0.0)
            maximum = getattr(model, "maximum", None)
            ours.maximum = float("inf") if maximum is None else maximum
            if isinstance(model, Tiered):
                ours.is_monthly = model.over == "month"
                ours.tier_count = len(model.tiers)
                ours.tiers = self._kernel.structs(costs.Tier, len(model.tiers))
                for number, tier in enumerate(model.tiers):
                    ours.tiers[number].above, ours.tiers[number].percent = tier.above, tier.percent
        return made

    def _set_sizing(
        self, ours: sizing.Sizing, shared: SharedSymbol, config: PortfolioContainer, days_per_year: int
    ) -> None:
        model: Sizing = config.sizing  # type: ignore[assignment] # those of users are not asked of a lane yet
        ours.kind = _SIZINGS[type(model)]
        ours.weight = config.weights.get(shared.columns.bars.symbol, 1.0)
        ours.lot_size = config.lot_size or 0.0
        ours.close = shared.own_close
        match model:
            case FixedQuantity(quantity=size) | FixedNotional(notional=size) | PercentOfEquity(percent=size):
                ours.size = size
            case VolatilityTarget():
                ours.size, ours.bars, ours.max_percent = model.percent, model.bars, model.max_percent
                ours.bars_per_year = model.bars_per_year or days_per_year

    def _set_form(self, ours: state.OrderForm, form: AnyOrderForm, shared: SharedSymbol) -> None:
        ours.type = _FORMS[type(form)]
        ours.time_in_force = TIMES_IN_FORCE.index(form.time_in_force)
        ours.good_for = 0 if form.good_for is None else duration_ns(form.good_for)
        match form:
            case LimitForm(limit=limit):
                self._set_distance(ours.limit, limit, shared)
            case StopForm(stop=stop) | TrailingForm(trail=stop):
                self._set_distance(ours.stop, stop, shared)
            case StopLimitForm(stop=stop, limit=limit):
                self._set_distance(ours.stop, stop, shared)
                self._set_distance(ours.limit, limit, shared)

    def _set_distance(self, ours: state.Distance, distance: Distance | None, shared: SharedSymbol) -> None:
        if distance is None:
            return
        if distance.percent is not None:
            ours.kind, ours.size = state.BY_PERCENT, distance.percent
        elif distance.amount is not None:
            ours.kind, ours.size = state.BY_AMOUNT, distance.amount
        else:
            ours.kind, ours.size, ours.timeperiod = state.BY_ATR, distance.atr or 0.0, distance.timeperiod
            ours.atr = shared.true_range(distance.timeperiod)

    def _set_risk(self, lane: Lane, rules: Sequence[AnyRiskRule]) -> None:
        if not rules:
            return
        risk = lane.risk
        risk.rules = self._kernel.structs(state.RiskRule, len(rules))
        risk.count = len(rules)
        for place, rule in enumerate(rules):
            ours = risk.rules[place]
            ours.kind = _RULES[type(rule)]
            match rule:
                case MaxOpenPositions(count=count):
                    ours.size = float(count)
                case MaxDrawdown() | DailyLoss():
                    ours.size = rule.percent
                    ours.action = state.FLATTEN if rule.action == "flatten" else state.HALT
                case Stop() | Target():
                    ours.cool_down = rule.cool_down if isinstance(rule, Stop) else 0
                case _:
                    ours.size = rule.percent
        risk.watches = any(isinstance(rule, MaxDrawdown | DailyLoss | Stop | Target) for rule in rules)
        risk.looks_at_equity = any(isinstance(rule, MaxDrawdown | DailyLoss) for rule in rules)
        risk.looks_at_days = any(isinstance(rule, DailyLoss) for rule in rules)


def _asks_for_days(config: PortfolioContainer) -> bool:
    """Whether orders are good for a day, or a rule looks at days."""
    forms = (config.entry, config.exit.on_signal)
    return any(form.time_in_force == "day" for form in forms) or any(
        isinstance(each, DailyLoss) for each in config.risk
    )


def _size_of(model: object) -> float:
    match model:
        case Percent(percent=size) | PerShare(amount=size) | PerTrade(amount=size) | BasisPoints(bps=size):
            return size
        case RangeFraction(fraction=size) | SquareRootImpact(coefficient=size):
            return size
        case Ticks(ticks=ticks, tick_size=tick_size):
            return ticks * tick_size
    return 0.0
