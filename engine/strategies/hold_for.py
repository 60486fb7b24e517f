"""hold_for: in when its strategy says so, out after a number of bars."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from msgspec import Meta

from engine.strategies.columns import Targets
from engine.strategies.combinator import Part, SingleCombinator


class HoldFor(SingleCombinator, frozen=True, kw_only=True, tag="hold_for", forbid_unknown_fields=True):
    """Enters with its strategy and leaves after exactly this many bars, whatever the strategy says meanwhile.

    Then it waits until the strategy enters anew, at a later bar than the one at which it left.
    """

    of: Annotated[Part, Meta(description="the strategy that says when to enter: {name: ..., ...}")]
    bars: Annotated[int, Meta(ge=1, description="bars from the decision to enter to the decision to leave")]

    def combined(self, targets: Sequence[Targets]) -> Targets:
        """Stretches of `bars` targets, each begun by a change of the strategy to +1 or -1 that came while flat."""
        wanted = targets[0]
        entries = np.flatnonzero((np.diff(wanted, prepend=np.int8(0)) != 0) & (wanted != 0))
        held, left = np.zeros_like(wanted), -1
        for entry in entries.tolist():
            if entry > left:
                left = entry + self.bars
                held[entry:left] = wanted[entry]
        return held
