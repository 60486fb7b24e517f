"""Indicators by name, TA-Lib's and a few more: what they take, what they give, and their values over whole columns."""

from __future__ import annotations

import difflib
import sys
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.features.own_indicators import OWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    Column = npt.NDArray[np.float64]

PRICE_COLUMNS = ("open", "high", "low", "close", "volume")

_NUMBERS_OF_BARS = frozenset({"MAXINDEX", "MININDEX", "MINMAXINDEX"})
"""Those that give the number of a bar."""


class UnknownIndicatorError(ValueError):
    """There is no indicator of this name that takes prices and volume."""


class BadParameterError(ValueError):
    """A parameter lies outside what the indicator can compute with."""


@dataclass(frozen=True, slots=True)
class IndicatorInfo:
    """One indicator: `parameters` with their defaults, the columns it reads, and the short names of its outputs.

    `price_inputs` counts the columns that `input:` may replace: those that are not fixed to high, low or volume.
    """

    name: str
    title: str
    parameters: Mapping[str, int | float]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    price_inputs: int


@cache
def indicator_names() -> tuple[str, ...]:
    """Every indicator that can be asked for by name, sorted."""
    return tuple(sorted([*OWN, *(name for name in _talib().get_functions() if _reads_columns(name))]))


@cache
def check_indicator(name: str) -> IndicatorInfo:
    """Describes the indicator called `name`.

    Raises:
        UnknownIndicatorError: with the nearest names, if there is none.
    """
    if name in OWN:
        own = OWN[name]
        return IndicatorInfo(name, own.title, {own.parameter: own.default}, ("close",), (name.lower(),), 1)
    if name not in _talib().get_functions() or not _reads_columns(name):
        near = difflib.get_close_matches(name.upper(), indicator_names(), 3, 0.6)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UnknownIndicatorError(f"no indicator is called {name!r}{hint}")
    info = _function(name).info
    inputs = info["input_names"]
    return IndicatorInfo(
        name=name,
        title=str(info["display_name"]),
        parameters=dict(info["parameters"]),
        inputs=tuple(column for value in inputs.values() for column in _listed(value)),
        outputs=_short_names(name, tuple(info["output_names"])),
        price_inputs=sum(isinstance(value, str) for value in inputs.values()),
    )


def check_parameters(name: str, parameters: Mapping[str, int | float]) -> None:
    """Tries the parameters on a few zeros, so that a bad one is refused before any data is read.

    Raises:
        BadParameterError: if TA-Lib refuses them.
    """
    zeros = np.zeros(2)
    compute(name, parameters, dict.fromkeys(PRICE_COLUMNS, zeros), ())


def lookback(name: str, parameters: Mapping[str, int | float]) -> int:
    """Bars before the first at which the indicator has a value, if every column is known from the first bar on."""
    if name in OWN:
        own = OWN[name]
        return int(parameters.get(own.parameter, own.default)) - own.least + 1  # at its least it looks back one bar
    function = _function(name)
    function.parameters = dict(parameters)
    return int(function.lookback)


def compute(
    name: str, parameters: Mapping[str, int | float], columns: Mapping[str, Column], inputs: tuple[str, ...]
) -> tuple[Column, ...]:
    """The indicator's outputs over whole columns, each float64 of shape (n_bars,), NaN while it warms up (rule M6).

    A value that is not finite in any of its columns is a gap: after it the indicator starts again, with its full warm-up.
    `inputs` replaces the price columns it reads by default, in TA-Lib's order; empty for the defaults.

    Raises:
        BadParameterError: if the parameters are out of range.
    """
    if name in OWN:
        return (_own(name, parameters, columns, inputs),)
    call = Call(name, parameters, columns, inputs)
    stretches = call.known_stretches(0, call.bars)
    if stretches == [(0, call.bars)]:
        return call.over(0, call.bars)
    outputs = call.unknown(call.bars)
    for start, end in stretches:
        if end - start > call.warm_up:
            for column, values in zip(outputs, call.over(start, end), strict=True):
                column[start:end] = values
    return outputs


def _own(
    name: str, parameters: Mapping[str, int | float], columns: Mapping[str, Column], inputs: tuple[str, ...]
) -> Column:
    own = OWN[name]
    value = int(parameters.get(own.parameter, own.default))
    if value < own.least:
        raise BadParameterError(f"{name} cannot be computed with {own.parameter} {value}: at least {own.least}")
    (column,) = inputs or ("close",)
    _check_there(name, inputs, columns)
    return own.function(columns[column], value)


def _check_there(name: str, inputs: Sequence[str], columns: Mapping[str, Column]) -> None:
    missing = [column for column in inputs if column not in columns]
    if missing:
        raise BadParameterError(f"{name} is to read {missing[0]!r}, and there is no such column")


