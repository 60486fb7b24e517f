"""The words of a condition and where each stands."""

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
    | (?P<text>'[^']*'|"[^"]*")
    | (?P<symbol><=|>=|==|!=|[-+*/<>()])
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_HINTS = {"=": "compare with ==", "&": "write and", "|": "write or", "!": "write not", "'": "a quote is not closed"}
_HINTS['"'] = _HINTS["'"]


class ExpressionError(ValueError):
    """A text outside the grammar. `column` counts from 1 within the text, `message` says what is wrong there."""

    def __init__(self, column: int, message: str) -> None:
        super().__init__(f"column {column}: {message}")
        self.column = column
        self.message = message


class Token(NamedTuple):
    """One word: `kind` is number, name, text, symbol or end; `column` counts from 1."""

    kind: str
    text: str
    column: int


def tokens(text: str) -> list[Token]:
    """The words of `text`, the end last.

    Raises:
        ExpressionError: at the first character that belongs to no word.
    """
    found: list[Token] = []
    at = 0
    while not found or found[-1].kind != "end":
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            hint = _HINTS.get(text[at])
            raise ExpressionError(at + 1, f"{text[at]!r} has no meaning here" + (f": {hint}" if hint else ""))
        kind = str(match.lastgroup)
        found.append(Token(kind, match[kind], match.start(kind) + 1))
        at = match.end()
    return found
