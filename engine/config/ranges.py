"""The values of one sweep parameter: a list as written, or a range with both ends (rule C2)."""

from collections.abc import Iterator
from decimal import Decimal, localcontext

from engine.config.decimals import DIGITS, read_decimal
from engine.config.errors import Guess, Problems
from engine.config.keys import unknown_key
from engine.config.node import Mapping, Mark, Node, Path, Scalar, Sequence, as_mapping
from engine.config.scalars import NotReadableError, read_any

LARGEST = 1_000_000
FORMS = ("range", "uniform", "loguniform", "integers", "choice")
"""What the values of a parameter may be beside a list; all but the first are drawn."""
_RANGE = ("from", "to", "step")
_EXPECTED = "expected a list of values, or {range: {from: 1, to: 10, step: 1}}"


def parameter_values(
    node: Node, path: Path, problems: Problems, *, repeated: bool = False
) -> tuple[Scalar, ...] | None:
    """The values as texts that a sweep can put in place, in order; None after a mistake.

    A value that a list has twice is a mistake unless `repeated` allows it.
    """
    if isinstance(node, Sequence):
        return _listed(node, path, problems, repeated=repeated)
    mapping = as_mapping(node)
    if mapping is None or "range" not in mapping.entries:
        _not_values(node, path, problems)
        return None
    for entry in mapping:
        if entry.key.text != "range":
            unknown_key(problems, entry.key, path, FORMS)
    return _ranged(mapping.entries["range"].value, (*path, "range"), problems)


def _not_values(node: Node, path: Path, problems: Problems) -> None:
    if isinstance(node, Mapping) and node.entries:
        unknown_key(problems, next(iter(node)).key, path, FORMS)
    else:
        slip = Guess(str(path[-1]), ("where",)) if isinstance(node, Scalar) else None
        problems.add(node, path, _EXPECTED, slip)


def _listed(node: Sequence, path: Path, problems: Problems, *, repeated: bool) -> tuple[Scalar, ...] | None:
    if not node.items:
        problems.add(node, path, "expected at least one value")
        return None
    before = problems.count
    seen: dict[tuple[str, bool], Mark] = {}
    for index, item in enumerate(node.items):
        if not isinstance(item, Scalar):
            problems.add(item, (*path, index), "expected a number or a text")
        elif seen.setdefault((item.text, item.quoted), item.at) is not item.at and not repeated:
            problems.add(item, (*path, index), "this value stands in the list twice")
        else:
            _check_item(item, (*path, index), problems)
    whole = problems.count == before
    return tuple(item for item in node.items if isinstance(item, Scalar)) if whole else None


def _check_item(item: Scalar, path: Path, problems: Problems) -> None:
    try:
        read_any(item)
    except NotReadableError as error:
        problems.add(item, path, str(error))


def _ranged(node: Node, path: Path, problems: Problems) -> tuple[Scalar, ...] | None:
    mapping = as_mapping(node)
    if mapping is None:
        problems.add(node, path, "expected {from: 1, to: 10, step: 1}")
        return None
    before = problems.count
    for entry in mapping:
        if entry.key.text not in _RANGE:
            unknown_key(problems, entry.key, path, _RANGE)
    first, last = (read_decimal(mapping, name, path, problems, _RANGE) for name in ("from", "to"))
    step = read_decimal(mapping, "step", path, problems, _RANGE) if "step" in mapping.entries else Decimal(1)
    if first is None or last is None or step is None or problems.count > before:
        return None
    with localcontext() as context:
        context.prec = DIGITS
        return _steps(node, path, problems, (first, last, step))


def _steps(
    node: Node, path: Path, problems: Problems, bounds: tuple[Decimal, Decimal, Decimal]
) -> tuple[Scalar, ...] | None:
    first, last, step = bounds
    if step == 0 or (last - first) * step < 0:
        written = as_mapping(node)
        at = written.value("step") if written else None
        problems.add(at or node, (*path, "step") if at else path, f"this step does not lead from {first} to {last}")
        return None
    count = int((last - first) / step) + 1
    if count > LARGEST:
        problems.add(node, path, f"{count:,} values; a parameter has at most {LARGEST:,}")
        return None
    if (last - first) % step:
        reached = format(first + step * (count - 1), "f")
        problems.warn(node, path, f"steps of {step} from {first} do not reach {last}: the last value is {reached}")
    return tuple(Scalar(text, False, node.at) for text in _texts(first, step, count))


def _texts(first: Decimal, step: Decimal, count: int) -> Iterator[str]:
    """Decimal arithmetic, so that 0.1, 0.2, 0.3 are what they say; whole numbers stay whole."""
    for index in range(count):
        yield format(first + step * index, "f")
