"""Ends and steps of ranges: decimal numbers, taken exactly as they are written."""

from collections.abc import Collection
from decimal import Decimal

from engine.config.errors import Problems
from engine.config.keys import misspelt
from engine.config.node import Mapping, Path, Scalar
from engine.config.scalars import NotReadableError, read_number

DIGITS = 120
"""Enough for sums and products of these numbers without rounding."""
_FINEST = -30


def read_decimal(mapping: Mapping, name: str, path: Path, problems: Problems, known: Collection[str]) -> Decimal | None:
    """The number under `name`, None after a mistake; `known` are the keys that the mapping may have."""
    node = mapping.value(name)
    if node is None:
        if misspelt(mapping, name, known) is None:
            problems.missing(mapping, (*path, name), "expected a number")
        return None
    if not isinstance(node, Scalar):
        problems.add(node, (*path, name), "expected a number")
        return None
    try:
        read_number(node)
    except NotReadableError as error:
        problems.add(node, (*path, name), str(error))
        return None
    value = Decimal(node.text.replace("_", ""))
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < _FINEST or value.adjusted() > -_FINEST:
        problems.add(node, (*path, name), "expected a number of at most 30 digits before and after the point")
        return None
    return value
