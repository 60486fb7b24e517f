"""Conditions as users write them: a closed grammar over names, numbers and quoted texts (rule R5).

    condition   comparisons joined by and, or, not and parentheses
    comparison  value < value, also <= > >= == !=, chained as in 1 < x < 5
    value       a number, a dotted name, a quoted text (for == and != alone), and + - * / over them

Nothing else can be said, so nothing has to be forbidden: there are no calls, no attributes, no powers. A text is
parsed once, in time linear in its length, into nested closures.
"""

import difflib
import math
import re
from collections.abc import Callable, Collection
from typing import NamedTuple

LONGEST = 10_000
DEEPEST = 64

Value = float | str
Lookup = Callable[[str], Value | None]
_Run = Callable[[Lookup], Value]

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

# How tightly an operator binds.
_OR, _AND, _NOT, _COMPARE, _ADD, _MULTIPLY, _SIGN = range(1, 8)
_BINDING = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), _COMPARE),
    **dict.fromkeys("+-", _ADD),
    **dict.fromkeys("*/", _MULTIPLY),
}
_COMPARISONS: dict[str, Callable[[Value, Value], bool]] = {
    "<": lambda a, b: _number(a) < _number(b),
    "<=": lambda a, b: _number(a) <= _number(b),
    ">": lambda a, b: _number(a) > _number(b),
    ">=": lambda a, b: _number(a) >= _number(b),
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


class ExpressionError(ValueError):
    """A text outside the grammar. `column` counts from 1 within the text, `message` says what is wrong there."""

    def __init__(self, column: int, message: str) -> None:
        super().__init__(f"column {column}: {message}")
        self.column = column
        self.message = message


class _Undefined(Exception):  # noqa: N818 - no error: the condition is simply not true
    """A name has no value, or a text stands where a number is needed."""


class Expression:
    """A condition, ready to be evaluated.

    `names` are those it uses, each once, in order; `numbers` are those of them that must be numbers.
    """

    def __init__(self, text: str, names: Collection[str]) -> None:
        """Parses `text`, which may use `names`.

        Raises:
            ExpressionError: at the column of the first fault, with the nearest name where a name is unknown.
        """
        if len(text) > LONGEST:
            raise ExpressionError(LONGEST + 1, f"a condition has at most {LONGEST} characters")
        parser = _Parser(text, names)
        self.text = text
        self._run = parser.condition()
        self.names = tuple(dict.fromkeys(parser.used))
        self.numbers = tuple(name for name in self.names if name in parser.numbers)

    def evaluate(self, lookup: Lookup) -> bool:
        """Whether the condition holds for the values that `lookup` gives.

        A name without a value (None), a division by zero, and a number too large make the whole condition false, `not`
        or not; so does a text where a number is needed.
        """
        try:
            return bool(self._run(lookup))
        except (_Undefined, ZeroDivisionError, OverflowError):
            return False


class _Token(NamedTuple):
    kind: str
    text: str
    column: int


class _Term(NamedTuple):
    """A parsed piece: `sort` is condition, number, text or name (which may hold a number or a text)."""

    sort: str
    run: _Run
    column: int
    name: str = ""


class _Parser:
    """Reads by precedence climbing; chains of one precedence become one closure, so only nesting is nested."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        self.used: list[str] = []
        self.numbers: set[str] = set()
        self._names = names
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    def condition(self) -> _Run:
        whole = self._parse(_OR)
        token = self._tokens[self._at]
        if token.kind != "end":
            raise ExpressionError(token.column, f"expected an operator, not {_quoted(token)}")
        return self._conditional(whole).run

    def _parse(self, least: int) -> _Term:
        left = self._prefix()
        while (binding := self._binding()) >= least:
            pairs: list[tuple[_Token, _Term]] = []
            while self._binding() == binding:
                pairs.append((self._take(), self._parse(binding + 1)))
            left = self._combine(binding, left, pairs)
        return left

    def _prefix(self) -> _Term:
        token = self._take()
        if token.text not in ("not", "+", "-", "(") or token.kind == "text":
            return self._operand(token)
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionError(token.column, f"nested more than {DEEPEST} deep")
        term = self._nested(token)
        self._depth -= 1
        return term

    def _nested(self, token: _Token) -> _Term:
        if token.text == "(":
            inner = self._parse(_OR)
            closing = self._take()
            if closing.text != ")" or closing.kind != "symbol":
                raise ExpressionError(closing.column, f"expected ), not {_quoted(closing)}")
            return inner
        if token.text == "not":
            run = self._conditional(self._parse(_NOT)).run
            return _Term("condition", lambda lookup: not run(lookup), token.column)
        run = self._numeric(self._parse(_SIGN)).run
        sign = -1.0 if token.text == "-" else 1.0
        return _Term("number", lambda lookup: sign * _number(run(lookup)), token.column)

    def _operand(self, token: _Token) -> _Term:
        if token.kind == "number":
            number = float(token.text)
            if math.isinf(number):
                raise ExpressionError(token.column, "this number is too large")
            return _Term("number", lambda _: number, token.column)
        if token.kind == "text":
            text = token.text[1:-1]
            return _Term("text", lambda _: text, token.column)
        if token.kind != "name" or token.text in _BINDING:
            raise ExpressionError(token.column, f"expected a name or a number, not {_quoted(token)}")
        return self._name(token)

    def _name(self, token: _Token) -> _Term:
        name = token.text
        if self._tokens[self._at].text == "(":
            raise ExpressionError(token.column, f"{name} cannot be called: there are no functions")
        if name not in self._names:
            close = difflib.get_close_matches(name, self._names, 1) if len(name) < LONGEST // 100 else []
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(sorted(self._names)) or 'none'}"
            raise ExpressionError(token.column, f"no such name: {name[:80]}; {hint}")
        self.used.append(name)
        return _Term("name", lambda lookup: _defined(lookup(name)), token.column, name)

    def _combine(self, binding: int, first: _Term, pairs: list[tuple[_Token, _Term]]) -> _Term:
        if binding <= _AND:
            runs = [self._conditional(term).run for term in (first, *(term for _, term in pairs))]
            return _Term("condition", _joined(runs, decisive=binding == _OR), first.column)
        if binding == _COMPARE:
            return self._compared(first, pairs)
        steps = [(_ARITHMETIC[token.text], self._numeric(term).run) for token, term in pairs]
        return _Term("number", _computed(self._numeric(first).run, steps), first.column)

    def _compared(self, first: _Term, pairs: list[tuple[_Token, _Term]]) -> _Term:
        left = first
        for token, right in pairs:
            self._check_pair(left, token, right)
            left = right
        steps = [(_COMPARISONS[token.text], term.run) for token, term in pairs]
        return _Term("condition", _chained(first.run, steps), first.column)

    def _check_pair(self, left: _Term, token: _Token, right: _Term) -> None:
        for term in (left, right):
            if term.sort == "condition":
                raise ExpressionError(term.column, "a comparison cannot be compared: join them with and or or")
        sorts = {left.sort, right.sort}
        by_order = token.text not in ("==", "!=")
        if "text" in sorts and (by_order or "number" in sorts):
            raise ExpressionError(token.column, "a text can only be compared with == or != to a name or a text")
        if by_order or "number" in sorts:
            self.numbers.update((left.name, right.name))

    def _conditional(self, term: _Term) -> _Term:
        if term.sort != "condition":
            raise ExpressionError(term.column, f"expected a comparison such as x > 0, not a {term.sort} alone")
        return term

    def _numeric(self, term: _Term) -> _Term:
        if term.sort not in ("number", "name"):
            raise ExpressionError(term.column, f"expected a number, not a {term.sort}")
        self.numbers.add(term.name)
        return term

    def _binding(self) -> int:
        token = self._tokens[self._at]
        return 0 if token.kind == "text" else _BINDING.get(token.text, 0)

    def _take(self) -> _Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while not tokens or tokens[-1].kind != "end":
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            hint = _HINTS.get(text[at])
            raise ExpressionError(at + 1, f"{text[at]!r} has no meaning here" + (f": {hint}" if hint else ""))
        kind = str(match.lastgroup)
        tokens.append(_Token(kind, match[kind], match.start(kind) + 1))
        at = match.end()
    return tokens


def _quoted(token: _Token) -> str:
    return "the end" if token.kind == "end" else repr(token.text[:80])


def _defined(value: Value | None) -> Value:
    if value is None:
        raise _Undefined
    return value


def _number(value: Value) -> float:
    if isinstance(value, str):
        raise _Undefined
    return value


def _joined(runs: list[_Run], *, decisive: bool) -> _Run:
    """`or` (decided by the first true) or `and` (by the first false)."""

    def run(lookup: Lookup) -> bool:
        for each in runs:
            if bool(each(lookup)) is decisive:
                return decisive
        return not decisive

    return run


def _computed(first: _Run, steps: list[tuple[Callable[[float, float], float], _Run]]) -> _Run:
    def run(lookup: Lookup) -> float:
        value = float(_number(first(lookup)))
        for operate, operand in steps:
            value = operate(value, float(_number(operand(lookup))))
        return value

    return run


def _chained(first: _Run, steps: list[tuple[Callable[[Value, Value], bool], _Run]]) -> _Run:
    def run(lookup: Lookup) -> bool:
        left = first(lookup)
        for compare, operand in steps:
            right = operand(lookup)
            if not compare(left, right):
                return False
            left = right
        return True

    return run
