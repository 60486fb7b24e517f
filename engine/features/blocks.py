"""An indicator carried over a long column block by block, with TA-Lib's own handles (rule L6).

A handle is opened on the first block and updated bar by bar after it. Its values are those of one call over the whole
column, to the last bit; calls over blocks that overlap are not, as EMA, RSI and even SMA remember all that came before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.features.indicators import Call, as_floats, compute
from engine.features.own_indicators import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    Column = npt.NDArray[np.float64]
    Values = Sequence[npt.NDArray[Any]]


def compute_in_blocks(
    name: str, parameters: Mapping[str, int | float], columns: Mapping[str, Column], inputs: tuple[str, ...], block: int
) -> Iterator[tuple[Column, ...]]:
    """What `compute` gives, in consecutive parts of about `block` bars.

    A column with gaps in its middle is computed at once: TA-Lib refuses to carry a handle over them.

    Raises:
        BadParameterError: as `compute`.
    """
    if name in OWN:
        yield from _windows_in_blocks(name, parameters, columns, inputs, block)
        return
    call = Call(name, parameters, columns, inputs)
    opened = None if any(_has_gaps(column, block) for column in call.columns) else _opened(call, block)
    if opened is None:
        yield compute(name, parameters, columns, inputs)
        return
    handle, first = opened
    rows = len(first[0])
    yield as_floats(first, call.warm_up)
    while rows < call.bars:
        part = _updated(handle, [column[rows : rows + block] for column in call.columns], first)
        yield as_floats(part, call.warm_up - rows)
        rows += len(part[0])


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


def _opened(call: Call, block: int) -> tuple[Any, Values] | None:
    """A handle and its values over as many blocks as it needs to open; None if that is the whole column."""
    rows = block
    while rows < call.bars:
        handle = call.open_handle(rows)
        if handle is not None:
            return handle
        rows *= 2
    return None


def _updated(handle: Any, columns: Sequence[Column], like: Values) -> Values:  # noqa: ANN401 - TA-Lib has no types
    values = list(map(handle.update, *(column.tolist() for column in columns)))
    outputs = [values] if len(like) == 1 else zip(*values, strict=True)
    return [np.array(output, model.dtype) for output, model in zip(outputs, like, strict=True)]


def _has_gaps(column: Column, block: int) -> bool:
    """Whether anything but its beginning is not a finite number."""
    known = False
    for start in range(0, len(column), block):
        finite = np.isfinite(column[start : start + block])
        first = 0 if known else int(finite.argmax())
        if not finite[first:].all() and (known or finite[first]):
            return True
        known = known or bool(finite[first])
    return False
