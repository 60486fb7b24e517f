"""invert: the opposite."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from engine.strategies.columns import Targets
from engine.strategies.combinator import Part, SingleCombinator


class Invert(SingleCombinator, frozen=True, kw_only=True, tag="invert", forbid_unknown_fields=True):
    """Short where its strategy is long, long where it is short."""

    of: Annotated[Part, Meta(description="the strategy: {name: ..., ...}")]

    def combined(self, targets: Sequence[Targets]) -> Targets:
        """The target with the other sign."""
        return -targets[0]
