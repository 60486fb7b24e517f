"""Cost models: what a fill costs beside its price (rule X8). Each is its own config struct and a plain callable."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from engine.events import Side


class CostModel(msgspec.Struct, frozen=True, kw_only=True, tag_field="name", forbid_unknown_fields=True):
    """A named model with its parameters, as written in a config."""


class Percent(CostModel, frozen=True, kw_only=True, tag="percent", forbid_unknown_fields=True):
    """Commission as a percentage of the fill's notional."""

    percent: Annotated[float, Meta(ge=0, description="percent of notional: 0.1 is one thousandth")]
    minimum: Annotated[float, Meta(ge=0, description="least commission of a fill, in quote currency")] = 0.0
    maximum: Annotated[float, Meta(ge=0, description="most commission of a fill, in quote currency")] | None = None

    def commission(self, quantity: float, price: float) -> float:
        """The commission in quote currency for `quantity` units (positive) at `price`."""
        return _between(quantity * price * (self.percent / 100.0), self.minimum, self.maximum)


class PerShare(CostModel, frozen=True, kw_only=True, tag="per_share", forbid_unknown_fields=True):
    """Commission as an amount for each unit."""

    amount: Annotated[float, Meta(ge=0, description="quote currency per unit")]
    minimum: Annotated[float, Meta(ge=0, description="least commission of a fill, in quote currency")] = 0.0
    maximum: Annotated[float, Meta(ge=0, description="most commission of a fill, in quote currency")] | None = None

    def commission(self, quantity: float, price: float) -> float:  # noqa: ARG002 - every commission model is asked alike
        """The commission in quote currency for `quantity` units (positive), whatever the price."""
        return _between(quantity * self.amount, self.minimum, self.maximum)


class BasisPoints(CostModel, frozen=True, kw_only=True, tag="basis_points", forbid_unknown_fields=True):
    """Slippage as basis points of the price, always against the order."""

    bps: Annotated[float, Meta(ge=0, lt=10_000, description="basis points of the price: 1 is 0.01%")]

    def offset(self, side: Side, price: float) -> float:
        """What to add to `price`: positive for a buy, negative for a sell."""
        distance = price * (self.bps / 10_000.0)
        return distance if side == "buy" else -distance


CommissionModel = Percent | PerShare
SlippageModel = BasisPoints
FillAt = Literal["next_open", "next_close"]


class Terms(msgspec.Struct, frozen=True):
    """The terms on which an execution container fills orders; models are applied one after another and added up."""

    fill_at: FillAt = "next_open"
    commissions: tuple[CommissionModel, ...] = ()
    slippages: tuple[SlippageModel, ...] = ()

    def commission(self, quantity: float, price: float) -> float:
        """The commission of a fill in quote currency."""
        total = 0.0
        for model in self.commissions:
            total += model.commission(quantity, price)
        return total

    def slipped(self, side: Side, price: float) -> float:
        """The price after slippage; every model is applied to the price before slippage."""
        slipped = price
        for model in self.slippages:
            slipped += model.offset(side, price)
        return slipped


def _between(amount: float, minimum: float, maximum: float | None) -> float:
    raised = max(amount, minimum)
    return raised if maximum is None else min(raised, maximum)
