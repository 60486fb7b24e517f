"""Time-series momentum: the sign of a market's own past return.

Moskowitz, Ooi and Pedersen, Time Series Momentum, Journal of Financial Economics 104 (2012).
"""

from typing import Annotated

from msgspec import Meta

from engine.strategies.columns import BuiltinStrategy, Columns, Side, Targets, earlier, follow


class TimeSeriesMomentum(
    BuiltinStrategy, frozen=True, kw_only=True, tag="time_series_momentum", forbid_unknown_fields=True
):
    """Goes with the return of the last bars: long after a rise, flat or short after a fall."""

    lookback: Annotated[int, Meta(ge=1, description="bars over which the return is taken")]
    skip: Annotated[int, Meta(ge=0, description="latest bars left out of it, against short-term reversal")] = 0
    direction: Annotated[
        Side, Meta(description="long: in after a rise, out after a fall; short: mirrored; both: reverses")
    ] = "long"

    def columns(self) -> tuple[str, ...]:
        """The close."""
        return ("close",)

    def targets(self, columns: Columns) -> Targets:
        """Target direction per bar: the close `skip` bars ago against that `lookback` bars before it.

        A return of exactly zero changes nothing. The first bar that looks back far enough may decide.
        """
        close = columns["close"]
        now, before = earlier(close, self.skip), earlier(close, self.skip + self.lookback)
        return follow(now > before, now < before, self.direction)
