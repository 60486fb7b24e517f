"""Readers of single values, lists and plain mappings: from nodes to Python values, mistakes collected."""

import itertools
from collections.abc import Callable, Collection
from typing import Any, Protocol

from engine.config.errors import Guess, Problems, nearest
from engine.config.node import Mapping as MappingNode
from engine.config.node import Node, Path, Scalar, Sequence, as_mapping
from engine.config.scalars import NotReadableError

_FIRST_KEYS = 100


class _Invalid:
    """The value of a field that has a mistake; it is reported already, so nothing more is said about it."""

    def __repr__(self) -> str:
        return "INVALID"


INVALID: Any = _Invalid()


class Walk:
    """One reading of one tree. Nodes that stand in several places, or are shared by a sweep, are read once."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.known: dict[tuple[int, int], Any] = {}


class Reader(Protocol):
    """Turns a node into a value, or reports why not and returns INVALID."""

    @property
    def expected(self) -> str:
        """What it takes, beginning with `expected`."""

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401 - the config's types decide
        """The value of the node."""


class ScalarReader:
    """One number or boolean, by one of the functions of engine.config.scalars, within bounds."""

    def __init__(self, kind: str, read_text: Callable[[Scalar], Any], bounds: "Bounds | None" = None) -> None:
        self._read_text = read_text
        self._bounds = bounds
        self.expected = f"expected {kind}{bounds or ''}"

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401
        """The value, if it can be read and lies within the bounds."""
        if not isinstance(node, Scalar):
            walk.problems.add(node, path, self.expected + unquoted_place(node))
            return INVALID
        try:
            value = self._read_text(node)
        except NotReadableError as error:
            plain = node.is_null or not node.text
            walk.problems.add(node, path, self.expected if plain else self._worded(str(error)))
            return INVALID
        if self._bounds is not None and not self._bounds.hold(value):
            walk.problems.add(node, path, self.expected)
            return INVALID
        return value

    def _worded(self, message: str) -> str:
        """The hint of the message behind what this field expects, bounds included."""
        _, colon, hint = message.partition(":")
        return self.expected + colon + hint if colon else message + str(self._bounds or "")


class Bounds:
    """The range of a number."""

    def __init__(self, **limits: float | None) -> None:
        self._tests = [(name, limit) for name, limit in limits.items() if limit is not None]

    def hold(self, value: float) -> bool:
        """Whether the value is inside."""
        return all(_COMPARED[name][1](value, limit) for name, limit in self._tests)

    def __str__(self) -> str:
        return " and".join(f" {_COMPARED[name][0]} {_written(limit)}" for name, limit in self._tests)


def _written(limit: float) -> str:
    return str(int(limit)) if limit == int(limit) else str(limit)


_COMPARED: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "gt": ("greater than", lambda value, limit: value > limit),
    "ge": ("of at least", lambda value, limit: value >= limit),
    "lt": ("below", lambda value, limit: value < limit),
    "le": ("of at most", lambda value, limit: value <= limit),
}


class TextReader:
    """One text, exactly as written; `check` returns what is wrong with it, or None.

    `~`, `null` and nothing are no text unless quoted, but ids and names are literal (rule C5): for them `literal`.
    """

    def __init__(
        self, kind: str = "text", check: Callable[[str], str | None] | None = None, *, literal: bool = False
    ) -> None:
        self.expected = f"expected {kind}"
        self._check = check
        self._literal = literal

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401
        """The text, if the check finds nothing."""
        if not isinstance(node, Scalar):
            walk.problems.add(node, path, self.expected + unquoted_place(node))
            return INVALID
        wrong = self._wrong(node)
        if wrong is not None:
            walk.problems.add(node, path, wrong)
            return INVALID
        return node.text

    def _wrong(self, scalar: Scalar) -> str | None:
        if not scalar.text:
            return self.expected
        if scalar.is_null and not self._literal:
            return f"{self.expected}: quote it if it is meant as text"
        if "\0" in scalar.text:
            return f"{self.expected} without null characters"
        return None if self._check is None else self._check(scalar.text)


class ChoiceReader:
    """One of several words; `kind` says what they are where there are too many to list in every message."""

    def __init__(self, choices: tuple[str, ...], kind: str = "") -> None:
        self.choices = choices
        self._kind = kind
        self.expected = f"expected {kind or _alternatives(choices)}"

    def matches(self, node: Node) -> bool:
        """Whether the node is one of the words."""
        return isinstance(node, Scalar) and node.text in self.choices

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401
        """The word."""
        if isinstance(node, Scalar) and self.matches(node):
            return node.text
        listed = f": {_alternatives(self.choices)}" if self._kind else ""
        word = node.text if isinstance(node, Scalar) else ""
        walk.problems.add(node, path, self.expected, Guess(word, self.choices, listed))
        return INVALID


class EitherReader:
    """One of several words, or else a value of another kind."""

    def __init__(self, choice: ChoiceReader, other: Reader) -> None:
        self._choice = choice
        self._other = other
        self.expected = f"{choice.expected}, or {other.expected.removeprefix('expected ')}"

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401
        """The word or the other value."""
        if self._choice.matches(node):
            return self._choice.read(node, path, walk)
        quiet = Walk(Problems())
        value = self._other.read(node, path, quiet)
        if value is INVALID:
            guess = Guess(node.text, self._choice.choices) if isinstance(node, Scalar) else None
            walk.problems.add(node, path, self.expected, guess)
        return value


class ListReader:
    """A list of values of one kind; items with a mistake are left out."""

    def __init__(self, item: Reader, *, least: int = 0, into: Callable[[list[Any]], Any] = list) -> None:
        self._item = item
        self._least = least
        self._into = into
        self.expected = f"expected a list: each item {item.expected.removeprefix('expected ')}"

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401
        """The values in order."""
        if not isinstance(node, Sequence):
            brackets = f": [{node.text}]" if isinstance(node, Scalar) and node.text.isidentifier() else ""
            walk.problems.add(node, path, f"expected a list{brackets}" if brackets else self.expected)
            return INVALID
        if len(node.items) < self._least:
            walk.problems.add(node, path, f"expected at least {self._least} in the list")
            return INVALID
        values = [self._item.read(item, (*path, index), walk) for index, item in enumerate(node.items)]
        return self._into([value for value in values if value is not INVALID])

    def accepts(self, node: Scalar) -> bool:
        """Whether a text alone would be an item."""
        return not isinstance(self._item, ChoiceReader) or self._item.matches(node)


class TableReader:
    """A mapping from free names to values of one kind; entries with a mistake keep their name."""

    def __init__(self, value: Reader, check_key: Callable[[str], str | None] | None = None) -> None:
        self._value = value
        self._check_key = check_key
        self.expected = f"expected a mapping: each value {value.expected.removeprefix('expected ')}"

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401
        """The values by name, in order."""
        mapping = as_mapping(node)
        if mapping is None:
            walk.problems.add(node, path, self.expected)
            return INVALID
        values: dict[str, Any] = {}
        for entry in mapping:
            name = entry.key.text
            wrong = self._check_key(name) if self._check_key else None
            if wrong:
                walk.problems.at(entry.key.at, (*path, name), name, wrong)
            values[name] = self._value.read(entry.value, (*path, name), walk)
        return values


class UnionReader:
    """A value that may be written in several forms, told apart by whether it is a text, a list or a mapping."""

    def __init__(
        self,
        *,
        nullable: bool = False,
        scalar: Reader | None = None,
        sequence: Reader | None = None,
        mapping: Reader | None = None,
    ) -> None:
        self._nullable = nullable
        self._scalar, self._sequence, self._mapping = scalar, sequence, mapping
        forms = [reader for reader in (scalar, sequence, mapping) if reader is not None]
        self._only = forms[0] if len(forms) == 1 else None
        self.expected = "expected " + ", or ".join(form.expected.removeprefix("expected ") for form in forms)

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401
        """The value, by the reader of the form it is written in."""
        if self._nullable and isinstance(node, Scalar) and node.is_null:
            return None
        reader = self._only or self._by_form(node)
        if reader is None:
            walk.problems.add(node, path, self.expected, self._guess(node))
            return INVALID
        return reader.read(node, path, walk)

    def _by_form(self, node: Node) -> Reader | None:
        if isinstance(node, Sequence):
            return self._sequence
        if not isinstance(node, Scalar):
            return self._mapping
        if isinstance(self._scalar, ChoiceReader) and not self._scalar.matches(node):
            return self._mapping if node.is_null else None
        return self._scalar or self._mapping

    def _guess(self, node: Node) -> Guess | None:
        if not isinstance(node, Scalar) or not isinstance(self._scalar, ChoiceReader):
            return None
        accepted = isinstance(self._sequence, ListReader) and self._sequence.accepts(node)
        brackets = f": [{node.text}]" if accepted else ""
        return Guess(node.text, self._scalar.choices, brackets)


def unquoted_place(node: Node) -> str:
    """A hint for `{fast}` without quotes, which YAML reads as a mapping."""
    if isinstance(node, MappingNode) and len(node.entries) == 1:
        entry = next(iter(node))
        if isinstance(entry.value, Scalar) and entry.value.is_null and not entry.value.text:
            return f': quote it if a sweep is to fill it in: "{{{entry.key.text}}}"'
    return ""


def misspelt(mapping: MappingNode, wanted: str, known: Collection[str]) -> Scalar | None:
    """The key of `mapping` that is nothing known and was probably meant as `wanted`."""
    strange = [entry.key for entry in itertools.islice(mapping, _FIRST_KEYS) if entry.key.text not in known]
    return next((key for key in strange if nearest(key.text, (wanted,))), None)


def unknown_key(problems: Problems, key: Scalar, path: Path, known: Collection[str]) -> None:
    """Reports a key that nothing reads, with the nearest that something does."""
    listed = f"; known here: {', '.join(known)}" if known else ""
    problems.at(key.at, (*path, key.text), None, "unknown key", Guess(key.text, known, listed))


def _alternatives(choices: tuple[str, ...]) -> str:
    return choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"
