"""`${NAME}` and `${NAME:-default}` in the values of a config (rule C4)."""

import re
from collections.abc import Mapping as Table

import msgspec

from engine.config.characters import odd_character
from engine.config.errors import Guess, Problems, shown
from engine.config.node import Node, Path, Scalar, Sequence
from engine.config.template import PLACE

MOST_CHARACTERS = 10_000_000
"""What all variables together may put into a config."""

_NAMED = r"\$\{(?P<name>[A-Za-z_]\w*)(?::-(?P<default>[^{}]*))?\}"
_PART = re.compile(rf"(?P<escaped>\$\$\{{)|{_NAMED}|{PLACE.replace('(', '(?P<place>')}", re.ASCII)
_MALFORMED = re.compile(rf"(?<!\$)(?!{_NAMED})\$\{{", re.ASCII)


class _UnusableError(Exception):
    """A variable that cannot be put in place."""

    def __init__(self, message: str, guess: Guess | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.guess = guess


class Variables:
    """Puts variables into texts, by name from `values`.

    What they hold is text: no mapping, list or sweep parameter comes out of it. A variable that is not set is a mistake
    only where its value counts, not in a block or under a key that another layer replaces: `report` is called for the
    tree that counts.
    """

    def __init__(self, values: Table[str, str], problems: Problems) -> None:
        self._values = values
        self._problems = problems
        self._characters = 0
        self._unusable: dict[int, tuple[Scalar, _UnusableError]] = {}

    def filled(self, scalar: Scalar, path: Path) -> Scalar:
        """The text with its variables replaced; `unsure` if that cannot be done."""
        if "${" not in scalar.text:
            return scalar
        if _MALFORMED.search(scalar.text):
            self._problems.add(scalar, path, "expected ${NAME} or ${NAME:-default}; $${ stands for ${ itself")
            return _unsure(scalar)
        try:
            pieces = self._pieces(scalar.text)
        except _UnusableError as error:
            unsure = _unsure(scalar)
            self._unusable[id(unsure)] = unsure, error
            return unsure
        text = "".join(f"{{{piece}}}" if index % 2 else piece for index, piece in enumerate(pieces))
        return Scalar(text, scalar.quoted, scalar.at, None, pieces=pieces)

    def report(self, node: Node, path: Path) -> None:
        """Reports the variables below `node` that could not be put in place."""
        if self._unusable:
            self._report(node, path, set())

    def _report(self, node: Node, path: Path, seen: set[int]) -> None:
        if id(node) in seen:
            return
        seen.add(id(node))
        if isinstance(node, Scalar):
            if id(node) in self._unusable:
                _, error = self._unusable[id(node)]
                self._problems.at(node.at, path, shown(node), error.message, error.guess)
        elif isinstance(node, Sequence):
            for index, item in enumerate(node.items):
                self._report(item, (*path, index), seen)
        else:
            for name, entry in node.entries.items():
                self._report(entry.value, (*path, name), seen)

    def _pieces(self, text: str) -> tuple[str, ...]:
        """Literal text and names of sweep parameters in turn."""
        pieces = [""]
        end = 0
        for part in _PART.finditer(text):
            pieces[-1] += text[end : part.start()]
            end = part.end()
            if part["place"]:
                pieces += [part["place"], ""]
            else:
                pieces[-1] += "${" if part["escaped"] else self._value(part["name"], part["default"])
        pieces[-1] += text[end:]
        return tuple(pieces)

    def _value(self, name: str, default: str | None) -> str:
        """As in a shell, the default also stands for a variable that is set to nothing."""
        value = self._values.get(name)
        if default is not None:
            value = value or default
        if value is None:
            near = Guess(name, self._values)
            raise _UnusableError(f"{name} is not set: set it, or give a default as in ${{{name}:-...}}", near)
        odd = odd_character(value)
        if odd is not None:
            raise _UnusableError(f"{name} holds the character {odd[0]!a}, which cannot stand in a text")
        self._characters += len(value)
        if self._characters > MOST_CHARACTERS:
            raise _UnusableError(f"the variables of this config hold more than {MOST_CHARACTERS:,} characters")
        return value


def _unsure(scalar: Scalar) -> Scalar:
    return msgspec.structs.replace(scalar, unsure=True)
