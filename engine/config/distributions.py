"""What a drawn parameter of a sweep may be: each turns a number from 0 to 1 into a text that stands for a value.

Numbers are computed in decimal, so that a config means the same values on every machine, and are rounded to about seven
digits, so that they can stand in an id.
"""

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import msgspec

from engine.config.decimals import DIGITS, read_decimal
from engine.config.errors import Problems
from engine.config.keys import unknown_key
from engine.config.node import Entry, Mapping, Path, Scalar, as_mapping
from engine.config.ranges import parameter_values

SHARE_BITS = 53
_WHOLE = 1 << SHARE_BITS
_ROUNDED_DIGITS = 6
_LOG_DIGITS = 30
_ENDS = ("from", "to")
_LARGEST_INT = Decimal(2**63 - 1)


class Distribution(msgspec.Struct, frozen=True):
    """`value` gives the value at a share of the whole, in units of 2**-53; `count` is how many values there are.

    `count` is None where there are too many to matter.
    """

    value: Callable[[int], Scalar]
    count: int | None = None


def read_distribution(entry: Entry, path: Path, problems: Problems) -> Distribution | None:
    """The distribution that stands under `uniform`, `loguniform`, `integers` or `choice`; None after a mistake."""
    kind = entry.key.text
    if kind == "choice":
        values = parameter_values(entry.value, path, problems)
        return None if values is None else _choice(values)
    mapping = as_mapping(entry.value)
    if mapping is None:
        problems.add(entry.value, path, "expected {from: 1, to: 10}")
        return None
    before = problems.count
    for each in mapping:
        if each.key.text not in _ENDS:
            unknown_key(problems, each.key, path, _ENDS)
    low, high = (read_decimal(mapping, name, path, problems, _ENDS) for name in _ENDS)
    if low is None or high is None or problems.count > before:
        return None
    if not _fits(kind, (low, high), mapping, path, problems):
        return None
    at = mapping.at
    text, count = _NUMBERS[kind](low, high)
    return Distribution(lambda share: Scalar(text(share), quoted=False, at=at), count)


def _fits(kind: str, ends: tuple[Decimal, Decimal], mapping: Mapping, path: Path, problems: Problems) -> bool:
    low, high = ends
    for name, value in zip(_ENDS, ends, strict=True):
        node = mapping.entries[name].value
        if kind == "integers" and (value != value.to_integral_value() or abs(value) > _LARGEST_INT):
            problems.add(node, (*path, name), "expected a whole number that fits 64 bits")
            return False
        if kind == "loguniform" and value <= 0:
            problems.add(node, (*path, name), "expected a number greater than 0: only these have a logarithm")
            return False
    if high < low or (high == low and kind != "integers"):
        problems.add(mapping.entries["to"].value, (*path, "to"), f"expected a number greater than {low}")
        return False
    return True


def _choice(values: tuple[Scalar, ...]) -> Distribution:
    return Distribution(lambda share: values[share * len(values) >> SHARE_BITS], len(values))


_Text = Callable[[int], str]


def _integers(low: Decimal, high: Decimal) -> tuple[_Text, int | None]:
    first, count = int(low), int(high) - int(low) + 1
    return lambda share: str(first + (share * count >> SHARE_BITS)), count


def _uniform(low: Decimal, high: Decimal) -> tuple[_Text, int | None]:
    step = Decimal(1).scaleb((high - low).adjusted() - _ROUNDED_DIGITS)

    def text(share: int) -> str:
        with localcontext() as context:
            context.prec = DIGITS
            value = low + (high - low) * share / _WHOLE
            return _written(min(max(value.quantize(step, ROUND_HALF_EVEN), low), high))

    return text, None


def _loguniform(low: Decimal, high: Decimal) -> tuple[_Text, int | None]:
    with localcontext() as context:
        context.prec = _LOG_DIGITS
        start, width = low.ln(), high.ln() - low.ln()

    def text(share: int) -> str:
        with localcontext() as context:
            context.prec = _LOG_DIGITS
            value = (start + width * share / _WHOLE).exp()
            context.prec = _ROUNDED_DIGITS + 1
            return _written(min(max(+value, low), high))

    return text, None


def _written(value: Decimal) -> str:
    """Without zeros at the end, and with a point, so that it is no whole number."""
    text = format(value.normalize(), "f")
    return text if "." in text else f"{text}.0"


_NUMBERS: dict[str, Callable[[Decimal, Decimal], tuple[_Text, int | None]]] = {
    "uniform": _uniform,
    "loguniform": _loguniform,
    "integers": _integers,
}
