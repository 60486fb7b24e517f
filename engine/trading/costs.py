"""Cost models: what a fill costs beside its price (rule X8). Each is its own config struct and a plain callable.

A commission model answers `commission(deal)`: money, in quote currency. A slippage model answers `distance(deal)`: by how
much each unit gets dearer or cheaper, quote currency per unit, never negative. Which way that hurts is not its business.
"""

from math import sqrt
from typing import Annotated, Literal, Protocol

import msgspec
from msgspec import Meta

from engine.events import Side
from engine.trading.deals import Deal

_Minimum = Annotated[float, Meta(ge=0, description="least commission of a fill, in quote currency")]
_Maximum = Annotated[float, Meta(ge=0, description="most commission of a fill, in quote currency")] | None


class CostModel(msgspec.Struct, frozen=True, kw_only=True, tag_field="name", forbid_unknown_fields=True):
    """A named model with its parameters, as written in a config."""


class Percent(CostModel, frozen=True, kw_only=True, tag="percent", forbid_unknown_fields=True):
    """Commission as a percentage of the fill's notional."""

    percent: Annotated[float, Meta(ge=0, description="percent of notional: 0.1 is one thousandth")]
    minimum: _Minimum = 0.0
    maximum: _Maximum = None

    def commission(self, deal: Deal) -> float:
        """That share of what is bought or sold."""
        return _between(deal.notional * (self.percent / 100.0), self.minimum, self.maximum)


class PerShare(CostModel, frozen=True, kw_only=True, tag="per_share", forbid_unknown_fields=True):
    """Commission as an amount for each unit."""

    amount: Annotated[float, Meta(ge=0, description="quote currency per unit")]
    minimum: _Minimum = 0.0
    maximum: _Maximum = None

    def commission(self, deal: Deal) -> float:
        """The same for each unit, whatever the price."""
        return _between(deal.quantity * self.amount, self.minimum, self.maximum)


class PerTrade(CostModel, frozen=True, kw_only=True, tag="per_trade", forbid_unknown_fields=True):
    """Commission as a fixed amount for each fill."""

    amount: Annotated[float, Meta(ge=0, description="quote currency per fill")]

    def commission(self, deal: Deal) -> float:  # noqa: ARG002 - every commission model is asked alike
        """The same for each fill."""
        return self.amount


class Tier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is charged on the part of the money above a threshold, up to the next tier's."""

    above: Annotated[float, Meta(ge=0, description="threshold in quote currency; 0 for the first tier")]
    percent: Annotated[float, Meta(ge=0, description="percent of that part of the notional")]


class Tiered(CostModel, frozen=True, kw_only=True, tag="tiered", forbid_unknown_fields=True):
    """Commission as percentages of the notional that change with size, each part of a fill at its own tier."""

    tiers: Annotated[list[Tier], Meta(min_length=1, description="in rising order, the first above 0: {above, percent}")]
    over: Annotated[
        Literal["fill", "month"],
        Meta(
            description="what thresholds measure: one fill, or all that the portfolio traded in a calendar month (UTC)"
        ),
    ] = "fill"
    minimum: _Minimum = 0.0
    maximum: _Maximum = None

    def commission(self, deal: Deal) -> float:
        """The sum over the tiers of their share of the fill, as income tax is reckoned."""
        start = deal.traded_in_month if self.over == "month" else 0.0
        end = start + deal.notional
        total = 0.0
        for number, tier in enumerate(self.tiers):
            following = self.tiers[number + 1].above if number + 1 < len(self.tiers) else end
            part = max(min(end, following) - max(start, tier.above), 0.0)
            total += part * (tier.percent / 100.0)
        return _between(total, self.minimum, self.maximum)


class BasisPoints(CostModel, frozen=True, kw_only=True, tag="basis_points", forbid_unknown_fields=True):
    """Slippage as basis points of the price, always against the order."""

    bps: Annotated[float, Meta(ge=0, lt=10_000, description="basis points of the price: 1 is 0.01%")]

    def distance(self, deal: Deal) -> float:
        """That share of the price."""
        return deal.price * (self.bps / 10_000.0)


