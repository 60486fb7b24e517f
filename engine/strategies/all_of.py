"""all_of: in where everybody is in."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from msgspec import Meta

from engine.strategies.columns import Targets
from engine.strategies.combinator import ListCombinator, Part


class AllOf(ListCombinator, frozen=True, kw_only=True, tag="all_of", forbid_unknown_fields=True):
    """Long where all its strategies are long, short where all are short, flat elsewhere."""

    of: Annotated[tuple[Part, ...], Meta(min_length=1, description="the strategies: a list of {name: ..., ...}")]

    def combined(self, targets: Sequence[Targets]) -> Targets:
        """The common target, 0 where there is none."""
        everyone = np.stack(targets)
        return np.where((everyone == everyone[0]).all(axis=0), everyone[0], np.int8(0))
