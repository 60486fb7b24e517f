"""Whether what features and strategies read by name is there, and whether features read one another in a circle."""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.config.containers import Declared
from engine.config.errors import Guess, Problems
from engine.config.node import Mapping as MappingNode
from engine.config.node import Node, Path, Scalar
from engine.config.node import Sequence as SequenceNode
from engine.config.reach import Reach, own_names, with_own
from engine.features.indicators import PRICE_COLUMNS
from engine.features.spec import feature_names

_TAKEN = (*PRICE_COLUMNS, "timestamp")
"""Names of columns that every strategy reads."""


def check_features(each: Declared, features: Mapping[str, Any], reach: Reach, problems: Problems) -> None:
    """Reports features named like columns of the data, features of what is not there, and circles of features."""
    node = each.field("features")
    written = node.entries if isinstance(node, MappingNode) else {}
    own = own_names(features)
    here = None if own is None or reach.unsure else with_own(reach, own)
    for name, spec in features.items():
        path = (*each.path, "features", name)
        entry = written.get(name)
        if entry is None:
            continue
        if name in _TAKEN or name in reach.further:
            problems.at(entry.key.at, path, None, "this is the name of a column of the data: choose another")
        if here is not None:
            for column, item, place in _inputs(spec, entry.value, (*path, "input")):
                check_column(item, place, column, here, problems)
    if own is not None:
        _check_circles(each, features, written, problems)


def check_column(item: Node, path: Path, name: str, here: Reach, problems: Problems) -> None:
    """Reports a name that nothing gives, or that several give; `here` is what arrives, own features among it."""
    origins = here.features.get(name, ())
    if len(origins) > 1:
        problems.add(item, path, f"{' and '.join(origins)} both define this feature")
    elif not origins and name not in PRICE_COLUMNS and name not in here.further:
        known = dict.fromkeys([*here.features, *here.further, *PRICE_COLUMNS])
        text = item.text if isinstance(item, Scalar) else name
        guess = Guess(text, known, f": expected one of {', '.join(known)}")
        what = "of this name" if name == text else f"called {name!r}"
        problems.add(item, path, f"no feature or column {what} arrives here", guess)


def _inputs(spec: Any, node: Node, path: Path) -> Iterator[tuple[str, Node, Path]]:  # noqa: ANN401
    """The names of the columns a feature reads, each with what was written."""
    written = node.value("input") if isinstance(node, MappingNode) else None
    if isinstance(written, SequenceNode):
        if len(written.items) == len(spec.input):  # else some are no names, which is reported
            yield from (
                (name, item, (*path, n)) for n, (name, item) in enumerate(zip(spec.input, written.items, strict=True))
            )
    elif written is not None and spec.input:
        yield spec.input[0], written, path


def _check_circles(each: Declared, features: Mapping[str, Any], written: Mapping[str, Any], problems: Problems) -> None:
    owners = {output: name for name, spec in features.items() for output in feature_names(name, spec)}
    reads = {name: [owners[i] for i in spec.input if i in owners] for name, spec in features.items()}
    done: set[str] = set()
    for name in reads:
        circle = _circle(name, reads, done)
        if circle and circle[0] in written:
            entry = written[circle[0]].value
            item = entry.value("input") if isinstance(entry, MappingNode) else None
            path = (*each.path, "features", circle[0], "input")
            problems.add(item or entry, path, f"features read one another in a circle: {' -> '.join(circle)}")


def _circle(name: str, reads: Mapping[str, list[str]], done: set[str]) -> list[str]:
    """The first circle met by following what a feature reads; features already followed are in `done`."""
    trail: list[str] = []
    pending = [(name, 0)]
    while pending:
        current, depth = pending.pop()
        del trail[depth:]
        if current in trail:
            return [*trail[trail.index(current) :], current]
        if current not in done:
            done.add(current)
            trail.append(current)
            pending += [(each, len(trail)) for each in reads[current]]
    return []
