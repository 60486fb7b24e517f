"""vote: in where enough of them are in."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from msgspec import Meta

from engine.strategies.columns import Targets
from engine.strategies.combinator import ListCombinator, Part


class Vote(ListCombinator, frozen=True, kw_only=True, tag="vote", forbid_unknown_fields=True):
    """Long where enough of its strategies are long and more than are short, short the other way round, else flat."""

    of: Annotated[tuple[Part, ...], Meta(min_length=1, description="the strategies: a list of {name: ..., ...}")]
    at_least: (
        Annotated[int, Meta(ge=1, description="how many are enough; more than half of them without it")] | None
    ) = None

    def fault(self) -> tuple[str, str] | None:
        """More votes than there are voters would never trade."""
        most = len(self.of)
        return (
            None if (self.at_least or 1) <= most else ("at_least", f"expected at most {most}: there are no more in it")
        )

    def combined(self, targets: Sequence[Targets]) -> Targets:
        """The side that wins the vote, 0 where none does."""
        everyone = np.stack(targets)
        enough = self.at_least or len(targets) // 2 + 1
        longs, shorts = (everyone > 0).sum(axis=0), (everyone < 0).sum(axis=0)
        long, short = (longs >= enough) & (longs > shorts), (shorts >= enough) & (shorts > longs)
        return np.where(long, np.int8(1), np.where(short, np.int8(-1), np.int8(0)))
