"""One container written, many meant: `sweep:` multiplies it, `{parameter}` tells its copies apart (rule C2)."""

import itertools
import math
import re
from collections.abc import Iterator

import msgspec

from engine.config.errors import Problems, shown
from engine.config.node import Entry, Mapping, Mark, Node, Path, Scalar, as_mapping
from engine.config.ranges import LARGEST, parameter_values
from engine.config.scalars import NotReadableError, read_number
from engine.config.template import Template
from tracing.expression import Expression
from tracing.expression_tokens import ExpressionError

_NAME = re.compile(r"[A-Za-z_]\w{0,60}", re.ASCII)
_RESERVED = frozenset({"zip", "product", "random", "sobol"})

MOST_CONTAINERS = 100_000

Combination = dict[str, Scalar]


class Sweep(msgspec.Struct, frozen=True):
    """The parameters of a sweep with their values, and the condition that their combinations must meet."""

    values: dict[str, tuple[Scalar, ...]]
    where: Expression | None

    def combinations(self) -> Iterator[Combination]:
        """Every combination that counts; the last parameter changes fastest."""
        names = tuple(self.values)
        pairs = [[(value, _plain(value)) for value in values] for values in self.values.values()]
        for chosen in itertools.product(*pairs):
            plain = {name: pair[1] for name, pair in zip(names, chosen, strict=True)}
            if self.where is None or self.where.evaluate(plain.__getitem__):
                yield {name: pair[0] for name, pair in zip(names, chosen, strict=True)}


def expand(container: Node, path: Path, problems: Problems) -> list[Node]:
    """The containers that one entry of `containers` means: itself without a sweep.

    After a mistake in the sweep, one whose swept values are unsure stands for all.
    """
    if not isinstance(container, Mapping) or "sweep" not in container.entries:
        return [container]
    node = container.entries["sweep"].value
    rest = Mapping({name: entry for name, entry in container.entries.items() if name != "sweep"}, container.at)
    before = problems.count
    sweep = _read(node, (*path, "sweep"), problems)
    template = Template(rest, _names(node), path, problems)
    if sweep is None or problems.count > before:
        return [template.unsure()]
    combinations = itertools.islice(sweep.combinations(), MOST_CONTAINERS + 1)
    expanded: list[Node] = [template.filled(values) for values in combinations]
    if len(expanded) > MOST_CONTAINERS:
        problems.add(node, (*path, "sweep"), f"more than {MOST_CONTAINERS:,} containers")
        return [template.unsure()]
    if not expanded:
        problems.add(node, (*path, "sweep"), "no combination of the parameters meets `where`")
        return [template.unsure()]
    return expanded


def _names(node: Node) -> tuple[str, ...]:
    mapping = as_mapping(node)
    return tuple(name for name in mapping.entries if name != "where") if mapping else ()


def _read(node: Node, path: Path, problems: Problems) -> Sweep | None:
    mapping = as_mapping(node)
    names = _names(node)
    if mapping is None or not names:
        problems.add(node, path, "expected parameters with their values: {fast: [5, 10], slow: [50, 100]}")
        return None
    read = {name: _parameter(mapping.entries[name], (*path, name), problems) for name in names}
    values = {name: found for name, found in read.items() if found is not None}
    where = mapping.value("where")
    condition = None if where is None else _condition(where, (*path, "where"), names, problems)
    total = math.prod(map(len, values.values()))
    if total > LARGEST:
        problems.add(node, path, f"{total:,} combinations; a sweep has at most {LARGEST:,}")
    if condition is not None:
        _check_numbers(condition, values, path, problems)
    whole = len(values) == len(names) and (where is None or condition is not None) and total <= LARGEST
    return Sweep(values, condition) if whole else None


def _parameter(entry: Entry, path: Path, problems: Problems) -> tuple[Scalar, ...] | None:
    name = entry.key.text
    if name in _RESERVED or not _NAME.fullmatch(name):
        what = f"unknown key: {name} is no parameter" if name in _RESERVED else "a parameter is named like x or fast_2"
        problems.at(entry.key.at, path, None, what)
        return None
    return parameter_values(entry.value, path, problems)


def _condition(node: Node, path: Path, names: tuple[str, ...], problems: Problems) -> Expression | None:
    if not isinstance(node, Scalar) or node.is_null:
        problems.add(node, path, "expected a condition such as fast < slow")
        return None
    try:
        return Expression(node.text, names)
    except ExpressionError as error:
        at = (
            node.at
            if node.indent is None
            else Mark(node.at.path, node.at.line, node.at.column + node.indent + error.column - 1)
        )
        problems.at(at, path, shown(node), error.message)
        return None


def _check_numbers(where: Expression, values: dict[str, tuple[Scalar, ...]], path: Path, problems: Problems) -> None:
    for name in where.numbers:
        for value in values.get(name, ()):
            if not isinstance(_plain(value), int | float):
                problems.add(value, (*path, name), "expected a number, since `where` compares it as one")


def _plain(value: Scalar) -> float | str | None:
    """The value as a condition sees it: a number where it is written as one, else its text."""
    if value.is_null:
        return None
    try:
        return read_number(value)
    except NotReadableError:
        return value.text
