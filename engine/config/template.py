"""A container with `{parameter}` in some of its values; what has none is shared by all the copies."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.config.errors import Guess, Problems
from engine.config.node import Entry, Mapping, Mark, Node, Path, Scalar, Sequence

if TYPE_CHECKING:
    from engine.config.combinations import Combination

PLACE = r"\{([A-Za-z_]\w{0,60})\}"
_PLACE = re.compile(PLACE, re.ASCII)

_UNKNOWN = Scalar("", quoted=True, at=Mark("", 0, 0), unsure=True)

_Fill = Callable[["Combination"], Node]


class Template:
    """Prepared once: filling it in touches only the values that differ."""

    def __init__(self, node: Node, names: tuple[str, ...], path: Path, problems: Problems) -> None:
        """Finds the places of the parameters `names`; a place with another name is reported."""
        self._names = names
        self._problems = problems
        self._node = node
        self._fill = self._prepared(node, path)

    def filled(self, values: "Combination") -> Node:
        """A copy with the values in their places."""
        return self._node if self._fill is None else self._fill(values)

    def unsure(self) -> Node:
        """A copy in which nobody knows the values, to check what does not depend on them."""
        return self.filled({name: Scalar("", quoted=True, at=self._node.at, unsure=True) for name in self._names})

    def _prepared(self, node: Node, path: Path) -> _Fill | None:
        if isinstance(node, Scalar):
            return self._scalar(node, path)
        if isinstance(node, Sequence):
            return self._sequence(node, path)
        return self._mapping(node, path)

    def _scalar(self, node: Scalar, path: Path) -> _Fill | None:
        pieces = _PLACE.split(node.text) if node.pieces is None else list(node.pieces)
        if len(pieces) == 1:
            return None
        for name in pieces[1::2]:
            if name not in self._names and self._names:
                guess = Guess(name, self._names, f"; known here: {', '.join(self._names)}")
                self._problems.add(node, path, f"no parameter {name!r} in the sweep", guess)
        before, name, *after = pieces
        return _whole(node, name) if not before and after == [""] else _pasted(node, pieces)

    def _sequence(self, node: Sequence, path: Path) -> _Fill | None:
        fills = [self._prepared(item, (*path, index)) for index, item in enumerate(node.items)]
        if not any(fills):
            return None
        pairs = list(zip(node.items, fills, strict=True))
        return lambda values: Sequence(tuple(fill(values) if fill else item for item, fill in pairs), node.at)

    def _mapping(self, node: Mapping, path: Path) -> _Fill | None:
        found = {name: self._prepared(entry.value, (*path, name)) for name, entry in node.entries.items()}
        fills = {name: fill for name, fill in found.items() if fill is not None}
        if not fills:
            return None

        def fill(values: "Combination") -> Node:
            entries = dict(node.entries)
            for name, each in fills.items():
                entries[name] = Entry(entries[name].key, each(values))
            return Mapping(entries, node.at)

        return fill


def _whole(node: Scalar, name: str) -> _Fill:
    """The parameter itself: its text is read as the type of the field, quotes included."""

    def fill(values: "Combination") -> Node:
        value = values.get(name, _UNKNOWN)
        text, quoted, pieces = value.text, value.quoted, value.pieces
        return Scalar(text, quoted, node.at, None, swept=True, unsure=value.unsure, pieces=pieces)

    return fill


def _pasted(node: Scalar, pieces: list[str]) -> _Fill:
    """A text with the parameters' texts pasted in: always a text, never a number."""

    def fill(values: "Combination") -> Node:
        found = [values.get(name, _UNKNOWN) for name in pieces[1::2]]
        texts = [*pieces]
        texts[1::2] = [value.text for value in found]
        unsure = any(value.unsure for value in found)
        return Scalar("".join(texts), quoted=True, at=node.at, indent=None, swept=True, unsure=unsure)

    return fill
