"""Strategies as they were written: those inside others, each with its place, and parameters that do not go together."""

from collections.abc import Iterator
from typing import Any

from engine.config.errors import Problems
from engine.config.node import Mapping, Node, Path, Sequence
from engine.config.readers import INVALID
from engine.strategies.columns import BuiltinStrategy
from engine.strategies.combinator import Combinator

Written = tuple[BuiltinStrategy, Mapping, Path]


def written_parts(strategy: Any, node: Node | None, path: Path) -> Iterator[Written]:  # noqa: ANN401 - INVALID is of no type
    """The built-in strategies that a strategy is and is made of, outermost first, each with its node and its path."""
    if not isinstance(node, Mapping) or not isinstance(strategy, BuiltinStrategy):
        return
    yield strategy, node, path
    if isinstance(strategy, Combinator):
        for part, item, place in _inside(strategy, node.value("of"), (*path, "of")):
            yield from written_parts(part, item, place)


def check_parameters(strategy: Any, node: Node | None, path: Path, problems: Problems) -> None:  # noqa: ANN401
    """Reports parameters that are right one by one and wrong together."""
    for part, written, place in written_parts(strategy, node, path):
        if any(getattr(part, field) is INVALID for field in part.__struct_fields__):
            continue
        fault = part.fault()
        if fault is not None:
            key, reason = fault
            item = written.value(key)
            if item is None:
                problems.missing(written, (*place, key), reason)
            else:
                problems.add(item, (*place, key), reason)


def _inside(strategy: Combinator, written: Node | None, path: Path) -> Iterator[tuple[Any, Node, Path]]:
    of = getattr(strategy, "of", INVALID)
    if not isinstance(of, tuple):
        if written is not None:
            yield of, written, path
    elif isinstance(written, Sequence) and len(written.items) == len(of):  # else some are wrong, and left out
        for number, (part, item) in enumerate(zip(of, written.items, strict=True)):
            yield part, item, (*path, number)
