"""Bollinger mean reversion: closes outside the bands."""

from typing import Annotated

from msgspec import Meta

from engine.strategies.columns import BuiltinStrategy, Columns, Side, Targets, revert


class BollingerReversion(
    BuiltinStrategy, frozen=True, kw_only=True, tag="bollinger_reversion", forbid_unknown_fields=True
):
    """Buys a close below the lower band, sells short one above the upper band, and leaves at the middle band."""

    bands: Annotated[str, Meta(description="name of the BBANDS feature, or of another with upper, middle and lower")]
    direction: Annotated[Side, Meta(description="which of the two it takes: long, short, or both")] = "long"

    def columns(self) -> tuple[str, ...]:
        """The close and the three bands."""
        return ("close", f"{self.bands}.upper", f"{self.bands}.middle", f"{self.bands}.lower")

    def targets(self, columns: Columns) -> Targets:
        """Target direction per bar. The first bar at which the bands are known may decide."""
        close, upper, middle, lower = (columns[name] for name in self.columns())
        return revert(close < lower, close > upper, close >= middle, close <= middle, self.direction)
