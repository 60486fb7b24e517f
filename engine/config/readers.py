"""Readers of single values: from nodes to numbers, booleans, texts and words, mistakes collected."""

from collections.abc import Callable
from typing import Any, Protocol

from engine.config.assignments import Assignments
from engine.config.errors import Guess, Problems
from engine.config.keys import unquoted_place
from engine.config.node import Node, Path, Scalar
from engine.config.scalars import NotReadableError


class _Invalid:
    """The value of a field that has a mistake; it is reported already, so nothing more is said about it."""

    def __repr__(self) -> str:
        return "INVALID"


INVALID: Any = _Invalid()


class Walk:
    """One reading of one tree. Nodes that stand in several places, or are shared by a sweep, are read once.

    `seed` is where random sweeps start; `assignments` are those that wait for the copies that sweeps make.
    """

    def __init__(self, problems: Problems, seed: int = 0, assignments: Assignments | None = None) -> None:
        self.problems = problems
        self.seed = seed
        self.assignments = assignments
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
        self.read_text = read_text
        self.bounds = bounds
        self.expected = f"expected {kind}{bounds or ''}"

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401
        """The value, if it can be read and lies within the bounds."""
        if not isinstance(node, Scalar):
            walk.problems.add(node, path, self.expected + unquoted_place(node))
            return INVALID
        try:
            value = self.read_text(node)
        except NotReadableError as error:
            plain = node.is_null or not node.text
            walk.problems.add(node, path, self.expected if plain else self._worded(str(error)))
            return INVALID
        if self.bounds is not None and not self.bounds.hold(value):
            walk.problems.add(node, path, self.expected)
            return INVALID
        return value

    def _worded(self, message: str) -> str:
        """The hint of the message behind what this field expects, bounds included."""
        _, colon, hint = message.partition(":")
        return self.expected + colon + hint if colon else message + str(self.bounds or "")


class Bounds:
    """The range of a number."""

    def __init__(self, **limits: float | None) -> None:
        self.limits = {name: limit for name, limit in limits.items() if limit is not None}

    def hold(self, value: float) -> bool:
        """Whether the value is inside."""
        return all(_COMPARED[name][1](value, limit) for name, limit in self.limits.items())

    def __str__(self) -> str:
        return " and".join(f" {_COMPARED[name][0]} {_written(limit)}" for name, limit in self.limits.items())


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
        self.literal = literal

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
        if scalar.is_null and not self.literal:
            return f"{self.expected}: quote it if it is meant as text"
        if "\0" in scalar.text:
            return f"{self.expected} without null characters"
        return None if self._check is None else self._check(scalar.text)


class ChoiceReader:
    """One of several words; `kind` says what they are where there are too many to list in every message.

    `own` tells a word that is none of them but may be one of the user's own; whoever knows those must look it up.
    """

    def __init__(self, choices: tuple[str, ...], kind: str = "", own: Callable[[str], bool] | None = None) -> None:
        self.choices = choices
        self.own = own
        self._kind = kind
        self.expected = f"expected {kind or _alternatives(choices)}"

    def matches(self, node: Node) -> bool:
        """Whether the node is one of the words."""
        if not isinstance(node, Scalar):
            return False
        return node.text in self.choices or (self.own is not None and self.own(node.text))

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
        self.choice = choice
        self.other = other
        self.expected = f"{choice.expected}, or {other.expected.removeprefix('expected ')}"

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401
        """The word or the other value."""
        if self.choice.matches(node):
            return self.choice.read(node, path, walk)
        quiet = Walk(Problems())
        value = self.other.read(node, path, quiet)
        if value is INVALID:
            guess = Guess(node.text, self.choice.choices) if isinstance(node, Scalar) else None
            walk.problems.add(node, path, self.expected, guess)
        return value


def _alternatives(choices: tuple[str, ...]) -> str:
    return choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"
