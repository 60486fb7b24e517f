"""Names that a user's code or config gets wrong: the nearest one that exists."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

Value = TypeVar("Value")


class UnknownNameError(KeyError):
    """A strategy asked for a column or feature that does not reach it."""

    def __str__(self) -> str:
        """The message as it is: KeyError would quote it."""
        return str(self.args[0])


class Readable(dict[str, Value]):
    """Columns or features by name: one that is not there is answered with those that are."""

    def __missing__(self, name: str) -> NoReturn:
        """Tells the nearest name, or all.

        Raises:
            UnknownNameError: always.
        """
        known = nearest(str(name), self) or f"; there are {', '.join(self) or 'none'}"
        raise UnknownNameError(f"no column or feature called {name!r} arrives here{known}")


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` with the name closest to `word`, empty if none is close."""
    near = get_close_matches(word, list(known), 1)
    return f"; did you mean {near[0]!r}?" if near else ""
