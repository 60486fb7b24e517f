"""The tree of a config as it was written: literal texts and where each stands, before anything has a type."""

from collections.abc import Iterator

import msgspec


class Mark(msgspec.Struct, frozen=True, gc=False):
    """A place in a file: the path as the user typed it, line and column counted from 1.

    What stands on the command line has line 0, and `path` is the option with its value.
    """

    path: str
    line: int
    column: int

    @property
    def is_option(self) -> bool:
        """Whether it stands on the command line, not in a file."""
        return self.line == 0

    def __str__(self) -> str:
        """`<path>:<line>:<column>`, or the option as it was typed."""
        return self.path if self.is_option else f"{self.path}:{self.line}:{self.column}"


def option(text: str) -> Mark:
    """The place of an option of the command line."""
    return Mark(text, 0, 0)


class Scalar(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One value as literal text.

    `quoted` texts are never numbers, booleans or null. `indent` is the number of columns between `at` and the first
    character of the text, None where the text does not stand on one line. `swept` texts come from a sweep; they are
    `unsure` where the sweep has a mistake, so that nothing is said about them.

    A text in which `${...}` was replaced has `pieces`: literal text and names of sweep parameters in turn, so that
    braces that came from outside are not taken for a parameter. Though quoted, it may be read as a number.
    """

    text: str
    quoted: bool
    at: Mark
    indent: int | None = 0
    swept: bool = False
    unsure: bool = False
    pieces: tuple[str, ...] | None = None

    @property
    def is_null(self) -> bool:
        """Whether it says that there is no value."""
        return not self.quoted and self.text in _NULLS


class Sequence(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A list of nodes."""

    items: tuple["Node", ...]
    at: Mark


class Entry(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One key of a mapping and its value."""

    key: Scalar
    value: "Node"


class Mapping(msgspec.Struct, frozen=True, eq=False, gc=False):
    """Keys, each once, in the order of the file."""

    entries: dict[str, Entry]
    at: Mark

    def value(self, key: str) -> "Node | None":
        """The node under `key`, None if it is not there."""
        entry = self.entries.get(key)
        return None if entry is None else entry.value

    def __iter__(self) -> Iterator[Entry]:
        """The entries in order."""
        return iter(self.entries.values())


Node = Mapping | Sequence | Scalar
Path = tuple[str | int, ...]

_LONGEST_STEP = 200
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


def place_in(scalar: Scalar, column: int) -> Mark:
    """Where a column of the text stands, counted from 1; where the text begins, if it is not on one line of a file."""
    at = scalar.at
    if scalar.indent is None or at.is_option:
        return at
    return Mark(at.path, at.line, at.column + scalar.indent + column - 1)


def as_mapping(node: Node | None) -> Mapping | None:
    """The node as a mapping; null is the empty one, since `key:` with nothing under it says as much.

    A text that came from outside is never one.
    """
    if isinstance(node, Mapping):
        return node
    if isinstance(node, Scalar) and node.is_null and node.pieces is None:
        return Mapping({}, node.at)
    return None


def dotted(path: Path) -> str:
    """The path as it is shown: `containers.1.features.fast`; very long keys are cut, blank ones quoted."""
    return ".".join(map(_step, path))


def _step(step: str | int) -> str:
    text = str(step)[:_LONGEST_STEP]
    return text if text and text == text.strip() else f"'{text}'"
