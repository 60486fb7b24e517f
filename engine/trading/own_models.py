"""Users' own cost models and sizings, made to look like the built-in ones, with their answers checked (rules X8, P1)."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from numbers import Real
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.trading.deals import Deal
    from engine.trading.sizing import Entry


class BadModelError(ValueError):
    """A user's model answered with something that is no cost or no quantity."""


@dataclass(frozen=True, slots=True)
class OwnCommission:
    """A user's commission model. Below zero is a rebate."""

    path: str
    answer: Callable[[Deal], object]

    def commission(self, deal: Deal) -> float:
        """What the user's code charges, in quote currency.

        Raises:
            BadModelError: unless that is a finite number.
        """
        return _finite(self.path, self.answer(deal), "money")


@dataclass(frozen=True, slots=True)
class OwnSlippage:
    """A user's slippage model."""

    path: str
    answer: Callable[[Deal], object]

    def distance(self, deal: Deal) -> float:
        """By how much the user's code worsens the price, quote currency per unit.

        Raises:
            BadModelError: unless that is a finite number of at least zero.
        """
        distance = _finite(self.path, self.answer(deal), "a distance from the price")
        if distance < 0.0:
            raise BadModelError(f"{self.path} returned {distance}: slippage never helps an order")
        return distance


@dataclass(frozen=True, slots=True)
class OwnSizing:
    """A user's sizing. NaN, zero and the like make an order that is rejected; the run goes on."""

    path: str
    answer: Callable[[Entry], object]

    def units(self, entry: Entry) -> float:
        """The units the user's code asks for.

        Raises:
            BadModelError: if that is no number at all.
        """
        return _number(self.path, self.answer(entry), "units")


def _number(path: str, answer: object, kind: str) -> float:
    if not isinstance(answer, Real):
        raise BadModelError(f"{path} returned {answer!r}: expected {kind}, as a number")
    return float(answer)


def _finite(path: str, answer: object, kind: str) -> float:
    number = _number(path, answer, kind)
    if not isfinite(number):
        raise BadModelError(f"{path} returned {number}: expected {kind}, as a finite number")
    return number
