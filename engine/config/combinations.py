"""The combinations of a sweep: its axes, every point of one with every point of the others, and a condition."""

import itertools
import math
from collections.abc import Iterable, Iterator

import msgspec

from engine.config.node import Scalar
from engine.config.scalars import NotReadableError, read_number
from tracing.expression import Expression

Combination = dict[str, Scalar]


class Axis(msgspec.Struct, frozen=True):
    """Parameters that change together, and the values they take in turn: one for each parameter at each point."""

    names: tuple[str, ...]
    points: tuple[tuple[Scalar, ...], ...]


class Sweep(msgspec.Struct, frozen=True):
    """The axes of a sweep, and the condition that its combinations must meet."""

    axes: tuple[Axis, ...]
    where: Expression | None

    @property
    def size(self) -> int:
        """How many combinations there are before the condition."""
        return math.prod(len(axis.points) for axis in self.axes)

    def combinations(self) -> Iterator[Combination]:
        """Every combination that counts; the last axis changes fastest."""
        names = [name for axis in self.axes for name in axis.names]
        axes = [[[(value, plain(value)) for value in point] for point in axis.points] for axis in self.axes]
        for chosen in itertools.product(*axes):
            pairs = [*itertools.chain.from_iterable(chosen)]
            seen = {name: pair[1] for name, pair in zip(names, pairs, strict=True)}
            if self.where is None or self.where.evaluate(seen.__getitem__):
                yield {name: pair[0] for name, pair in zip(names, pairs, strict=True)}

    def values(self, name: str) -> Iterable[Scalar]:
        """The values of a parameter, point by point."""
        for axis in self.axes:
            if name in axis.names:
                place = axis.names.index(name)
                return (point[place] for point in axis.points)
        return ()


def plain(value: Scalar) -> float | str | None:
    """The value as a condition sees it: a number where it is written as one, else its text."""
    if value.is_null:
        return None
    try:
        return read_number(value)
    except NotReadableError:
        return value.text
