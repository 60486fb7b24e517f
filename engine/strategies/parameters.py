"""Parameters of a user's strategy: what its signature takes, and whether the config's values are of these types."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TYPES: dict[str, type] = {"int": int, "float": float, "bool": bool, "str": str, "None": NoneType}
_EXPECTED = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text: quote it if it is meant as text",
    NoneType: "null",
}
_ANYTHING = "text, a number or true/false"


class BadValueError(ValueError):
    """A value that is not of its parameter's type."""

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(reason)
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Parameter:
    """One key that stands beside `name:` in a config. `types` is empty where the signature says nothing we can check."""

    name: str
    types: tuple[type, ...]
    required: bool
    default: object = None

    @property
    def takes(self) -> str:
        """What a config may say, in words."""
        return " or ".join(_EXPECTED[kind].partition(":")[0] for kind in self.types) or _ANYTHING


def parameters_of(named: Callable[..., Any]) -> list[Parameter]:
    """The parameters of a class, or of a function behind its columns, in order.

    Raises:
        ValueError: if it has no signature, as some functions written in C.
    """
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    every = list(inspect.signature(named).parameters.values())
    keys = every if inspect.isclass(named) else every[1:]
    return [_parameter(each) for each in keys if each.kind in kinds]


def typed(named: Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the annotations have them: whole numbers become floats where a float is wanted.

    Raises:
        BadValueError: for the first value of another type.
    """
    known = {parameter.name: parameter.types for parameter in parameters_of(named)}
    return {name: _converted(name, value, known.get(name, ())) for name, value in values.items()}


def _parameter(each: inspect.Parameter) -> Parameter:
    required = each.default is inspect.Parameter.empty
    return Parameter(each.name, _types(each.annotation), required, None if required else each.default)


def _types(annotation: Any) -> tuple[type, ...]:  # noqa: ANN401 - people annotate with anything
    """The plain types of an annotation; none if any part of it is something else. Texts are looked up, never executed."""
    if isinstance(annotation, str):
        found = [_TYPES.get(part.strip()) for part in annotation.split("|")]
    elif get_origin(annotation) is Annotated:
        return _types(get_args(annotation)[0])
    else:
        found = [kind if kind in _EXPECTED else None for kind in get_args(annotation) or (annotation,)]
    return () if None in found else tuple(kind for kind in found if kind is not None)


def _converted(name: str, value: Any, types: tuple[type, ...]) -> Any:  # noqa: ANN401
    if not types or type(value) in types:
        return value
    if type(value) is int and float in types:
        return float(value)
    if type(value) is float and value.is_integer() and int in types:
        return int(value)
    raise BadValueError(name, "expected " + " or ".join(_EXPECTED[kind] for kind in types))
