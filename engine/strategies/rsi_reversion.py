"""RSI mean reversion: an oscillator at its extremes."""

from typing import Annotated

from msgspec import Meta

from engine.strategies.columns import BuiltinStrategy, Columns, Side, Targets, revert


class RsiReversion(BuiltinStrategy, frozen=True, kw_only=True, tag="rsi_reversion", forbid_unknown_fields=True):
    """Buys when the RSI is low, sells short when it is high, and leaves when it is back at the middle."""

    rsi: Annotated[str, Meta(description="name of the RSI feature, or of any other oscillator")]
    low: Annotated[float, Meta(description="long below this, in the units of the feature")] = 30.0
    high: Annotated[float, Meta(description="short above this")] = 70.0
    middle: Annotated[float, Meta(description="out of the long above this, out of the short below it")] = 50.0
    direction: Annotated[Side, Meta(description="which of the two it takes: long, short, or both")] = "long"

    def columns(self) -> tuple[str, ...]:
        """The oscillator."""
        return (self.rsi,)

    def fault(self) -> tuple[str, str] | None:
        """The three levels rise: at one bar nothing may be both entered and left."""
        return None if self.low <= self.middle <= self.high else ("middle", "expected a level from low to high")

    def targets(self, columns: Columns) -> Targets:
        """Target direction per bar. Levels need no bar before, so the first bar at which the RSI is known may decide."""
        rsi = columns[self.rsi]
        return revert(rsi < self.low, rsi > self.high, rsi > self.middle, rsi < self.middle, self.direction)
