"""Risk rules that are watched at every mark: losses of the account, stops and targets of trades (rule P3, phase MARK)."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from engine.agenda import Phase
from engine.trading.risk import DailyLoss, MaxDrawdown, Stop, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.containers.ledger import Ledger
    from engine.containers.order_limits import Breaches, OrderLimits
    from engine.containers.outlet import Outlet
    from engine.market.timeline import Clock
    from engine.trading.distances import AtrOf
    from engine.trading.positions import Trade
    from engine.trading.risk import AnyRiskRule, TradeLimit


class RiskWatch:
    """Looks at each mark while something is held; what it finds is acted on first in the ORDER phase.

    `leave(feed_number, cause)` leaves what is held of a symbol, `withdraw(feed_number, reason, cause)` takes back its waiting
    entries; `opened_by(feed_number)` is the POSITION_OPEN of the trade held, `atr_of(feed_number)` its true range now.
    """

    def __init__(
        self,
        outlet: Outlet,
        clock: Clock,
        ledger: Ledger,
        rules: Sequence[AnyRiskRule],
        *,
        breaches: Breaches,
        limits: OrderLimits,
        day_of: Callable[[int], int],
        atr_of: Callable[[int], AtrOf],
        opened_by: Callable[[int], str],
        leave: Callable[[int, str], None],
        withdraw: Callable[[int, str, str], None],
    ) -> None:
        self._outlet = outlet
        self._clock = clock
        self._ledger = ledger
        self._breaches = breaches
        self._limits = limits
        self._day_of = day_of
        self._atr_of = atr_of
        self._opened_by = opened_by
        self._leave = leave
        self._withdraw = withdraw
        self._of_account = [rule for rule in rules if isinstance(rule, MaxDrawdown | DailyLoss)]
        self._of_trades = [rule for rule in rules if isinstance(rule, Stop | Target)]
        self._latched: dict[int, int | None] = {}
        self._ranges: dict[tuple[int, int], tuple[str, float]] = {}
        self._left: dict[int, str] = {}
        self._is_watching = False
        self._peak = self._last = self._day_start = ledger.cash
        self._day: int | None = None

    def begin(self) -> None:
        """A position was opened: from this step's mark on there is something to watch."""
        if (self._of_account or self._of_trades) and not self._is_watching:
            self._is_watching = True
            self._outlet.wake(self._outlet.agenda.step, Phase.MARK, self._look)

    def _look(self, _: object) -> None:
        index = self._clock.index_at(self._outlet.agenda.step)
        self._look_at_account(index, self._ledger.equity(index))
        for number, trade in enumerate(self._ledger.trades):
            if trade is not None and self._left.get(number) != trade.trade_id:
                self._look_at_trade(number, trade, index)
        self._is_watching = bool(self._ledger.open_positions) and index + 1 < len(self._clock)
        if self._is_watching:
            self._outlet.wake(self._clock.steps.item(index + 1), Phase.MARK, self._look)

    def _look_at_account(self, index: int, equity: float) -> None:
        today = self._day_of(self._outlet.now)
        if today != self._day:
            self._day, self._day_start = today, self._last
        self._peak, self._last = max(self._peak, equity), equity
        for place, rule in enumerate(self._of_account):
            lasting = isinstance(rule, MaxDrawdown)
            until = None if lasting else today
            before = self._peak if lasting else self._day_start
            loss = (1.0 - equity / before) * 100.0 if before > 0.0 else 0.0
            is_latched = place in self._latched and self._latched[place] == until
            if loss >= rule.percent and not is_latched:
                self._latched[place] = until
                self._stop_trading(rule, loss, until, index)

    def _stop_trading(self, rule: MaxDrawdown | DailyLoss, loss: float, until: int | None, index: int) -> None:
        cause = f"{self._outlet.label}:PORTFOLIO_UPDATE:{index + 2}"
        breach = self._breaches.publish(rule.name, (loss, rule.percent), rule.action, cause=cause)
        self._limits.halt(rule.name, until)
        self._outlet.then(Phase.ORDER, self._withdraw_all, (rule.name, breach))
        if rule.action == "flatten":
            self._outlet.then(Phase.ORDER, self._leave_all, breach)

    def _withdraw_all(self, why: tuple[str, str]) -> None:
        rule, breach = why
        for number in range(len(self._clock.feeds)):
            self._withdraw(number, f"halted by {rule}", breach)

    def _leave_all(self, breach: str) -> None:
        for number in range(len(self._clock.feeds)):
            self._leave(number, breach)

    def _look_at_trade(self, number: int, trade: Trade, index: int) -> None:
        close = self._clock.closes[number].item(index)
        for place, rule in enumerate(self._of_trades):
            level = self._level(place, rule, number, trade)
            if not isnan(level) and rule.is_reached(close, level, trade.sign):
                self._end_trade(rule, number, trade, (close, level), index)
                return

    def _level(self, place: int, rule: TradeLimit, number: int, trade: Trade) -> float:
        """Where a rule acts: a share of the entry price moves with it, a true range is that of the trade's first mark."""
        of, money = self._ranges.get((number, place), ("", 0.0))
        if of != trade.trade_id:
            money = rule.distance.money(trade.entry_price, self._atr_of(number))
            if rule.distance.atr is not None and not isnan(money):
                self._ranges[number, place] = trade.trade_id, money
        return rule.level(trade.entry_price, trade.sign, money)

    def _end_trade(
        self, rule: TradeLimit, number: int, trade: Trade, measured: tuple[float, float], index: int
    ) -> None:
        cause, trade_id = self._opened_by(number), trade.trade_id
        breach = self._breaches.publish(rule.name, measured, "exit", cause=cause, trade_id=trade_id)
        self._left[number] = trade_id
        if isinstance(rule, Stop) and rule.cool_down:
            self._limits.cool_down(self._clock.feeds[number].symbol, index + rule.cool_down + 1)
        self._outlet.then(Phase.ORDER, lambda _: self._leave(number, breach))
