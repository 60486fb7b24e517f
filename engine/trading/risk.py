"""Risk rules: what a portfolio may not do, and when it must stop (rule P3). Each is its own config struct."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from engine.trading.distances import Distance

if TYPE_CHECKING:
    from engine.trading.accounts import Prospect

_Percent = Annotated[float, Meta(gt=0, description="percent of equity")]
_Loss = Annotated[float, Meta(gt=0, le=100, description="percent of equity: the loss at which it acts")]
_Action = Annotated[
    Literal["halt", "flatten"],
    Meta(description="halt: nothing is entered any more; flatten: what is held is sold at the market, too"),
]


class RiskRule(msgspec.Struct, frozen=True, kw_only=True, tag_field="name", forbid_unknown_fields=True):
    """A named rule with its parameters, as written in a config."""

    @property
    def name(self) -> str:
        """The name it is asked for by, and that a RISK_BREACH gives."""
        return str(self.__struct_config__.tag)


class MaxPosition(RiskRule, frozen=True, kw_only=True, tag="max_position", forbid_unknown_fields=True):
    """Refuses orders that would make one position worth more than a share of equity."""

    percent: _Percent

    def measured(self, prospect: Prospect) -> tuple[float, float]:
        """What the position would be, and what it may be, in percent of equity."""
        return prospect.share(prospect.worth), self.percent


class MaxGrossExposure(RiskRule, frozen=True, kw_only=True, tag="max_gross_exposure", forbid_unknown_fields=True):
    """Refuses orders that would make all positions, longs and shorts added, worth more than a share of equity."""

    percent: _Percent

    def measured(self, prospect: Prospect) -> tuple[float, float]:
        """What they would be, and what they may be, in percent of equity."""
        return prospect.share(prospect.gross), self.percent


class MaxOpenPositions(RiskRule, frozen=True, kw_only=True, tag="max_open_positions", forbid_unknown_fields=True):
    """Refuses orders that would open positions in more symbols than so many."""

    count: Annotated[int, Meta(ge=1, description="symbols held at once")]

    def measured(self, prospect: Prospect) -> tuple[float, float]:
        """The symbols that would be held, and that may be."""
        return float(prospect.positions), float(self.count)


class MaxDrawdown(RiskRule, frozen=True, kw_only=True, tag="max_drawdown", forbid_unknown_fields=True):
    """Acts once, for good, when equity at a close is so far below its highest."""

    percent: _Loss
    action: _Action = "halt"


class DailyLoss(RiskRule, frozen=True, kw_only=True, tag="daily_loss", forbid_unknown_fields=True):
    """Acts for the rest of the day when equity at a close is so far below that of the day before."""

    percent: _Loss
    action: _Action = "halt"


class Stop(RiskRule, frozen=True, kw_only=True, tag="stop", forbid_unknown_fields=True):
    """Leaves a trade at the market once a close is so far on the wrong side of its average entry price."""

    loss: Annotated[Distance, Meta(description="how far: {percent: 5}, {amount: 2} or {atr: 2}")]
    cool_down: Annotated[int, Meta(ge=0, description="bars after it in which the symbol is not entered again")] = 0

    def level(self, entry_price: float, sign: int, money: float) -> float:
        """The price at which it acts, `money` from the entry."""
        return entry_price - sign * money

    def is_reached(self, close: float, level: float, sign: int) -> bool:
        """Whether a close is at the level or beyond."""
        return sign * (close - level) <= 0.0

    @property
    def distance(self) -> Distance:
        """How far the level is from the entry price."""
        return self.loss


class Target(RiskRule, frozen=True, kw_only=True, tag="target", forbid_unknown_fields=True):
    """Leaves a trade at the market once a close is so far on the right side of its average entry price."""

    profit: Annotated[Distance, Meta(description="how far: {percent: 5}, {amount: 2} or {atr: 2}")]

    def level(self, entry_price: float, sign: int, money: float) -> float:
        """The price at which it acts, `money` from the entry."""
        return entry_price + sign * money

    def is_reached(self, close: float, level: float, sign: int) -> bool:
        """Whether a close is at the level or beyond."""
        return sign * (close - level) >= 0.0

    @property
    def distance(self) -> Distance:
        """How far the level is from the entry price."""
        return self.profit


OrderLimit = MaxPosition | MaxGrossExposure | MaxOpenPositions
AccountLimit = MaxDrawdown | DailyLoss
TradeLimit = Stop | Target
AnyRiskRule = OrderLimit | AccountLimit | TradeLimit
