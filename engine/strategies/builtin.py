"""The strategies that come with the product: column strategies, each its own config struct (rule Y1)."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

Columns = Mapping[str, npt.NDArray[np.float64]]
Targets = npt.NDArray[np.int8]


class BuiltinStrategy(msgspec.Struct, frozen=True, kw_only=True, tag_field="name", forbid_unknown_fields=True):
    """A named strategy with its parameters, as written in a config."""

    @property
    def name(self) -> str:
        """The name it is asked for by."""
        return str(self.__struct_config__.tag)


class Crossover(BuiltinStrategy, frozen=True, kw_only=True, tag="crossover", forbid_unknown_fields=True):
    """Follows one column crossing another (rule Y2)."""

    fast: Annotated[str, Meta(description="name of the faster feature or price column")]
    slow: Annotated[str, Meta(description="name of the slower feature or price column")]
    direction: Annotated[
        Literal["long", "short", "both"],
        Meta(description="long: in on the cross up, out on the cross down; short: mirrored; both: reverses"),
    ] = "long"

    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""
        return (self.fast, self.slow)

    def targets(self, columns: Columns) -> Targets:
        """Target direction per bar, int8 of shape (n_bars,): +1 long, 0 flat, -1 short.

        A cross up is previous fast <= previous slow and now fast > slow, a cross down its mirror. Bars at which either
        column is NaN compare false, so the first comparable bar never signals.
        """
        fast, slow = columns[self.fast], columns[self.slow]
        up = np.zeros(len(fast), np.bool_)
        down = np.zeros(len(fast), np.bool_)
        up[1:] = (fast[:-1] <= slow[:-1]) & (fast[1:] > slow[1:])
        down[1:] = (fast[:-1] >= slow[:-1]) & (fast[1:] < slow[1:])
        on_up, on_down = {"long": (1, 0), "short": (0, -1), "both": (1, -1)}[self.direction]
        return hold_since(up | down, np.where(up, np.int8(on_up), np.int8(on_down)))


class BuyAndHold(BuiltinStrategy, frozen=True, kw_only=True, tag="buy_and_hold", forbid_unknown_fields=True):
    """Long from the first bar to the last."""

    def columns(self) -> tuple[str, ...]:
        """The columns it reads: only the length of the close counts."""
        return ("close",)

    def targets(self, columns: Columns) -> Targets:
        """Target direction per bar, int8 of shape (n_bars,): all +1."""
        return np.ones(len(columns["close"]), np.int8)


Builtin = Crossover | BuyAndHold


def hold_since(changed: npt.NDArray[np.bool_], values: Targets) -> Targets:
    """Each bar's value is that of the last bar at which `changed` was true; 0 before the first."""
    at = np.flatnonzero(changed)
    held = np.zeros(len(changed), np.int8)
    if len(at):
        held[at[0] :] = np.repeat(values[at], np.diff(np.append(at, len(changed))))
    return held
