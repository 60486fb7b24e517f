"""Translates modules written in the kernel's language (see `language`) to one C99 file, or says what is outside of it.

An int becomes `int64_t`, a float `double`, a struct a pointer to one, an array a pointer to its first item. Operations come in
the order of the text; where C leaves an order open, or gives an operation another meaning than Python, the text is refused.
"""

from __future__ import annotations

import ast
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from engine.kernel.language import LEAST_INT, MOST_INT, Array

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Kind = str | Array

PRELUDE = Path(__file__).with_name("prelude.h")

_SCALARS = {"int": "int64_t", "float": "double", "bool": "bool"}
_C_TYPES = {**_SCALARS, "None": "void"}
_KINDS: dict[str, Kind] = {
    **dict(zip(_SCALARS, _SCALARS, strict=True)),
    "F64": Array("float", 0),
    "I64": Array("int", 0),
}
_COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
_BY_CONSTANTS = {ast.Div: ("float", "/"), ast.FloorDiv: ("int", "floor_divide"), ast.Mod: ("int", "modulo")}
_OF_FLOATS = {"root": "float", "whole": "float", "truncate": "int", "isnan": "bool", "isfinite": "bool"}
_SPECIAL = {"inf": "__builtin_inf()", "nan": '__builtin_nan("")'}


class UntranslatableError(ValueError):
    """Sources are outside the language; a line for each reason, with file and line."""


class _RefusedError(Exception):
    """A node, its first argument, is outside the language; why, its second, is empty after a fault already found."""


class _Value(NamedTuple):
    """An expression in C, its kind, and its value where that is a number in the text."""

    text: str
    kind: Kind
    constant: float | None = None


_NOTHING = _Value("", "None")


class _Signature(NamedTuple):
    """A function: where it is defined, the kinds of its parameters and of what it returns."""

    source: str
    node: ast.FunctionDef
    parameters: dict[str, Kind]
    returns: Kind


def translate(sources: Mapping[str, str]) -> str:
    """The C text of modules together, given by the names that messages have for them.

    Raises:
        UntranslatableError: if any of it is outside the language.
    """
    return _Program(sources).text


def _require(holds: object, node: ast.AST, why: str) -> None:
    if not holds:
        raise _RefusedError(node, why)


