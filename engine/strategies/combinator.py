"""Combinators: strategies made of other strategies over columns, built in or the user's own."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from engine.strategies.columns import BuiltinStrategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine.strategies.columns import Targets

Part = msgspec.Struct
"""A strategy inside another: built in, or a component of the user's own, which only the plan knows how to load."""


class Combinator(BuiltinStrategy, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A strategy whose targets are made of those of others, symbol by symbol."""

    @abstractmethod
    def parts(self) -> tuple[Part, ...]:
        """The strategies inside it, in order."""

    @abstractmethod
    def combined(self, targets: Sequence[Targets]) -> Targets:
        """Its targets on one symbol, from those of its parts in order: int8, shape (n_bars,) each."""

    def columns(self) -> tuple[str, ...]:
        """The columns that its built-in parts read."""
        return tuple(name for part in self.parts() if isinstance(part, BuiltinStrategy) for name in part.columns())


class ListCombinator(Combinator, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A combinator of several strategies."""

    of: tuple[Part, ...]

    def parts(self) -> tuple[Part, ...]:
        """The strategies of the list."""
        return self.of


class SingleCombinator(Combinator, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A combinator of one strategy."""

    of: Part

    def parts(self) -> tuple[Part, ...]:
        """The one strategy."""
        return (self.of,)


@dataclass(frozen=True, slots=True)
class Combination:
    """A combinator with its parts as they can be asked for targets."""

    rule: Combinator
    parts: tuple[object, ...]


def assembled(part: Part, made: Callable[[Part], object]) -> object:
    """The strategy with every part that is not built in replaced by what `made` makes of it."""
    if isinstance(part, Combinator):
        return Combination(part, tuple(assembled(inner, made) for inner in part.parts()))
    return part if isinstance(part, BuiltinStrategy) else made(part)


def leaves(part: Part, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Part]]:
    """The strategies that are no combinators, each with where it stands inside `part`."""
    match part:
        case ListCombinator():
            for number, inner in enumerate(part.of):
                yield from leaves(inner, (*path, "of", number))
        case SingleCombinator():
            yield from leaves(part.of, (*path, "of"))
        case _:
            yield path, part
