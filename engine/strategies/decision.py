"""What a strategy decides at a bar."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

from engine.order_terms import ExitTerms, OrderTerms

if TYPE_CHECKING:
    from engine.events import Direction

NAMES: dict[int, Direction] = {1: "long", 0: "flat", -1: "short"}
SIGNS: dict[Direction, int] = {"long": 1, "flat": 0, "short": -1}
_PARTS: dict[str, type] = {"order": OrderTerms, "exits": ExitTerms, "otherwise": OrderTerms, "symbol": str}


class BadDecisionError(ValueError):
    """A strategy returned something that is no decision."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A wanted direction. `strength` in 0..1, `reason` for whoever reads the trace.

    `order` says by which order to get there, `exits` which orders then protect the position; without them the portfolio's
    `entry` and `exit` hold. A decision that names orders replaces what works: the entry, the exits, the way out. `otherwise` is an
    order the other way: whichever is filled first cancels the other. `symbol` is another than that of the bar.
    """

    direction: Direction
    strength: float = 1.0
    reason: str = ""
    order: OrderTerms | None = None
    exits: ExitTerms | None = None
    otherwise: OrderTerms | None = None
    symbol: str | None = None

    @property
    def names_orders(self) -> bool:
        """Whether it says more than the direction."""
        return self.order is not None or self.exits is not None or self.otherwise is not None


TARGETS = {sign: Decision(direction, 1.0, f"target {direction}") for sign, direction in NAMES.items()}
"""What a column strategy decides, by the sign of its target."""


@dataclass(frozen=True, slots=True)
class PositionView:
    """What a bar strategy sees of its portfolio: signed units, and the average entry price (0.0 while flat)."""

    quantity: float = 0.0
    entry_price: float = 0.0


def as_decision(returned: object) -> Decision | None:
    """Reads what `on_bar` returned: a Decision, "long", "short", "flat", +1, 0, -1, or None for no decision.

    Raises:
        BadDecisionError: for anything else, or a strength outside 0..1.
    """
    if returned is None:
        return None
    decision = returned if isinstance(returned, Decision) else Decision(_direction(returned))
    if decision.direction not in SIGNS or not 0.0 <= decision.strength <= 1.0:
        raise BadDecisionError(f"{decision} is no decision: direction is long, short or flat, strength 0 to 1")
    for name, kind in _PARTS.items():
        part = getattr(decision, name)
        if part is not None and not isinstance(part, kind):
            raise BadDecisionError(f"{decision} is no decision: {name} is {kind.__name__} or None")
    if decision.otherwise is not None and decision.direction == "flat":
        raise BadDecisionError(f"{decision} is no decision: flat has no other way")
    return decision


def _direction(returned: object) -> Direction:
    if isinstance(returned, str) and returned in SIGNS:
        return returned
    if isinstance(returned, Real) and returned in NAMES:
        return NAMES[int(float(returned))]
    raise BadDecisionError(f"on_bar returned {returned!r}: expected a Decision, long, short, flat, +1, 0, -1 or None")
