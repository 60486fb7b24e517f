"""What is wrong with a config: collected, so that everything is reported at once, each with its place."""

import difflib
from collections.abc import Iterable

import msgspec

from engine.config.node import Mapping, Mark, Node, Path, Scalar, Sequence, dotted

_LONGEST_SHOWN = 80
_LONGEST_GUESSED = 100
_MOST_GUESSES = 200


class ConfigProblem(msgspec.Struct, frozen=True):
    """One mistake: its place, the dotted path of the value, the value as written, and what was expected instead."""

    at: Mark
    dotted_path: str
    value: str | None
    expected: str

    def __str__(self) -> str:
        """`<path>:<line>:<column>: <dotted path>: <value>: <what was expected>` on one line."""
        place = f"{self.at.path}:{self.at.line}:{self.at.column}"
        return ": ".join(part for part in (place, self.dotted_path, self.value, self.expected) if part)


class ConfigErrors(ValueError):  # noqa: N818 - it carries many
    """A config that cannot be used. `problems` are all of its mistakes in the order of the file."""

    def __init__(self, problems: Iterable[ConfigProblem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.at.path, problem.at.line, problem.at.column))
        super().__init__("\n".join(map(str, self.problems)))


class Problems:
    """Collects mistakes while the rest of the config is still being read."""

    def __init__(self) -> None:
        self.found: list[ConfigProblem] = []
        self.warnings: list[ConfigProblem] = []
        self._seen: set[tuple[Mark, str]] = set()
        self._guesses = 0

    def add(self, node: Node, path: Path, expected: str) -> None:
        """Reports the value at `node`. A value that a sweep repeats is reported once for all its containers."""
        swept = isinstance(node, Scalar) and node.swept
        self._add(ConfigProblem(node.at, dotted(path), shown(node), expected), "" if swept else expected)

    def missing(self, owner: Node, path: Path, expected: str) -> None:
        """Reports that `path` is not there; the place is that of the mapping that lacks it."""
        self._add(ConfigProblem(owner.at, dotted(path), "missing", expected), dotted(path))

    def at(self, mark: Mark, path: Path, value: str | None, expected: str) -> None:
        """Reports at a place of its own."""
        self._add(ConfigProblem(mark, dotted(path), value, expected), expected)

    def warn(self, node: Node, path: Path, message: str) -> None:
        """Notes something odd that is no mistake."""
        self.warnings.append(ConfigProblem(node.at, dotted(path), shown(node), message))

    def nearest(self, word: str, known: Iterable[str]) -> str:
        """` did you mean ...?` with the closest of the known names, empty if none is close.

        After many mistakes it stops guessing: a file that is wrong everywhere is answered in good time.
        """
        self._guesses += 1
        if self._guesses > _MOST_GUESSES or len(word) > _LONGEST_GUESSED:
            return ""
        return nearest(word, known)

    def raise_if_any(self) -> None:
        """Ends the reading of a config with mistakes.

        Raises:
            ConfigErrors: with all of them.
        """
        if self.found:
            raise ConfigErrors(self.found)

    def _add(self, problem: ConfigProblem, what: str) -> None:
        key = (problem.at, what)
        if key not in self._seen:
            self._seen.add(key)
            self.found.append(problem)


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` with the name closest to `word` whatever its case, empty if none is close."""
    by_folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), by_folded, 1, 0.6)
    return f"; did you mean {by_folded[close[0]]!r}?" if close else ""


def shown(node: Node) -> str:
    """The value of a node on one line, shortened, with control characters escaped."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    return shown_text(node.text)


def shown_text(text: str) -> str:
    """A text on one line, shortened, with control characters escaped."""
    if not text:
        return "nothing"
    short = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."
    plain = short.isprintable() and short == short.strip()
    return short if plain else short.encode("unicode_escape").decode("ascii").join("''")
