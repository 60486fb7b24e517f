"""Donchian breakout: a close beyond the channel of the bars before."""

from typing import Annotated

from msgspec import Meta

from engine.strategies.columns import BuiltinStrategy, Columns, Side, Targets, earlier, follow


class DonchianBreakout(BuiltinStrategy, frozen=True, kw_only=True, tag="donchian_breakout", forbid_unknown_fields=True):
    """Follows a close above the highest high, or below the lowest low, of the bars before."""

    upper: Annotated[str, Meta(description="name of the upper channel, such as {indicator: MAX, input: high}")]
    lower: Annotated[str, Meta(description="name of the lower channel, such as {indicator: MIN, input: low}")]
    direction: Annotated[
        Side, Meta(description="long: in above the channel, out below it; short: mirrored; both: reverses")
    ] = "long"

    def columns(self) -> tuple[str, ...]:
        """The close and the channel."""
        return ("close", self.upper, self.lower)

    def targets(self, columns: Columns) -> Targets:
        """Target direction per bar. The close is held against the channel as it stood one bar before.

        So the first bar after the one at which the channel is first known may decide.
        """
        close = columns["close"]
        return follow(close > earlier(columns[self.upper], 1), close < earlier(columns[self.lower], 1), self.direction)
