"""cool_down: a pause after each position."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

import numpy as np
from msgspec import Meta

from engine.strategies.columns import Targets
from engine.strategies.combinator import Part, SingleCombinator


class CoolDown(SingleCombinator, frozen=True, kw_only=True, tag="cool_down", forbid_unknown_fields=True):
    """Follows its strategy, but stays flat for this many bars after it left a position; a reversal waits as well."""

    of: Annotated[Part, Meta(description="the strategy: {name: ..., ...}")]
    bars: Annotated[int, Meta(ge=1, description="bars at whose close it is flat, that of the exit included")]

    def combined(self, targets: Sequence[Targets]) -> Targets:
        """The strategy's targets, 0 during each pause; a wish that outlasts the pause is followed late."""
        wanted = targets[0]
        starts = np.flatnonzero(np.diff(wanted, prepend=np.int8(0)))
        followed, free = np.zeros_like(wanted), 0
        for start, end in pairwise([*starts.tolist(), len(wanted)]):
            entered = max(start, free)
            if wanted[start] and entered < end:
                followed[entered:end] = wanted[start]
                free = end + self.bars
        return followed