class Call:
    """One of TA-Lib's indicators with its parameters and the `columns` it reads, in TA-Lib's order: shape (bars,) each.

    TA-Lib never recovers from a NaN, so it is only ever given stretches without one.

    Raises:
        BadParameterError: if there is no such column.
    """

    def __init__(
        self,
        name: str,
        parameters: Mapping[str, int | float],
        columns: Mapping[str, Column],
        inputs: tuple[str, ...],
    ) -> None:
        _check_there(name, inputs, columns)
        self._name = name
        self._parameters = dict(parameters)
        self._function = _function(name)
        defaults = self._function.info["input_names"]
        taken = [key for key, value in defaults.items() if isinstance(value, str)]
        read = {**defaults, **dict(zip(taken, inputs, strict=False))}
        self.columns = [_contiguous(columns[column]) for value in read.values() for column in _listed(value)]
        self.bars = len(self.columns[0])

    def known_stretches(self, start: int, end: int) -> list[tuple[int, int]]:
        """The stretches of rows from `start` up to `end` at which every column has a finite value, as (first, beyond)."""
        known = np.logical_and.reduce([np.isfinite(column[start:end]) for column in self.columns])
        if known.all():
            return [(start, end)] if end > start else []
        edges = np.flatnonzero(np.diff(known, prepend=False, append=False)) + start
        return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))

    def unknown(self, rows: int) -> tuple[Column, ...]:
        """Outputs of so many rows of which nothing is known."""
        return tuple(np.full(rows, np.nan) for _ in check_indicator(self._name).outputs)

    def over(self, start: int, end: int) -> tuple[Column, ...]:
        """The outputs over a stretch, computed from it alone: float64, NaN while the indicator warms up.

        Raises:
            BadParameterError: if TA-Lib refuses the parameters.
        """
        try:
            computed = getattr(_talib(), self._name)(
                *(column[start:end] for column in self.columns), **self._parameters
            )
        except Exception as error:  # TA-Lib's wrapper raises nothing narrower
            raise self._refused(error) from error
        return self._as_columns(computed, start)

    def open_handle(self, start: int, end: int) -> tuple[Any, tuple[Column, ...]] | None:
        """A streaming handle that has seen a stretch, and its outputs over it; None if the stretch is too short.

        Raises:
            BadParameterError: if TA-Lib refuses the parameters.
        """
        talib = _talib()
        try:
            handle, filled = getattr(talib.stream, self._name).open_and_fill(
                *(column[start:end] for column in self.columns), **self._parameters
            )
        except talib.InsufficientHistory:
            return None
        except Exception as error:
            raise self._refused(error) from error
        return handle, self._as_columns(filled, start)

    def update(self, handle: Any, start: int, end: int, begun: int) -> tuple[Column, ...]:  # noqa: ANN401 - no types
        """The outputs over the rows from `start` up to `end`, which go on from what a handle opened at `begun` has seen."""
        values = list(map(handle.update, *(column[start:end].tolist() for column in self.columns)))
        outputs = zip(*values, strict=True) if isinstance(values[0], tuple) else [values]
        return tuple(self._counted(np.array(output, np.float64), begun) for output in outputs)

    @cached_property
    def warm_up(self) -> int:
        """Bars of a stretch before the first at which the indicator has seen enough of them."""
        self._function.parameters = self._parameters
        return int(self._function.lookback)

    def _as_columns(self, computed: Any, start: int) -> tuple[Column, ...]:  # noqa: ANN401 - TA-Lib has no types
        outputs = computed if isinstance(computed, list | tuple) else (computed,)
        return tuple(
            self._counted(each, start) if each.dtype == np.float64 else self._of_integers(each, start)
            for each in outputs
        )

    def _of_integers(self, output: npt.NDArray[Any], start: int) -> Column:
        """Whole numbers as floats. TA-Lib fills their warm-up with zeros: that is blanked."""
        values = self._counted(output.astype(np.float64), start)
        values[: max(0, self.warm_up)] = np.nan
        return values

    def _counted(self, values: Column, start: int) -> Column:
        """The values without -0.0; numbers of bars count from the first bar of the column, not from that of the stretch."""
        offset = float(start) if self._name in _NUMBERS_OF_BARS else 0.0
        return np.add(values, offset, out=values)

    def _refused(self, error: Exception) -> BadParameterError:
        return BadParameterError(f"{self._name} cannot be computed with {self._parameters}: {error}")


def _reads_columns(name: str) -> bool:
    """Whether prices and volume are all it needs: one of TA-Lib's takes a column of periods."""
    return "periods" not in _function(name).info["input_names"]


def _contiguous(column: Column) -> Column:
    return np.ascontiguousarray(column, np.float64)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _short_names(name: str, outputs: tuple[str, ...]) -> tuple[str, ...]:
    """`macd, macdsignal, macdhist` become `macd, signal, hist`; `upperband` becomes `upper`."""
    stem = name.lower()
    shortened = tuple(
        o.removesuffix("band") if o == stem else o.removeprefix(stem).removesuffix("band") for o in outputs
    )
    return shortened if len(set(shortened)) == len(outputs) and all(shortened) else outputs


def _function(name: str) -> Any:  # noqa: ANN401 - TA-Lib has no types
    """A new one each time: TA-Lib's objects remember the parameters of the last call."""
    return _talib().abstract.Function(name)


@cache
def _talib() -> Any:  # noqa: ANN401 - TA-Lib has no types
    """TA-Lib without pandas: it imports pandas and polars where it finds them, for 0.5 s and 60 MB that nobody uses."""
    hidden = [name for name in ("pandas", "polars") if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        import talib  # noqa: PLC0415 - the import is what this function is for
        import talib.abstract  # noqa: PLC0415
        import talib.stream  # noqa: PLC0415
    finally:
        for name in hidden:
            del sys.modules[name]
    return talib
