"""any_of: in where somebody is in."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from msgspec import Meta

from engine.strategies.columns import Targets
from engine.strategies.combinator import ListCombinator, Part


class AnyOf(ListCombinator, frozen=True, kw_only=True, tag="any_of", forbid_unknown_fields=True):
    """Long where one of its strategies is long and none short, short the other way round, flat elsewhere."""

    of: Annotated[tuple[Part, ...], Meta(min_length=1, description="the strategies: a list of {name: ..., ...}")]

    def combined(self, targets: Sequence[Targets]) -> Targets:
        """The target of those that are in; 0 where they contradict each other."""
        everyone = np.stack(targets)
        long, short = (everyone == 1).any(axis=0), (everyone == -1).any(axis=0)
        return np.where(long & ~short, np.int8(1), np.where(short & ~long, np.int8(-1), np.int8(0)))
