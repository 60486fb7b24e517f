"""Users' own cost models and sizings, made to look like the built-in ones, with their answers checked (rules X8, P1)."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from engine.blame import ReturnedError, returned_by
from engine.plain import NotPlainError, as_number, shown
from engine.users_calls import UsersCalls

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.trading.deals import Deal
    from engine.trading.sizing import Entry

    Answer = Callable[[Any], object]


class BadModelError(ReturnedError):
    """A user's model answered with something that is no cost or no quantity."""


class OwnModelCode:
    """A user's model, `made` when it is first asked: what that raises is raised in the lane that asks."""

    def __init__(self, path: str, make: Callable[[], Answer]) -> None:
        self._path = path
        self._make = make
        self._answer: Answer | None = None
        self._calls: UsersCalls | None = None

    def _number(self, asked: object, kind: str) -> float:
        """What the model answers.

        Raises:
            BadModelError: if that is no number.
        """
        if self._calls is None or self._answer is None:
            self._calls = UsersCalls(self._path)
            self._answer = self._calls(self._make)
        answer = self._calls(self._answer, asked)
        try:
            return as_number("", answer)
        except NotPlainError:
            raise self._wrong(answer, f"expected {kind}, as a number") from None

    def _finite(self, asked: object, kind: str) -> float:
        number = self._number(asked, kind)
        if not isfinite(number):
            raise self._wrong(number, f"expected {kind}, as a finite number")
        return number

    def _wrong(self, answer: object, why: str) -> BadModelError:
        return returned_by(BadModelError(f"{self._path} returned {shown(answer)}: {why}"), self._answer)


class OwnCommission(OwnModelCode):
    """A user's commission model. Below zero is a rebate."""

    def commission(self, deal: Deal) -> float:
        """What the user's code charges, in quote currency.

        Raises:
            BadModelError: unless that is a finite number.
        """
        return self._finite(deal, "money")


class OwnSlippage(OwnModelCode):
    """A user's slippage model."""

    def distance(self, deal: Deal) -> float:
        """By how much the user's code worsens the price, quote currency per unit.

        Raises:
            BadModelError: unless that is a finite number of at least zero.
        """
        distance = self._finite(deal, "a distance from the price")
        if distance < 0.0:
            raise self._wrong(distance, "slippage never helps an order")
        return distance


class OwnSizing(OwnModelCode):
    """A user's sizing. NaN, zero and the like make an order that is rejected; the run goes on."""

    def units(self, entry: Entry) -> float:
        """The units the user's code asks for.

        Raises:
            BadModelError: if that is no number at all.
        """
        return self._number(entry, "units")

    def unknown(self, entry: Entry) -> str:  # noqa: ARG002 - every sizing is asked alike
        """What kept it from a size where it has none."""
        return f"{self._path} returned nan"
