"""An indicator carried over a long column block by block, with TA-Lib's own handles (rule L6).

A handle is opened where a stretch of known values begins and updated bar by bar after it. Its values are those of one call over
the stretch, to the last bit; calls over blocks that overlap are not, as EMA, RSI and even SMA remember all that came before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.features.indicators import Call, compute
from engine.features.own_indicators import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    import numpy.typing as npt

    Column = npt.NDArray[np.float64]


def compute_in_blocks(
    name: str, parameters: Mapping[str, int | float], columns: Mapping[str, Column], inputs: tuple[str, ...], block: int
) -> Iterator[tuple[Column, ...]]:
    """What `compute` gives, in consecutive parts of `block` bars.

    Raises:
        BadParameterError: as `compute`.
    """
    if name in OWN:
        yield from _windows_in_blocks(name, parameters, columns, inputs, block)
        return
    call = Call(name, parameters, columns, inputs)
    carried = _Carried(call)
    for start in range(0, call.bars, block):
        yield carried.outputs(start, min(start + block, call.bars))


def _windows_in_blocks(
    name: str, parameters: Mapping[str, int | float], columns: Mapping[str, Column], inputs: tuple[str, ...], block: int
) -> Iterator[tuple[Column, ...]]:
    """Our own indicators see no further back than their parameter: blocks that overlap by it give the same values."""
    (reach,) = parameters.values() or [OWN[name].default]
    rows = len(next(iter(columns.values())))
    for start in range(0, rows, block):
        begin = max(0, start - int(reach))
        (part,) = compute(name, parameters, {key: each[begin : start + block] for key, each in columns.items()}, inputs)
        yield (part[start - begin :],)


class _Carried:
    """A call asked for one block after the other: what it knows of the stretch that the last block ended in."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._begun = 0
        self._beyond = -1
        self._handle: Any = None

    def outputs(self, start: int, end: int) -> tuple[Column, ...]:
        """The outputs over the rows from `start` up to `end`, which follow those asked for before."""
        outputs = self._call.unknown(end - start)
        for first, beyond in self._call.known_stretches(start, end):
            if first != self._beyond:
                self._begun, self._handle = first, None
            self._beyond = beyond
            for column, values in zip(outputs, self._part(first, beyond, ends=beyond < end), strict=True):
                column[first - start : beyond - start] = values
        return outputs

    def _part(self, first: int, beyond: int, *, ends: bool) -> tuple[Column, ...]:
        """The outputs over a part of the stretch begun last; as long as it is too short for a handle it is computed again."""
        if self._handle is not None:
            return self._call.update(self._handle, first, beyond, self._begun)
        opened = None if ends else self._call.open_handle(self._begun, beyond)
        self._handle, values = opened or (None, self._call.over(self._begun, beyond))
        return tuple(column[first - self._begun :] for column in values)
