"""Columns and features by name, as a strategy of the user's own is given them."""

from __future__ import annotations

from typing import NoReturn, TypeVar

from engine.guesses import nearest

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