class Ticks(CostModel, frozen=True, kw_only=True, tag="ticks", forbid_unknown_fields=True):
    """Slippage as a number of price steps, always against the order."""

    ticks: Annotated[float, Meta(ge=0, description="price steps that a fill loses")]
    tick_size: Annotated[float, Meta(gt=0, description="one price step, in quote currency per unit")]

    def distance(self, deal: Deal) -> float:  # noqa: ARG002 - every slippage model is asked alike
        """So many steps."""
        return self.ticks * self.tick_size


class RangeFraction(CostModel, frozen=True, kw_only=True, tag="range_fraction", forbid_unknown_fields=True):
    """Slippage as a fraction of the range of the bar that fills, always against the order."""

    fraction: Annotated[float, Meta(ge=0, description="of high - low: 0.1 is a tenth")]

    def distance(self, deal: Deal) -> float:
        """That fraction of high - low."""
        return self.fraction * (deal.high - deal.low)


class SquareRootImpact(CostModel, frozen=True, kw_only=True, tag="square_root_impact", forbid_unknown_fields=True):
    """Slippage that grows with the square root of the fill's share of the bar's volume, always against the order."""

    coefficient: Annotated[
        float,
        Meta(
            ge=0, description="fraction of the price lost by a fill as large as the bar's volume; about its volatility"
        ),
    ]

    def distance(self, deal: Deal) -> float:
        """Price x coefficient x sqrt(quantity / volume); a bar without volume is taken for as large as the fill.

        Source: the square-root law of market impact, R. Grinold and R. Kahn, Active Portfolio Management, 2nd edition,
        1999, chapter 16; R. Almgren et al., Direct estimation of equity market impact, Risk 18(7), 2005.
        """
        share = deal.quantity / deal.volume if deal.volume > 0.0 else 1.0
        return deal.price * (self.coefficient * sqrt(share))


CommissionModel = Percent | PerShare | PerTrade | Tiered
SlippageModel = BasisPoints | Ticks | RangeFraction | SquareRootImpact
FillAt = Literal["next_open", "next_close"]


class Commission(Protocol):
    """Anything that charges commission: a built-in model or a user's own."""

    def commission(self, deal: Deal) -> float:
        """Money, in quote currency."""


class Slippage(Protocol):
    """Anything that worsens a price: a built-in model or a user's own."""

    def distance(self, deal: Deal) -> float:
        """Quote currency per unit, never negative."""


class Terms(msgspec.Struct, frozen=True):
    """The terms on which an execution container fills orders; models are applied one after another and added up."""

    fill_at: FillAt = "next_open"
    commissions: tuple[Commission, ...] = ()
    slippages: tuple[Slippage, ...] = ()
    participation: float | None = None

    @property
    def are_free(self) -> bool:
        """Whether fills cost nothing beside their price."""
        return not self.commissions and not self.slippages

    def commission(self, deal: Deal) -> float:
        """The commission of a fill in quote currency."""
        total = 0.0
        for model in self.commissions:
            total += model.commission(deal)
        return total

    def slipped(self, deal: Deal, limit: float | None = None) -> float:
        """The price after slippage: higher for a buy, lower for a sell, never below zero nor beyond `limit`.

        Every model is asked at the price before slippage.
        """
        distance = 0.0
        for model in self.slippages:
            distance += model.distance(deal)
        return _against(deal.side, deal.price, distance, limit)


def _against(side: Side, price: float, distance: float, limit: float | None) -> float:
    if side == "buy":
        slipped = price + distance
        return slipped if limit is None else max(min(slipped, limit), price)
    slipped = max(price - distance, 0.0)
    return slipped if limit is None else min(max(slipped, limit), price)


def _between(amount: float, minimum: float, maximum: float | None) -> float:
    raised = max(amount, minimum)
    return raised if maximum is None else min(raised, maximum)
