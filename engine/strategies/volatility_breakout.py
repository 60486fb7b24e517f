"""Volatility breakout: a move that is large for the market's usual range.

Larry Williams, Long-Term Secrets to Short-Term Trading (1999), on closes instead of intraday stops.
"""

from typing import Annotated

from msgspec import Meta

from engine.strategies.columns import BuiltinStrategy, Columns, Side, Targets, earlier, follow


class VolatilityBreakout(
    BuiltinStrategy, frozen=True, kw_only=True, tag="volatility_breakout", forbid_unknown_fields=True
):
    """Follows a close that moved further from the close before than some multiple of the usual range."""

    range: Annotated[str, Meta(description="name of the usual range in price units, such as {indicator: ATR}")]
    multiple: Annotated[float, Meta(gt=0, description="how many ranges make a breakout")] = 1.0
    direction: Annotated[
        Side, Meta(description="long: in on a move up, out on a move down; short: mirrored; both: reverses")
    ] = "long"

    def columns(self) -> tuple[str, ...]:
        """The close and the range."""
        return ("close", self.range)

    def targets(self, columns: Columns) -> Targets:
        """Target direction per bar; the range is that of one bar before, without the move it is to judge.

        So the first bar after the one at which the range is first known may decide.
        """
        close = columns["close"]
        before, margin = earlier(close, 1), earlier(columns[self.range], 1) * self.multiple
        return follow(close > before + margin, close < before - margin, self.direction)
