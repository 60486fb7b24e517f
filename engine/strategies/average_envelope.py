"""Moving-average envelope: an average with a margin of some percent on both sides."""

from typing import Annotated, Literal

from msgspec import Meta

from engine.strategies.columns import BuiltinStrategy, Columns, Side, Targets, revert


class AverageEnvelope(BuiltinStrategy, frozen=True, kw_only=True, tag="average_envelope", forbid_unknown_fields=True):
    """Trades closes outside an envelope around a moving average, against them or with them, until the average."""

    average: Annotated[str, Meta(description="name of the moving average")]
    percent: Annotated[float, Meta(gt=0, lt=100, description="distance of the envelope from the average, in percent")]
    mode: Annotated[
        Literal["revert", "follow"],
        Meta(description="revert: long below the envelope, short above; follow: long above, short below"),
    ] = "revert"
    direction: Annotated[Side, Meta(description="which of the two it takes: long, short, or both")] = "long"

    def columns(self) -> tuple[str, ...]:
        """The close and the average."""
        return ("close", self.average)

    def targets(self, columns: Columns) -> Targets:
        """Target direction per bar; out again at a close beyond the average. The first known bar may decide."""
        close, average = columns["close"], columns[self.average]
        margin = average * (self.percent / 100.0)
        above, below = close > average + margin, close < average - margin
        if self.mode == "revert":
            return revert(below, above, close >= average, close <= average, self.direction)
        return revert(above, below, close <= average, close >= average, self.direction)
