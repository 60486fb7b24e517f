"""What is wrong with a config: collected, so that everything is reported at once, each with its place."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from engine.config.node import Mapping, Mark, Node, Path, Scalar, Sequence, dotted
from engine.guesses import nearest

_LONGEST_SHOWN = 80
_MOST_COMPARED = 30_000
_ONE_GUESS = 50
_MOST_LISTED = 1_000


class ConfigProblem(msgspec.Struct, frozen=True):
    """One mistake: its place, the dotted path of the value, the value as written, and what was expected instead."""

    at: Mark
    dotted_path: str
    value: str | None
    expected: str

    def __str__(self) -> str:
        """`<path>:<line>:<column>: <dotted path>: <value>: <what was expected>` on one line."""
        line = ": ".join(part for part in (str(self.at), self.dotted_path, self.value, self.expected) if part)
        return line if line.isprintable() else "".join(map(_printable, line))


class ConfigErrors(ValueError):  # noqa: N818 - it carries many
    """A config that cannot be used.

    `problems` are its mistakes in the order of the file; of very many, the first that were found, and `more` counts
    the rest.
    """

    def __init__(self, problems: Iterable[ConfigProblem], more: int = 0) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.at.path, problem.at.line, problem.at.column))
        self.more = more
        lines = [*map(str, self.problems), *([f"... and {more} more"] if more else [])]
        super().__init__("\n".join(lines))


class Guess(NamedTuple):
    """What a wrong word may have meant: the nearest of the known names; `otherwise` is said if none is near."""

    word: str
    known: Iterable[str]
    otherwise: str = ""


class Problems:
    """Collects mistakes while the rest of the config is still being read."""

    def __init__(self) -> None:
        self.found: list[ConfigProblem] = []
        self.warnings: list[ConfigProblem] = []
        self.count = 0
        self._seen: set[tuple[Mark, str]] = set()
        self._compared = 0

    def add(self, node: Node, path: Path, expected: str, guess: Guess | None = None) -> None:
        """Reports the value at `node`. A value that a sweep repeats is reported once for all its containers."""
        if isinstance(node, Scalar) and node.unsure:
            self.count += 1
            return
        swept = isinstance(node, Scalar) and node.swept
        self._add(ConfigProblem(node.at, dotted(path), shown(node), expected), "" if swept else expected, guess)

    def missing(self, owner: Node, path: Path, expected: str) -> None:
        """Reports that `path` is not there; the place is that of the mapping that lacks it."""
        self._add(ConfigProblem(owner.at, dotted(path), "missing", expected), dotted(path))

    def at(self, mark: Mark, path: Path, value: str | None, expected: str, guess: Guess | None = None) -> None:
        """Reports at a place of its own."""
        self._add(ConfigProblem(mark, dotted(path), value, expected), expected, guess)

    def warn(self, node: Node, path: Path, message: str) -> None:
        """Notes something odd that is no mistake."""
        self.warnings.append(ConfigProblem(node.at, dotted(path), shown(node), message))

    def raise_if_any(self) -> None:
        """Ends the reading of a config with mistakes.

        Raises:
            ConfigErrors: with all of them.
        """
        if self.found:
            raise self.errors()

    @property
    def many(self) -> bool:
        """Whether there are so many that no more are listed."""
        return len(self.found) >= _MOST_LISTED

    def errors(self, *further: ConfigProblem) -> ConfigErrors:
        """The exception that reports what was found, and what is given."""
        return ConfigErrors([*self.found, *further], len(self._seen) - len(self.found))

    def _add(self, problem: ConfigProblem, what: str, guess: Guess | None = None) -> None:
        self.count += 1
        key = (problem.at, what)
        if key in self._seen:
            return
        self._seen.add(key)
        if not self.many:
            hint = "" if guess is None else self._guessed(guess)
            self.found.append(ConfigProblem(problem.at, problem.dotted_path, problem.value, problem.expected + hint))

    def _guessed(self, guess: Guess) -> str:
        """The guess in words; after many mistakes there are none, so that a file wrong everywhere is answered soon."""
        known = list(guess.known)
        self._compared += len(known) + _ONE_GUESS
        near = nearest(guess.word, known) if self._compared <= _MOST_COMPARED else ""
        return near or guess.otherwise


def _printable(character: str) -> str:
    return character if character.isprintable() else ascii(character)[1:-1]


def shown(node: Node) -> str:
    """The value of a node on one line, shortened, with control characters escaped."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    return shown_text(node.text)


def shown_text(text: str) -> str:
    """A text shortened, in quotes if its ends could not be seen otherwise."""
    if not text:
        return "nothing"
    short = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."
    return short if short == short.strip() else f"'{short}'"
