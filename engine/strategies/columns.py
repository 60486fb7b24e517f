"""What column strategies are made of: the columns they read, the targets they give, and how a target is kept (rule Y1).

Every function here is causal: what it says of a bar depends on that bar and on earlier ones alone. A comparison with NaN
is false, so where a feature is still null nothing is decided and the target stays what it was (rule M6).
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

Columns = Mapping[str, npt.NDArray[Any]]
"""Arrays of shape (n_bars,) by name: float64, but `timestamp`, int64 ns since the epoch, UTC."""

Markets = Mapping[str, Columns]
"""The columns of several symbols over the same moments, those at which any of them has a bar: NaN where it has none."""

Targets = npt.NDArray[np.int8]
"""Target direction per bar, shape (n_bars,): +1 long, 0 flat, -1 short."""

Turns = tuple[npt.NDArray[np.intp], Targets]
"""Rows at which the target changes, ascending, and the targets from there on."""

Booleans = npt.NDArray[np.bool_]

Side = Literal["long", "short", "both"]


class BuiltinStrategy(msgspec.Struct, frozen=True, kw_only=True, tag_field="name", forbid_unknown_fields=True):
    """A named strategy with its parameters, as written in a config."""

    @property
    def name(self) -> str:
        """The name it is asked for by."""
        return str(self.__struct_config__.tag)

    def columns(self) -> tuple[str, ...]:
        """The names of the columns it reads; those that a parameter names are that name, or begin with it and a dot."""
        return ()

    def symbols(self) -> tuple[str, ...]:
        """The symbols that it names."""
        return ()

    def fault(self) -> tuple[str, str] | None:
        """A parameter that does not go with the others, and what is wrong with it."""
        return None


def hold_since(changed: Booleans, values: Targets) -> Targets:
    """Each bar's value is that of the last bar at which `changed` was true; 0 before the first."""
    rows = np.flatnonzero(changed)
    return held_from(rows, values[rows], len(changed))


def changed_from(before: int, rows: npt.NDArray[np.intp], targets: Targets) -> Turns:
    """Leaves out the rows whose target is that of the row before, `before` at first."""
    changed = np.empty(len(targets), np.bool_)
    changed[:1] = targets[:1] != before
    np.not_equal(targets[1:], targets[:-1], out=changed[1:])
    return rows[changed], targets[changed]


def held_from(rows: npt.NDArray[np.intp], targets: Targets, n_bars: int) -> Targets:
    """Each bar's target is that of the last of `rows` up to it; 0 before the first."""
    held = np.zeros(n_bars, np.int8)
    if len(rows):
        held[rows[0] :] = np.repeat(targets, np.diff(np.append(rows, n_bars)))
    return held


ON_CROSS: dict[Side, tuple[int, int]] = {"long": (1, 0), "short": (0, -1), "both": (1, -1)}
"""The targets on a break up and on one down."""


def follow(up: Booleans, down: Booleans, direction: Side) -> Targets:
    """Goes with a market that breaks up or down: `long` is in from up to down, `short` from down to up, `both` always."""
    on_up, on_down = ON_CROSS[direction]
    return hold_since(up | down, np.where(up, np.int8(on_up), np.int8(on_down)))


def revert(too_low: Booleans, too_high: Booleans, recovered: Booleans, relaxed: Booleans, direction: Side) -> Targets:
    """Goes against a market that went too far: long from too low until recovered, short from too high until relaxed."""
    targets = np.zeros(len(too_low), np.int8)
    if direction != "short":
        targets += hold_since(too_low | recovered, too_low.astype(np.int8))
    if direction != "long":
        targets -= hold_since(too_high | relaxed, too_high.astype(np.int8))
    return targets


def earlier(column: npt.NDArray[np.float64], bars: int) -> npt.NDArray[np.float64]:
    """The column as it was some bars before, NaN where there was nothing yet."""
    shifted = np.full(len(column), np.nan)
    shifted[bars:] = column[: max(0, len(column) - bars)]
    return shifted
