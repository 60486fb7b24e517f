"""What a strategy decides at a bar."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.events import Direction

NAMES: dict[int, Direction] = {1: "long", 0: "flat", -1: "short"}
SIGNS: dict[Direction, int] = {"long": 1, "flat": 0, "short": -1}


class BadDecisionError(ValueError):
    """A strategy returned something that is no decision."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A wanted direction. `strength` in 0..1, `reason` for whoever reads the trace."""

    direction: Direction
    strength: float = 1.0
    reason: str = ""


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
    return decision


def _direction(returned: object) -> Direction:
    if isinstance(returned, str) and returned in SIGNS:
        return returned
    if isinstance(returned, Real) and returned in NAMES:
        return NAMES[int(float(returned))]
    raise BadDecisionError(f"on_bar returned {returned!r}: expected a Decision, long, short, flat, +1, 0, -1 or None")
