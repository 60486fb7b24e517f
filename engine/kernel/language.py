"""The language of the kernel: the part of Python that `translate` turns into C, and what it means when run as Python.

A module has constants, structs and functions. Values are ints (64 bits), floats, bools, structs, and arrays of these. Both
forms compute the same bits, so whatever Python and C see differently is spelled out here: see decision 102.
"""

from __future__ import annotations

import inspect
from math import copysign, floor, inf, isfinite, isnan, nan, sqrt
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar, cast, get_args, get_origin

if TYPE_CHECKING:
    from collections.abc import Callable

F64 = list[float]
I64 = list[int]
"""Arrays that the caller owns; as Python they may be any sequence."""

MOST_INT = 2**63 - 1
LEAST_INT = -(2**63)

_Class = TypeVar("_Class")
_Function = TypeVar("_Function", bound="Callable[..., object]")


class Array(NamedTuple):
    """An array of `size` items inside its struct, `Annotated[list[item], size]`; of size 0 if the caller owns it, `list[item]`."""

    item: Any
    size: int


def fields_of(cls: type) -> dict[str, Any]:
    """The kind of each field of a struct, in order: int, float, bool, a struct or `Array`."""
    return {name: _kind(annotation) for name, annotation in inspect.get_annotations(cls).items()}


def _kind(annotation: Any) -> Any:  # noqa: ANN401 - an annotation may be anything
    array, size = get_args(annotation) if get_origin(annotation) is Annotated else (annotation, 0)
    return Array(get_args(array)[0], size) if get_origin(array) is list else annotation


def struct(cls: type[_Class]) -> type[_Class]:
    """Makes a class with annotations a struct: it has these fields only, and all of them are zero at first."""
    fields = fields_of(cls)

    def zero(self: object) -> None:
        for name, kind in fields.items():
            setattr(self, name, _zero(kind))

    body = {"__slots__": tuple(fields), "__annotations__": inspect.get_annotations(cls), "__init__": zero}
    made = type(cls.__name__, (), {**body, "__doc__": cls.__doc__, "__module__": cls.__module__})
    return cast("type[_Class]", made)


def _zero(kind: Any) -> object:  # noqa: ANN401 - as above
    return [kind.item() for _ in range(kind.size)] if isinstance(kind, Array) else kind()


def entry(function: _Function) -> _Function:
    """Marks a function that may be called from outside the kernel; its values are ints, floats, bools and structs."""
    function.__dict__["is_entry"] = True
    return function


def divide(a: float, b: float) -> float:
    """`a / b`; an infinity or NaN where b is zero, as IEEE 754 has it."""
    if b != 0.0:
        return a / b
    return nan if a == 0.0 or isnan(a) or isnan(b) else copysign(inf, a) * copysign(1.0, b)


def root(x: float) -> float:
    """The square root, NaN below zero."""
    return sqrt(x) if x >= 0.0 else nan


def whole(x: float) -> float:
    """The largest whole number up to x, itself a float; x where it is not finite."""
    return float(floor(x)) if isfinite(x) else x


def truncate(x: float) -> int:
    """The whole part of x, within 64 bits; 0 for NaN."""
    if isnan(x):
        return 0
    return int(min(max(x, -9223372036854775808.0), 9223372036854774784.0))
