"""From a portfolio's config, its execution's terms and the bars of its symbol to a lane that is ready to start."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from engine.kernel.lane import costs, run, sizing, state
from engine.lanes.marks import MarkColumns
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
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt

    from engine.config.schema import PortfolioContainer
    from engine.kernel.lane.state import Lane
    from engine.kernel.language import F64, I64
    from engine.kernel.library import Kernel
    from engine.market.bars import Bars
    from engine.metrics.days import DayEnds
    from engine.order_terms import OrderType, TimeInForce
    from engine.trading.costs import Commission, Slippage, Terms
    from engine.trading.distances import Distance
    from engine.trading.order_forms import AnyOrderForm
    from engine.trading.risk import AnyRiskRule
    from engine.trading.sizing import Sizing

    Integers = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

ORDER_ROOM = 16
"""Orders that may work at once, and trades whose events are counted."""

RECORD_ROOM = 1 << 11
"""Records of a journal that are read at once."""
MARK_ROOM = 1 << 9
"""Bars whose marks are read at once."""
RELEASED_AFTER = 1 << 20
"""Bars of all lanes after which the columns that they read are released."""

ORDER_TYPES: tuple[OrderType, ...] = ("market", "limit", "stop", "stop_limit", "trailing_stop")
TIMES_IN_FORCE: tuple[TimeInForce, ...] = ("gtc", "day", "ioc", "gtd")
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


@dataclass(frozen=True, slots=True)
class LaneMarket:
    """What lanes over the same symbol share: its bars and days.

    `true_range(timeperiod)` is the column of an average true range; `days_of(timestamps)` numbers the days of timestamps.
    """

    bars: Bars
    days: DayEnds
    days_of: Callable[[Integers], Integers]
    true_range: Callable[[int], Floats]


class LaneConfigurator:
    """Makes lanes of one kernel over one market, for portfolios of that symbol alone with a column strategy.

    Lanes take turns: what one has written to its journal and of its marks is read before another advances.
    """

    def __init__(self, kernel: Kernel, market: LaneMarket) -> None:
        self._kernel = kernel
        self._market = market
        self.start, self.advance = kernel.function(run.start), kernel.function(run.advance)
        self.finish = kernel.function(run.finish)
        bars = market.bars
        self._close = kernel.floats(bars.close)
        self._prices = {name: kernel.floats(getattr(bars, name)) for name in ("open", "high", "low", "volume")}
        self._timestamp = kernel.ints(bars.timestamps)
        self._day_rows = kernel.ints(market.days.rows.astype(np.int64))
        self._day_numbers = kernel.ints(market.days.numbers)
        self._patterns: dict[bytes, Lane] = {}
        self._bars_done = 0
        self._tasks = kernel.structs(state.Task, state.MOST_TASKS)

    def lane(self, config: PortfolioContainer, terms: Terms, days_per_year: int) -> Lane:
        """A lane that has not been started, whose strategy wants nothing yet. It keeps no journal, nor marks."""
        key = msgspec.json.encode((*(getattr(config, name) for name in _OF_A_LANE), terms, days_per_year))
        if key not in self._patterns:
            self._patterns[key] = self._pattern(config, terms, days_per_year)
        lane = self._kernel.copy(self._patterns[key])
        lane.books.curve.daily = self._kernel.floats(np.zeros(len(self._market.days.rows)))
        lane.book.orders = self._kernel.structs(state.Order, ORDER_ROOM)
        lane.book.places = self._kernel.ints([0] * ORDER_ROOM)
        self._set_risk(lane, config.risk)
        return lane

    def _pattern(self, config: PortfolioContainer, terms: Terms, days_per_year: int) -> Lane:
        """What lanes with these terms have in common."""
        lane = self._kernel.struct(state.Lane)
        lane.tasks = self._tasks
        self._set_market(lane)
        self._set_books(lane, config)
        self._set_costs(lane, terms)
        self._set_sizing(lane.sizing, config, days_per_year)
        self._set_form(lane.entry, config.entry)
        self._set_form(lane.exit.on_signal, config.exit.on_signal)
        self._set_distance(lane.exit.stop_loss, config.exit.stop_loss)
        self._set_distance(lane.exit.take_profit, config.exit.take_profit)
        self._set_distance(lane.exit.trailing_stop, config.exit.trailing_stop)
        lane.account = state.CASH_ACCOUNT if isinstance(config.account, CashAccount) else state.MARGIN_ACCOUNT
        lane.leverage = getattr(config.account, "leverage", 1.0)
        lane.minimum_notional = config.minimum_notional
        lane.closes_at_end = config.close_at_end
        return lane

    def count_bars(self, count: int) -> None:
        """Takes note that lanes did so many bars: columns that they read count as memory no longer, now and then."""
        self._bars_done += count
        if self._bars_done >= RELEASED_AFTER:
            self._bars_done = 0
            release_pages()

    def set_changes(self, lane: Lane, rows: Integers | Sequence[int], targets: Integers | Sequence[int]) -> None:
        """Has a lane's strategy want `targets` from `rows` on, all of which are ahead."""
        lane.change_rows, lane.change_targets = self._kernel.ints(rows), self._kernel.ints(targets)
        lane.changes, lane.change = len(rows), 0

    def keep_journal(self, lane: Lane) -> None:
        """Has a lane keep a journal, RECORD_ROOM records at a time."""
        lane.journal.records = self._records
        lane.journal.room = RECORD_ROOM
        lane.journal.is_kept = True

    def keep_marks(self, lane: Lane) -> MarkColumns:
        """Has a lane write down its marks, for at most MARK_ROOM bars at a time; returns what reads them."""
        books = lane.books
        books.mark_cash, books.mark_held, books.mark_equity = self._marks
        books.keeps_marks = True
        return MarkColumns(self._kernel, books, self._market.bars.close)

    def count_open_events(self, lane: Lane, kinds: Iterable[int]) -> None:
        """Has a lane count the events of these kinds that belong to trades which have not ended."""
        counted = lane.open_events
        counted.trades, counted.counts = self._kernel.ints([0] * ORDER_ROOM), self._kernel.ints([0] * ORDER_ROOM)
        counted.room = ORDER_ROOM
        counted.is_kept = True
        for kind in kinds:
            counted.wanted[kind] = True

    @cached_property
    def _records(self) -> list[state.Record]:
        return self._kernel.structs(state.Record, RECORD_ROOM)

    @cached_property
    def _marks(self) -> list[F64]:
        return [self._kernel.floats([0.0] * MARK_ROOM) for _ in range(3)]

    def _set_market(self, lane: Lane) -> None:
        market, bars = lane.market, self._market.bars
        market.bars = len(bars)
        market.close = self._close
        for name, column in self._prices.items():
            setattr(market, name, column)
        market.timestamp = self._timestamp
        market.bar_length = bars.lasting

    def _set_books(self, lane: Lane, config: PortfolioContainer) -> None:
        books = lane.books
        books.close = self._close
        books.curve.days_known = len(self._market.days.rows)
        books.curve.day_rows, books.day_numbers = self._day_rows, self._day_numbers
        if config.account.borrowing is not None:
            books.borrow_percent, books.interest_percent = config.account.borrowing
        lane.book.room = ORDER_ROOM
        if _asks_for_days(config):
            lane.market.day, lane.market.day_after = self._days

    @cached_property
    def _days(self) -> tuple[I64, I64]:
        """The number of the day of each bar, and of the moment at which it is over."""
        stamps, days_of = self._market.bars.timestamps, self._market.days_of
        return self._kernel.ints(days_of(stamps)), self._kernel.ints(days_of(stamps + self._market.bars.lasting))

    def _set_costs(self, lane: Lane, terms: Terms) -> None:
        lane.costs.commissions = self._models(terms.commissions, _COMMISSIONS)
        lane.costs.commission_count = len(terms.commissions)
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

    def _set_sizing(self, ours: sizing.Sizing, config: PortfolioContainer, days_per_year: int) -> None:
        model: Sizing = config.sizing  # type: ignore[assignment] # those of users are not asked of a lane yet
        ours.kind = _SIZINGS[type(model)]
        ours.weight = config.weights.get(self._market.bars.symbol, 1.0)
        ours.lot_size = config.lot_size or 0.0
        ours.close = self._close
        match model:
            case FixedQuantity(quantity=size) | FixedNotional(notional=size) | PercentOfEquity(percent=size):
                ours.size = size
            case VolatilityTarget():
                ours.size, ours.bars, ours.max_percent = model.percent, model.bars, model.max_percent
                ours.bars_per_year = model.bars_per_year or days_per_year

    def _set_form(self, ours: state.OrderForm, form: AnyOrderForm) -> None:
        ours.type = _FORMS[type(form)]
        ours.time_in_force = TIMES_IN_FORCE.index(form.time_in_force)
        ours.good_for = 0 if form.good_for is None else duration_ns(form.good_for)
        match form:
            case LimitForm(limit=limit):
                self._set_distance(ours.limit, limit)
            case StopForm(stop=stop) | TrailingForm(trail=stop):
                self._set_distance(ours.stop, stop)
            case StopLimitForm(stop=stop, limit=limit):
                self._set_distance(ours.stop, stop)
                self._set_distance(ours.limit, limit)

    def _set_distance(self, ours: state.Distance, distance: Distance | None) -> None:
        if distance is None:
            return
        if distance.percent is not None:
            ours.kind, ours.size = state.BY_PERCENT, distance.percent
        elif distance.amount is not None:
            ours.kind, ours.size = state.BY_AMOUNT, distance.amount
        else:
            ours.kind, ours.size, ours.timeperiod = state.BY_ATR, distance.atr or 0.0, distance.timeperiod
            ours.atr = self._kernel.floats(self._market.true_range(distance.timeperiod))

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
                    self._set_distance(ours.distance, rule.distance)
                    ours.cool_down = rule.cool_down if isinstance(rule, Stop) else 0
                case _:
                    ours.size = rule.percent
        risk.watches = any(isinstance(rule, MaxDrawdown | DailyLoss | Stop | Target) for rule in rules)
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
