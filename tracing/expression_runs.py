"""What a condition becomes: closures over the values of its names."""

import math
from collections.abc import Callable

Value = float | str
Lookup = Callable[[str], Value | None]
Run = Callable[[Lookup], Value]


class Undefined(Exception):  # noqa: N818 - no error: the condition is simply not true
    """A name has no value, a result is not finite, or a text stands where a number is needed."""


COMPARISONS: dict[str, Callable[[Value, Value], bool]] = {
    "<": lambda a, b: numeric(a) < numeric(b),
    "<=": lambda a, b: numeric(a) <= numeric(b),
    ">": lambda a, b: numeric(a) > numeric(b),
    ">=": lambda a, b: numeric(a) >= numeric(b),
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


def defined(value: Value | None) -> Value:
    """The value of a name that has one.

    Raises:
        Undefined: if it has none.
    """
    if value is None:
        raise Undefined
    return value


def numeric(value: Value) -> float:
    """The value of something that must be a number.

    Raises:
        Undefined: if it is a text.
    """
    if isinstance(value, str):
        raise Undefined
    return value


def joined(runs: list[Run], *, decisive: bool) -> Run:
    """`or` (decided by the first true) or `and` (by the first false)."""

    def run(lookup: Lookup) -> bool:
        for each in runs:
            if bool(each(lookup)) is decisive:
                return decisive
        return not decisive

    return run


def computed(first: Run, steps: list[tuple[Callable[[float, float], float], Run]]) -> Run:
    """Operations of one precedence, from left to right; what is not finite is undefined."""

    def run(lookup: Lookup) -> float:
        value = float(numeric(first(lookup)))
        for operate, operand in steps:
            value = operate(value, float(numeric(operand(lookup))))
        if not math.isfinite(value):
            raise Undefined
        return value

    return run


def chained(first: Run, steps: list[tuple[Callable[[Value, Value], bool], Run]]) -> Run:
    """Comparisons in a chain: each operand is evaluated once, up to the first comparison that fails."""
    if len(steps) == 1:
        ((only, right),) = steps
        return lambda lookup: only(first(lookup), right(lookup))

    def run(lookup: Lookup) -> bool:
        left = first(lookup)
        for compare, operand in steps:
            right = operand(lookup)
            if not compare(left, right):
                return False
            left = right
        return True

    return run
