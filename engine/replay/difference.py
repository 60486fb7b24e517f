"""What a replay finds: the first place at which a record does not agree with itself."""

from __future__ import annotations

from typing import Any

import msgspec

NO_EVENT = -1


class Difference(msgspec.Struct, frozen=True):
    """The first thing that does not hold.

    `seq`, `event_id` name the event, -1 and "" where it is a metric; `what` says in words what is wrong. `field`,
    `recorded` and `recomputed` are given where two values differ. `because` lists the event ids that the recomputed value
    was made from.
    """

    seq: int
    event_id: str
    what: str
    field: str = ""
    recorded: Any = None
    recomputed: Any = None
    because: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line for a person."""
        place = "" if self.seq == NO_EVENT else f"seq {self.seq} {self.event_id}: "
        made_from = f" (from {', '.join(self.because)})" if self.because else ""
        return f"{place}{self.what}{made_from}"


class DifferenceFoundError(Exception):
    """Ends a replay at its first difference."""

    def __init__(self, difference: Difference) -> None:
        super().__init__(str(difference))
        self.difference = difference


def values_differ(
    place: tuple[int, str], field: str, pair: tuple[object, object], *because: str
) -> DifferenceFoundError:
    """The error to raise where a value is not the one that follows from the events.

    `place`: seq and event id; `pair`: as recorded, as recomputed; `because`: the event ids it follows from.
    """
    recorded, recomputed = pair
    what = f"{field} is recorded as {shown(recorded)}, recomputed it is {shown(recomputed)}"
    return DifferenceFoundError(Difference(*place, what, field, recorded, recomputed, because))


def broken(seq: int, event_id: str, what: str) -> DifferenceFoundError:
    """The error to raise where an event cannot stand as it does."""
    return DifferenceFoundError(Difference(seq, event_id, what))


def shown(value: object) -> str:
    """A value as it stands in the files."""
    return msgspec.json.encode(value).decode()
