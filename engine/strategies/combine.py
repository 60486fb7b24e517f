"""Several strategies of one portfolio become one decision: rules over what each of them wants (rule L1, DECIDE)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from collections.abc import Sequence


class Opinion(NamedTuple):
    """What one strategy wants of a symbol: `sign` +1, 0 or -1, `strength` 0 to 1; `weight` is the portfolio's of it."""

    weight: float
    sign: int
    strength: float


class CombineRule(msgspec.Struct, frozen=True, kw_only=True, tag_field="name", forbid_unknown_fields=True):
    """A named rule with its parameters, as written in a config."""

    weights: Annotated[
        dict[str, Annotated[float, Meta(gt=0)]],
        Meta(description="by strategy container (or the portfolio's own id); 1 without"),
    ] = {}

    @property
    def name(self) -> str:
        """The name it is asked for by."""
        return str(self.__struct_config__.tag)


class CombineVote(CombineRule, frozen=True, kw_only=True, tag="vote", forbid_unknown_fields=True):
    """The direction that has more than half of all weight; flat where none has."""

    def combined(self, opinions: Sequence[Opinion]) -> tuple[int, float]:
        """Sign and strength: the winner's share of the weight."""
        total, of_sign = 0.0, {1: 0.0, 0: 0.0, -1: 0.0}
        for opinion in opinions:
            total += opinion.weight
            of_sign[opinion.sign] += opinion.weight
        return next(((sign, of_sign[sign] / total) for sign in (1, -1) if of_sign[sign] > total / 2.0), (0, 1.0))


class CombinePriority(CombineRule, frozen=True, kw_only=True, tag="priority", forbid_unknown_fields=True):
    """What the first strategy wants that is not flat: the heaviest first, then in the order of the inputs."""

    def combined(self, opinions: Sequence[Opinion]) -> tuple[int, float]:
        """Sign and strength of the one that decides."""
        ranked = sorted(opinions, key=lambda opinion: -opinion.weight)
        return next(((opinion.sign, opinion.strength) for opinion in ranked if opinion.sign), (0, 1.0))


class CombineWeighted(CombineRule, frozen=True, kw_only=True, tag="weighted", forbid_unknown_fields=True):
    """The side of the weighted mean of what all want, each by its strength; flat where that is too small."""

    threshold: Annotated[
        float, Meta(ge=0, lt=1, description="the mean must be beyond this to count: 1 is everybody, fully")
    ] = 0.0

    def combined(self, opinions: Sequence[Opinion]) -> tuple[int, float]:
        """Sign and strength: the size of the mean."""
        total = score = 0.0
        for opinion in opinions:
            total += opinion.weight
            score += opinion.weight * opinion.sign * opinion.strength
        mean = score / total
        return (1 if mean > 0.0 else -1, min(abs(mean), 1.0)) if abs(mean) > self.threshold else (0, 1.0)


Combine = CombineVote | CombinePriority | CombineWeighted
