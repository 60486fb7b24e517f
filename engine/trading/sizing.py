"""Sizing: how many units an entry asks for (rule P1). Each is its own config struct and a plain callable."""

from typing import Annotated

import msgspec
from msgspec import Meta


class SizingModel(msgspec.Struct, frozen=True, kw_only=True, tag_field="name", forbid_unknown_fields=True):
    """A named sizing with its parameters, as written in a config."""


class FixedQuantity(SizingModel, frozen=True, kw_only=True, tag="fixed_quantity", forbid_unknown_fields=True):
    """The same number of units for every trade."""

    quantity: Annotated[float, Meta(gt=0, description="units")]

    def units(self, equity: float, price: float) -> float:  # noqa: ARG002 - every sizing is asked alike
        """Units to trade."""
        return self.quantity


class FixedNotional(SizingModel, frozen=True, kw_only=True, tag="fixed_notional", forbid_unknown_fields=True):
    """The same amount of money for every trade."""

    notional: Annotated[float, Meta(gt=0, description="quote currency")]

    def units(self, equity: float, price: float) -> float:  # noqa: ARG002 - every sizing is asked alike
        """Units worth `notional` at the decision's close."""
        return self.notional / price


class PercentOfEquity(SizingModel, frozen=True, kw_only=True, tag="percent_of_equity", forbid_unknown_fields=True):
    """A share of the portfolio's equity at the decision."""

    percent: Annotated[float, Meta(gt=0, description="percent of equity: 50 is a half")]

    def units(self, equity: float, price: float) -> float:
        """Units worth that share of the equity at the decision's close; none where equity is gone."""
        return max(equity * (self.percent / 100.0) / price, 0.0)


class AllIn(SizingModel, frozen=True, kw_only=True, tag="all_in", forbid_unknown_fields=True):
    """All of the portfolio's equity at the decision."""

    def units(self, equity: float, price: float) -> float:
        """Units worth the whole equity at the decision's close; none where equity is gone."""
        return max(equity / price, 0.0)


Sizing = FixedQuantity | FixedNotional | PercentOfEquity | AllIn