class _Program:
    """All modules together: they share one space of names."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.constants: dict[str, _Value] = {}
        self.structs: dict[str, dict[str, Kind]] = {}
        self.functions: dict[str, _Signature] = {}
        self._defined: dict[str, tuple[str, Any]] = {}
        self.faults: set[tuple[str, int, str]] = set()
        self._out = [PRELUDE.read_text(encoding="utf-8")]
        for source, text in sources.items():
            for node in ast.parse(text, source).body:
                self.attempt(source, self._collect, source, node)
        for kind, action in ((ast.ClassDef, self._struct), (ast.FunctionDef, self._declare)):
            for source, node in [each for each in self._defined.values() if isinstance(each[1], kind)]:
                self.attempt(source, action, source, node)
        self.writers = self._writers()
        self._out += [line for signature in self.functions.values() for line in _Function(self, signature).lines()]
        if self.faults:
            raise UntranslatableError("\n".join(f"{name}:{line}: {why}" for name, line, why in sorted(self.faults)))
        self.text = "\n".join(self._out) + "\n"

    def attempt(self, source: str, action: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401
        """What the action returns; None, and a fault is noted, if it refuses."""
        try:
            return action(*arguments)
        except _RefusedError as refusal:
            node, why = refusal.args
            if why:
                self.faults.add((source, node.lineno, why))
            return None

    def _collect(self, source: str, node: ast.stmt) -> None:
        match node:
            case ast.ImportFrom() | ast.Expr(value=ast.Constant(value=str())):
                return
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                literal = _literal(value)
                _require(literal, node, f"{name} is {ast.unparse(value)}: expected an int, a float or a bool")
                self.constants[name] = literal or _Value("", "unknown")
            case ast.ClassDef(name, [], [], decorator_list=[ast.Name("struct")]) | ast.FunctionDef(name):
                pass
            case _:
                _require(False, node, "a module has imports from others, constants, @struct classes and functions")
        other, first = self._defined.setdefault(name, (source, node))
        _require(first is node, node, f"{name} is defined in {other}:{first.lineno} already")

    def _kind(self, node: ast.expr) -> Kind:
        """The kind that an annotation names."""
        match node:
            case ast.Constant(value=None):
                return "None"
            case ast.Name(id=name) if name in _KINDS:
                return _KINDS[name]
            case ast.Name(id=name) if isinstance(self._defined.get(name, ("", None))[1], ast.ClassDef):
                self._struct(*self._defined[name])
                return name
            case ast.Subscript(ast.Name("Annotated"), ast.Tuple([ast.Subscript(ast.Name("list"), item), size])):
                of = _literal(size) or self.constants.get(ast.unparse(size)) or _Value("", "unknown")
                _require(of.kind == "int" and (of.constant or 0) > 0, size, "an array has a constant size above zero")
                return Array(self._kind(item), int(of.constant or 0))
            case ast.Subscript(ast.Name("list"), item):
                return Array(self._kind(item), 0)
        _require(False, node, f"{ast.unparse(node)} is no kind of value")
        return "unknown"

    def _struct(self, source: str, node: ast.ClassDef) -> None:
        """Puts a struct into the text, after those inside it."""
        name = node.name
        if name in self.structs:
            return
        self.structs[name] = fields = {}
        for each in node.body:
            match each:
                case ast.AnnAssign(target=ast.Name(id=field), annotation=annotation, value=None):
                    _require(ast.unparse(annotation) != name, each, f"{name} cannot contain itself")
                    fields[field] = self.attempt(source, self._kind, annotation) or "unknown"
                case ast.Expr(value=ast.Constant(value=str())):
                    pass
                case _:
                    _require(False, each, "a struct has fields with an annotation and no value")
        members, offsets = "", f"sizeof({name}_)"
        for field, kind in fields.items():
            item, size = (kind.item, f"[{kind.size}]") if isinstance(kind, Array) else (kind, "")
            star = "*" if size == "[0]" else ""
            members += f" {_C_TYPES.get(item, item + '_')} {star}{field}_{'' if star else size};"
            offsets += f", offsetof({name}_, {field}_), sizeof((({name}_ *)0)->{field}_)"
        self._out.append(f"typedef struct {{{members} }} {name}_;")
        self._out.append(f"PUBLIC const int64_t layout_{name}[] = {{{offsets}}};")

    def _declare(self, source: str, node: ast.FunctionDef) -> None:
        plain = ast.arguments([], node.args.args, None, [], [], None, [])
        _require(ast.unparse(node.args) == ast.unparse(plain), node, "parameters are plain ones without a default")
        untyped = [each for each in node.args.args if each.annotation is None]
        _require(node.returns and not untyped, node, "parameters and what a function returns have annotations")
        parameters = {each.arg: self._kind(each.annotation) for each in node.args.args if each.annotation}
        signature = _Signature(source, node, parameters, self._kind(node.returns or ast.Constant(None)))
        if node.decorator_list:
            marks = [ast.unparse(mark) for mark in node.decorator_list]
            _require(marks == ["entry"], node, "a function is marked with nothing but @entry")
            known = set(parameters.values()) <= {*_SCALARS, *self.structs} and signature.returns in _C_TYPES
            _require(known, node, "an entry takes ints, floats, bools and structs, and returns no struct or array")
        self.functions[node.name] = signature
        self._out.append(_head(signature) + ";")

    def _writers(self) -> set[str]:
        """The functions that change anything, by themselves or by what they call; refuses those that call themselves."""
        calls: dict[str, set[str]] = {}
        writers = set()
        for name, signature in self.functions.items():
            nodes = list(ast.walk(signature.node))
            calls[name] = {ast.unparse(each.func) for each in nodes if isinstance(each, ast.Call)} & {*self.functions}
            if any(
                isinstance(each, ast.Attribute | ast.Subscript) and isinstance(each.ctx, ast.Store) for each in nodes
            ):
                writers.add(name)
        for _ in self.functions:
            for called in calls.values():
                called |= {further for each in called for further in calls[each]}
        for name, signature in self.functions.items():
            self.attempt(signature.source, _require, name not in calls[name], signature.node, f"{name} calls itself")
        return {name for name in self.functions if {name, *calls[name]} & writers}


class _Function:
    """One function, statement by statement."""

    def __init__(self, program: _Program, signature: _Signature) -> None:
        self._program, self._signature = program, signature
        self._kinds = dict(signature.parameters)
        self._assigned = set(self._kinds)
        self._lines: list[str] = []

    def lines(self) -> list[str]:
        """The function in C."""
        source, node, parameters, returns = self._signature
        falls = self._block(node.body)
        ends = returns == "None" or not falls or self._program.faults
        self._program.attempt(source, _require, ends, node, f"{node.name} may end without a value")
        own = [(_c_type(kind), name) for name, kind in self._kinds.items() if name not in parameters]
        return [_head(self._signature), "{", *(f"{c_type} {name}_ = 0;" for c_type, name in own), *self._lines, "}"]

    def _block(self, body: Sequence[ast.stmt], head: str = "{") -> bool:
        """Adds statements; returns whether what follows them can be reached."""
        falls, source = True, self._signature.source
        self._lines.append(head)
        for node in body:
            self._program.attempt(source, _require, falls, node, "this is never reached")
            self._lines.append(f'#line {node.lineno} "{source}"')
            falls = self._program.attempt(source, self._statement, node) is not False
        self._lines.append("}")
        return falls

    def _statement(self, node: ast.stmt) -> bool:
        match node:
            case ast.Assign(targets=[target], value=value):
                self._assign(target, value)
            case ast.AugAssign(target=target, op=operation, value=value):
                place = ast.parse(ast.unparse(target), mode="eval").body
                self._assign(target, ast.copy_location(ast.BinOp(place, operation, value), node))
            case ast.If(test=test, body=body, orelse=orelse):
                return self._if(test, body, orelse)
            case ast.While(test=test, body=body, orelse=[]):
                before = set(self._assigned)
                self._block(body, f"while ({self._of_kind(test, 'bool', alone=True).text}) {{")
                self._assigned = before
            case ast.For(ast.Name() as target, ast.Call(ast.Name("range"), [*ends], []), body, []):
                self._for(target, ends, body)
            case ast.Return() | ast.Break() | ast.Continue() | ast.Pass() | ast.Expr():
                return self._simple(node)
            case _:
                _require(False, node, f"no such statement: {ast.unparse(node).splitlines()[0]}")
        return True

    def _if(self, test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt]) -> bool:
        head = f"if ({self._of_kind(test, 'bool', alone=True).text}) {{"
        before = set(self._assigned)
        falls, after = self._block(body, head), self._assigned
        self._assigned = before
        otherwise = self._block(orelse, "else {")
        if falls:
            self._assigned = self._assigned & after if otherwise else after
        return falls or otherwise

    def _for(self, target: ast.Name, ends: list[ast.expr], body: list[ast.stmt]) -> None:
        _require(len(ends) in {1, 2}, target, "a for loop goes over range(end) or range(start, end)")
        start, end = [_Value("0", "int"), *(self._of_kind(each, "int", alone=True) for each in ends)][-2:]
        before = set(self._assigned)
        self._set_variable(target, "int")
        at, last = f"at{len(self._lines)}", f"end{len(self._lines)}"
        head = f"for (int64_t {at} = {start.text}, {last} = {end.text}; {at} < {last}; {at}++) {{"
        self._block(body, f"{head} {target.id}_ = {at};")
        self._assigned = before

    def _simple(self, node: ast.stmt) -> bool:
        text = ast.unparse(node)
        match node:
            case ast.Return(value=value):
                given, expected = self._value(value, alone=True) if value else _NOTHING, self._signature.returns
                _require(given.kind == expected, node, f"returns {_a(given.kind)}: expected {_a(expected)}")
                text = f"return {given.text}"
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                text = ""
            case ast.Expr(value=value):
                _require(isinstance(value, ast.Call), node, f"this has no effect: {text}")
                text = f"(void){self._value(value, alone=True).text}"
        self._lines.append(f"{text};")
        return isinstance(node, ast.Expr | ast.Pass)

    def _assign(self, target: ast.expr, node: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._kinds.setdefault(target.id, "unknown")
            value = self._program.attempt(self._signature.source, lambda: self._value(node, alone=True))
            self._set_variable(target, value.kind if value else "unknown")
            self._lines.append(f"{target.id}_ = {value.text};" if value else "")
            return
        value, place = self._value(node, alone=True), self._value(target)
        fits = place.kind == value.kind and (place.kind in _SCALARS or _is_pointer(place.kind))
        _require(fits, target, f"{ast.unparse(target)} is {_a(place.kind)} and cannot be set to {_a(value.kind)}")
        self._lines.append(f"{{ {_c_type(value.kind)} v = {value.text}; {place.text} = v; }}")

    def _set_variable(self, target: ast.Name, kind: Kind) -> None:
        name, known = target.id, self._kinds.get(target.id, "unknown")
        defined = name in self._program.constants or name in self._program.functions or name in self._program.structs
        _require(not defined, target, f"{name} is no variable: a module defines it")
        _require(
            kind != "None" and (isinstance(kind, str) or _is_pointer(kind)), target, f"{name} cannot be {_a(kind)}"
        )
        fits = "unknown" in {known, kind} or known == kind
        _require(fits, target, f"{name} is {_a(known)} and cannot be set to {_a(kind)}")
        self._kinds[name] = known if kind == "unknown" else kind
        self._assigned.add(name)

    def _of_kind(self, node: ast.expr, kind: Kind, *, alone: bool = False) -> _Value:
        value = self._value(node, alone=alone)
        _require(value.kind == kind, node, f"{ast.unparse(node)} is {_a(value.kind)}: expected {_a(kind)}")
        return value

    def _value(self, node: ast.expr, *, alone: bool = False) -> _Value:
        """An expression; `alone` says that nothing else is evaluated with it, so that a call in it may change something."""
        value = _literal(node)
        if value is None:
            method = getattr(self, f"_{type(node).__name__.lower()}", None)
            _require(method, node, f"no such expression: {ast.unparse(node)}")
            value = cast("Callable[..., _Value]", method)(node, alone=alone)
        _require(value.kind != "unknown", node, "")
        return value

    def _name(self, node: ast.Name, **_: bool) -> _Value:
        if node.id in self._kinds:
            known = node.id in self._assigned or self._kinds[node.id] == "unknown"
            _require(known, node, f"{node.id} may not be set here")
            return _Value(f"{node.id}_", self._kinds[node.id])
        _require(node.id in {*self._program.constants, *_SPECIAL}, node, f"{node.id} is not known")
        return self._program.constants.get(node.id) or _Value(_SPECIAL[node.id], "float")

    def _attribute(self, node: ast.Attribute, **_: bool) -> _Value:
        base = self._value(node.value)
        fields = self._program.structs.get(str(base.kind), {})
        _require(node.attr in fields, node, f"{_a(base.kind)} has no {node.attr}")
        return self._member(f"{base.text}->{node.attr}_", fields[node.attr])

    def _subscript(self, node: ast.Subscript, **_: bool) -> _Value:
        base, index = self._value(node.value), self._of_kind(node.slice, "int")
        item, size = base.kind if isinstance(base.kind, Array) else ("", 0)
        _require(item, node, f"{ast.unparse(node.value)} is {_a(base.kind)}: expected an array")
        inside = index.constant is None or 0 <= index.constant < (size or MOST_INT)
        _require(inside, node, f"{ast.unparse(node)} is outside the array")
        return self._member(f"{base.text}[{index.text}]", item)

    def _member(self, text: str, kind: Kind) -> _Value:
        return _Value(f"(&{text})" if kind in self._program.structs else text, kind)

    def _binop(self, node: ast.BinOp, **_: bool) -> _Value:
        left, right, operation = self._value(node.left), self._value(node.right), type(node.op)
        kinds, said = {left.kind, right.kind}, ast.unparse(node)
        if operation in _BY_CONSTANTS:
            kind, c = _BY_CONSTANTS[operation]
            fits = kinds == {kind} and (right.constant or 0) > 0
            _require(fits, node, f"{said}: expected {_a(kind)} over a constant above zero (divide(a, b) takes any)")
            return _Value(f"({left.text} / {right.text})" if c == "/" else f"{c}({left.text}, {right.text})", kind)
        _require(kinds <= {"int", "float"} and operation in _ARITHMETIC, node, f"no such operation: {said}")
        return _Value(f"({left.text} {_ARITHMETIC[operation]} {right.text})", "float" if "float" in kinds else "int")

    def _unaryop(self, node: ast.UnaryOp, *, alone: bool) -> _Value:
        if isinstance(node.op, ast.Not):
            return _Value(f"(!{self._of_kind(node.operand, 'bool', alone=alone).text})", "bool")
        value = self._value(node.operand)
        fits = isinstance(node.op, ast.USub) and value.kind in {"int", "float"}
        _require(fits, node, f"no such operation: {ast.unparse(node)}")
        return _Value(f"(-{value.text})", value.kind)

    def _boolop(self, node: ast.BoolOp, *, alone: bool) -> _Value:
        operands = [self._of_kind(each, "bool", alone=alone).text for each in node.values]
        return _Value(f"({(' && ' if isinstance(node.op, ast.And) else ' || ').join(operands)})", "bool")

    def _compare(self, node: ast.Compare, **_: bool) -> _Value:
        values = [self._value(each) for each in (node.left, *node.comparators)]
        fits = {value.kind for value in values} in ({"int"}, {"float"}) and {*map(type, node.ops)} <= {*_COMPARISONS}
        _require(fits, node, f"{ast.unparse(node)}: expected ints, or floats, compared by <, <=, >, >=, == or !=")
        pairs = zip(values, node.ops, values[1:], strict=False)
        texts = [f"{left.text} {_COMPARISONS[type(by)]} {right.text}" for left, by, right in pairs]
        return _Value(f"({' && '.join(texts)})", "bool")

    def _ifexp(self, node: ast.IfExp, *, alone: bool) -> _Value:
        test, first = self._of_kind(node.test, "bool", alone=alone), self._value(node.body, alone=alone)
        second = self._of_kind(node.orelse, first.kind, alone=alone)
        return _Value(f"({test.text} ? {first.text} : {second.text})", first.kind)

    def _call(self, node: ast.Call, *, alone: bool) -> _Value:
        name, given = ast.unparse(node.func), [self._value(argument) for argument in node.args]
        kinds, listed = [value.kind for value in given], ", ".join(value.text for value in given)
        said = f"{name} gets {', '.join(map(_a, kinds)) or 'nothing'}"
        _require(not node.keywords, node, f"{name} gets arguments by name: expected them by place")
        if name in self._program.functions:
            signature = self._program.functions[name]
            expected = [*signature.parameters.values()]
            _require(kinds == expected, node, f"{said}: expected {', '.join(map(_a, expected)) or 'nothing'}")
            plain = alone or name not in self._program.writers
            _require(plain, node, f"{name} changes something: expected alone, so that the order is plain")
            return _Value(f"k_{name}({listed})", signature.returns)
        if (name in {"min", "max"} and len(kinds) > 1) or (name == "abs" and len(kinds) == 1):
            _require(set(kinds) in ({"int"}, {"float"}), node, f"{said}: expected ints, or floats")
            text = given[0].text if len(given) > 1 else f"abs_{kinds[0]}({listed})"
            for value in given[1:]:
                text = f"{name}_{kinds[0]}({text}, {value.text})"
            return _Value(text, kinds[0])
        if name == "float" and kinds == ["int"]:
            return _Value(f"((double){listed})", "float")
        fits = (name == "divide" and kinds == ["float", "float"]) or (name in _OF_FLOATS and kinds == ["float"])
        _require(fits, node, f"no such call: {said}")
        return _Value(f"{name}({listed})", _OF_FLOATS.get(name, "float"))


def _c_type(kind: Kind) -> str:
    """How a variable of that kind is declared."""
    item = kind.item if isinstance(kind, Array) else kind
    if item in _C_TYPES:
        return _C_TYPES[item] + (" *" if kind != item else "")
    return f"{item}_ *"


def _is_pointer(kind: Kind) -> bool:
    """Whether it is an array that the caller owns."""
    return isinstance(kind, Array) and kind.size == 0


def _head(signature: _Signature) -> str:
    """The first line of a function."""
    listed = ", ".join(f"{_c_type(kind)} {name}_" for name, kind in signature.parameters.items())
    prefix = "PUBLIC" if signature.node.decorator_list else "static"
    return f"{prefix} {_c_type(signature.returns)} k_{signature.node.name}({listed or 'void'})"


def _literal(node: ast.expr) -> _Value | None:
    """A number or a bool in the text, perhaps with a minus; None for anything else."""
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return None
    if isinstance(value, bool):
        return _Value(str(value).lower(), "bool")
    if isinstance(value, int) and LEAST_INT < value <= MOST_INT:
        return _Value(f"INT64_C({value})", "int", value)
    return _Value(f"({value.hex()})", "float", value) if isinstance(value, float) and isfinite(value) else None


def _a(kind: Kind) -> str:
    """A kind as messages name it."""
    return f"an array of {kind.item}" if isinstance(kind, Array) else f"{'an' if kind[0] in 'aeioAEIO' else 'a'} {kind}"
