"""What a strategy decides at a bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.blame import ReturnedError
from engine.order_terms import ExitTerms, OrderTerms
from engine.plain import NamesFields, NotPlainError, as_number, as_one_of, as_text, is_real, only_element, shown

if TYPE_CHECKING:
    from engine.events import Direction

NAMES: dict[int, Direction] = {1: "long", 0: "flat", -1: "short"}
SIGNS: dict[Direction, int] = {"long": 1, "flat": 0, "short": -1}
_PARTS: dict[str, type] = {"order": OrderTerms, "exits": ExitTerms, "otherwise": OrderTerms}


class BadDecisionError(ReturnedError):
    """A strategy returned something that is no decision."""


@dataclass(frozen=True, slots=True)
class Decision(metaclass=NamesFields):
    """A wanted direction. `strength` in 0..1, `reason` for whoever reads the trace.

    `order` says by which order to get there, `exits` which orders then protect the position; without them the portfolio's
    `entry` and `exit` hold. A decision that names orders replaces what works: the entry, the exits, the way out. `otherwise` is an
    order the other way: whichever is filled first cancels the other. `symbol` is another than that of the bar.

    Raises:
        BadDecisionError: for an unknown direction, a strength outside 0..1, or a value of another type.
    """

    direction: Direction
    strength: float = 1.0
    reason: str = ""
    order: OrderTerms | None = None
    exits: ExitTerms | None = None
    otherwise: OrderTerms | None = None
    symbol: str | None = None

    def __post_init__(self) -> None:
        """Makes the values plain and checks them."""
        try:
            plain = {
                "direction": as_one_of("direction", self.direction, tuple(SIGNS)),
                "strength": as_number("strength", self.strength),
                "reason": as_text("reason", self.reason),
                "symbol": None if self.symbol is None else as_text("symbol", self.symbol),
            }
        except NotPlainError as error:
            raise BadDecisionError(f"Decision: {error}") from None
        for name, value in plain.items():
            object.__setattr__(self, name, value)
        fault = self._fault()
        if fault:
            raise BadDecisionError(f"Decision: {fault}")

    def _fault(self) -> str:
        for name, kind in _PARTS.items():
            part = getattr(self, name)
            if part is not None and type(part) is not kind:
                return f"{name} is {shown(part)}: expected {kind.__name__}(...) or None"
        if not 0.0 <= self.strength <= 1.0:
            return f"strength is {self.strength}: expected 0 to 1"
        if self.direction == "flat" and (self.exits is not None or self.otherwise is not None):
            return "flat takes neither exits nor otherwise: expected them with long or short"
        return ""

    @property
    def names_orders(self) -> bool:
        """Whether it says more than the direction."""
        return self.order is not None or self.exits is not None or self.otherwise is not None


TARGETS = {sign: Decision(direction, 1.0, f"target {direction}") for sign, direction in NAMES.items()}
"""What a column strategy decides, by the sign of its target."""
PLAIN: dict[Direction, Decision] = {direction: Decision(direction) for direction in SIGNS}
"""Decisions that say nothing but the direction."""


@dataclass(frozen=True, slots=True)
class PositionView:
    """What a bar strategy sees of its portfolio: signed units, and the average entry price (0.0 while flat)."""

    quantity: float = 0.0
    entry_price: float = 0.0


def as_decision(returned: object) -> Decision | None:
    """Reads what `on_bar` returned: a Decision, "long", "short", "flat", +1, 0, -1, or None for no decision.

    Raises:
        BadDecisionError: for anything else.
    """
    if returned is None:
        return None
    if type(returned) is Decision:
        return returned
    if isinstance(returned, Decision):  # a class of the user's own, which may check less
        return Decision(*(getattr(returned, name) for name in Decision.__slots__))
    return PLAIN[_direction(returned)]


def _direction(returned: object) -> Direction:
    if isinstance(returned, str) and returned in SIGNS:
        return returned
    number = only_element(returned)
    if is_real(number) and number in NAMES:
        return NAMES[int(float(number))]
    raise BadDecisionError(
        f"on_bar returned {shown(returned)}: expected a Decision, long, short, flat, +1, 0, -1 or None"
    )
