"""Conditions as users write them: a closed grammar over names, numbers and quoted texts (rule R5).

    condition   comparisons joined by and, or, not and parentheses
    comparison  value < value, also <= > >= == !=, chained as in 1 < x < 5
    value       a number, a dotted name, a quoted text (for == and != alone), and + - * / over them

Nothing else can be said, so nothing has to be forbidden: there are no calls, no attributes, no powers. A text is
parsed once, in time linear in its length, into nested closures.
"""

import difflib
import math
from collections.abc import Collection, Mapping
from typing import Literal, NamedTuple

from tracing.expression_runs import (
    ARITHMETIC,
    COMPARISONS,
    Lookup,
    Run,
    Undefined,
    chained,
    computed,
    defined,
    joined,
    numeric,
)
from tracing.expression_tokens import ExpressionError, Token, tokens

Sort = Literal["number", "text"]

LONGEST = 10_000
DEEPEST = 64

# How tightly an operator binds.
_OR, _AND, _NOT, _COMPARE, _ADD, _MULTIPLY, _SIGN = range(1, 8)
_BINDING = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), _COMPARE),
    **dict.fromkeys("+-", _ADD),
    **dict.fromkeys("*/", _MULTIPLY),
}


class Expression:
    """A condition, ready to be evaluated.

    `names` are those it uses, each once, in order; `numbers` are those of them that must be numbers.
    """

    def __init__(self, text: str, names: Collection[str], sorts: Mapping[str, Sort] | None = None) -> None:
        """Parses `text`, which may use `names`; `sorts` says of some of them what they are, where that is known.

        Raises:
            ExpressionError: at the column of the first fault, with the nearest name where a name is unknown.
        """
        if len(text) > LONGEST:
            raise ExpressionError(LONGEST + 1, f"a condition has at most {LONGEST} characters")
        parser = _Parser(text, names, sorts or {})
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
        except (Undefined, ZeroDivisionError, OverflowError):
            return False


class _Term(NamedTuple):
    """A parsed piece: `sort` is condition, number, text or name (which may hold a number or a text)."""

    sort: str
    run: Run
    column: int
    name: str = ""


class _Parser:
    """Reads by precedence climbing; chains of one precedence become one closure, so only nesting is nested."""

    def __init__(self, text: str, names: Collection[str], sorts: Mapping[str, Sort]) -> None:
        self.used: list[str] = []
        self.numbers: set[str] = set()
        self._names = names
        self._sorts = sorts
        self._tokens = tokens(text)
        self._at = 0
        self._depth = 0

    def condition(self) -> Run:
        whole = self._parse(_OR)
        token = self._tokens[self._at]
        if token.kind != "end":
            raise ExpressionError(token.column, f"expected an operator, not {_quoted(token)}")
        return self._conditional(whole).run

    def _parse(self, least: int) -> _Term:
        left = self._prefix()
        while (binding := self._binding()) >= least:
            pairs: list[tuple[Token, _Term]] = []
            while self._binding() == binding:
                pairs.append((self._take(), self._parse(binding + 1)))
            left = self._combine(binding, left, pairs)
        return left

    def _prefix(self) -> _Term:
        token = self._take()
        if token.text not in ("not", "+", "-", "("):
            return self._operand(token)
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionError(token.column, f"nested more than {DEEPEST} deep")
        term = self._nested(token)
        self._depth -= 1
        return term

    def _nested(self, token: Token) -> _Term:
        if token.text == "(":
            inner = self._parse(_OR)
            closing = self._take()
            if closing.text != ")":
                raise ExpressionError(closing.column, f"expected ), not {_quoted(closing)}")
            return inner
        if token.text == "not":
            run = self._conditional(self._parse(_NOT)).run
            return _Term("condition", lambda lookup: not run(lookup), token.column)
        run = self._numeric(self._parse(_SIGN)).run
        sign = -1.0 if token.text == "-" else 1.0
        return _Term("number", lambda lookup: sign * numeric(run(lookup)), token.column)

    def _operand(self, token: Token) -> _Term:
        if token.kind == "number":
            value = float(token.text)
            if math.isinf(value):
                raise ExpressionError(token.column, "this number is too large")
            return _Term("number", lambda _: value, token.column)
        if token.kind == "text":
            text = token.text[1:-1]
            return _Term("text", lambda _: text, token.column)
        if token.kind != "name" or token.text in _BINDING:
            raise ExpressionError(token.column, f"expected a name or a number, not {_quoted(token)}")
        return self._name(token)

    def _name(self, token: Token) -> _Term:
        name = token.text
        if self._tokens[self._at].text == "(":
            raise ExpressionError(token.column, f"{name} cannot be called: there are no functions")
        if name not in self._names:
            close = _closest(name, self._names)
            hint = f"did you mean {close!r}?" if close else f"known are {', '.join(sorted(self._names)) or 'none'}"
            raise ExpressionError(token.column, f"no such name: {name[:80]}; {hint}")
        self.used.append(name)
        return _Term(self._sorts.get(name, "name"), lambda lookup: defined(lookup(name)), token.column, name)

    def _combine(self, binding: int, first: _Term, pairs: list[tuple[Token, _Term]]) -> _Term:
        if binding <= _AND:
            runs = [self._conditional(term).run for term in (first, *(term for _, term in pairs))]
            return _Term("condition", joined(runs, decisive=binding == _OR), first.column)
        if binding == _COMPARE:
            return self._compared(first, pairs)
        steps = [(ARITHMETIC[token.text], self._numeric(term).run) for token, term in pairs]
        return _Term("number", computed(self._numeric(first).run, steps), first.column)

    def _compared(self, first: _Term, pairs: list[tuple[Token, _Term]]) -> _Term:
        left = first
        for token, right in pairs:
            self._check_pair(left, token, right)
            left = right
        steps = [(COMPARISONS[token.text], term.run) for token, term in pairs]
        return _Term("condition", chained(first.run, steps), first.column)

    def _check_pair(self, left: _Term, token: Token, right: _Term) -> None:
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
        return _BINDING.get(self._tokens[self._at].text, 0)

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token


def _quoted(token: Token) -> str:
    return "the end" if token.kind == "end" else repr(token.text[:80])


def _closest(name: str, known: Collection[str]) -> str:
    """The nearest name, empty if none is near. Where the group before the point is known, only the rest is compared."""
    if len(name) >= LONGEST // 100:
        return ""
    group = f"{name.rpartition('.')[0]}."
    rest = {each.removeprefix(group): each for each in known if each.startswith(group)}
    close = difflib.get_close_matches(name.removeprefix(group), rest, 1) if rest else []
    if rest:
        return rest[close[0]] if close else ""
    return next(iter(difflib.get_close_matches(name, known, 1)), "")
