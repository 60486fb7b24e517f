"""Readers of what is written flat: `{indicator: SMA, timeperiod: 10}` and `{name: my_module.Strategy, threshold: 2}`."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from engine.config.errors import Guess
from engine.config.forms import ListReader, UnionReader
from engine.config.keys import misspelt, unknown_key
from engine.config.node import Entry, Mapping, Node, Path, Scalar, as_mapping
from engine.config.readers import INVALID, Reader, ScalarReader, TextReader, Walk
from engine.config.scalars import read_any, read_float, read_int
from engine.config.schema import OwnModel, UserComponent
from engine.features.indicators import (
    BadParameterError,
    IndicatorInfo,
    UnknownIndicatorError,
    check_indicator,
    check_parameters,
    indicator_names,
)
from engine.features.spec import FeatureSpec
from engine.strategies.registered import registered_strategies

_INT = ScalarReader("a whole number", read_int)
_FLOAT = ScalarReader("a number", read_float)
_ANY = ScalarReader("text, a number or true/false", read_any)
_LEASTS = (0, 1, 2, 3)
_MOST = 100_000
"""The ends of TA-Lib's ranges of whole numbers."""
_INPUT = UnionReader(nullable=True, scalar=TextReader("the name of a column"), sequence=ListReader(TextReader()))


class FeatureReader:
    """A feature: an indicator by its TA-Lib name, its parameters beside it, defaults filled in.

    Parameters come in TA-Lib's order, so features that mean the same are equal however they are written.
    """

    expected = "expected a mapping: {indicator: SMA, timeperiod: 10}"

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401
        """The feature as a FeatureSpec."""
        mapping = as_mapping(node)
        if mapping is None:
            walk.problems.add(node, path, self.expected)
            return INVALID
        info = _indicator(mapping, path, walk)
        if info is None:
            return INVALID
        mistakes = walk.problems.count
        parameters = dict(info.parameters)
        for entry in mapping:
            if entry.key.text in parameters:
                reader = _FLOAT if isinstance(info.parameters[entry.key.text], float) else _INT
                parameters[entry.key.text] = reader.read(entry.value, (*path, entry.key.text), walk)
            elif entry.key.text not in ("indicator", "input"):
                unknown_key(walk.problems, entry.key, path, ["indicator", "input", *parameters])
        inputs = _inputs(mapping.value("input"), info, (*path, "input"), walk)
        if walk.problems.count > mistakes or INVALID in (inputs, *parameters.values()):
            return INVALID
        _try(info, parameters, mapping, path, walk)
        return FeatureSpec(indicator=info.name, input=inputs, parameters=tuple(parameters.items()))


def _indicator(mapping: Mapping, path: Path, walk: Walk) -> IndicatorInfo | None:
    node = mapping.value("indicator")
    path = (*path, "indicator")
    if node is None:
        slip = misspelt(mapping, "indicator", ("input",))
        if slip is None:
            walk.problems.missing(mapping, path, "expected the TA-Lib name of an indicator, such as SMA")
        else:
            unknown_key(walk.problems, slip, path[:-1], ["indicator"])
        return None
    if not isinstance(node, Scalar) or not node.text:
        walk.problems.add(node, path, "expected the TA-Lib name of an indicator, such as SMA")
        return None
    try:
        return check_indicator(node.text)
    except UnknownIndicatorError:
        guess = Guess(node.text, indicator_names(), ": expected a TA-Lib name, such as SMA")
        walk.problems.add(node, path, "no such indicator", guess)
        return None


def _inputs(node: Node | None, info: IndicatorInfo, path: Path, walk: Walk) -> Any:  # noqa: ANN401
    if node is None:
        return ()
    named = _INPUT.read(node, path, walk)
    if named is None or named is INVALID:
        return () if named is None else INVALID
    columns = (named,) if isinstance(named, str) else tuple(named)
    if info.price_inputs == 0:
        walk.problems.add(node, path, f"expected no input: {info.name} always reads {', '.join(info.inputs)}")
    elif len(columns) != info.price_inputs:
        count = "one column" if info.price_inputs == 1 else f"a list of {info.price_inputs} columns"
        walk.problems.add(node, path, f"expected {count} for {info.name}")
    return columns


def _try(info: IndicatorInfo, parameters: dict[str, int | float], mapping: Mapping, path: Path, walk: Walk) -> None:
    """Reports parameters that TA-Lib refuses: the first that it refuses by itself, else the feature as a whole."""
    if _computes(info.name, tuple(parameters.items())):
        return
    for entry in mapping:
        name = entry.key.text
        if name in parameters and not _computes(info.name, ((name, parameters[name]),)):
            bound = _bound(info.name, name, parameters[name])
            walk.problems.add(entry.value, (*path, name), f"out of the range that {info.name} takes{bound}")
            return
    walk.problems.add(mapping, path, f"{info.name} does not take these parameters together")


def _bound(indicator: str, name: str, value: float) -> str:
    """`: at least 2`, the nearest value that it does take, found by trying: TA-Lib does not tell its ranges."""
    for least in _LEASTS:
        if value < least and _computes(indicator, ((name, least),)):
            return f": at least {least}"
    return f": at most {_MOST}" if value > _MOST and _computes(indicator, ((name, _MOST),)) else ""


@lru_cache(maxsize=4096)
def _computes(indicator: str, parameters: tuple[tuple[str, int | float], ...]) -> bool:
    try:
        check_parameters(indicator, dict(parameters))
    except BadParameterError:
        return False
    return True


class OwnModelReader:
    """A user's own cost model or sizing, by its dotted path; every other key is a parameter."""

    expected = "expected a mapping: {name: my_module.my_model, ...}"
    made: type[UserComponent] = OwnModel

    def takes(self, name: str) -> bool:
        """Whether the name is a dotted path."""
        return "." in name

    def names(self) -> Iterable[str]:
        """No name is known without looking."""
        return ()

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401
        """The component as `made`."""
        mapping = as_mapping(node)
        name = mapping.value("name") if mapping else None
        if mapping is None or not isinstance(name, Scalar):
            walk.problems.add(node, path, self.expected)
            return INVALID
        if "." in name.text and not all(part.isidentifier() for part in name.text.split(".")):
            walk.problems.add(name, (*path, "name"), f"expected a dotted path such as {self._example}")
            return INVALID
        return self.made(name=name.text, parameters=_parameters(mapping, path, walk))

    @property
    def _example(self) -> str:
        return self.expected.partition("{name: ")[2].partition(",")[0]


class UserComponentReader(OwnModelReader):
    """A user's own strategy, by its dotted path or the name an installed package gives it; every other key is a parameter."""

    expected = "expected a mapping: {name: my_module.MyStrategy, ...}"
    made = UserComponent

    def takes(self, name: str) -> bool:
        """Whether the name is a dotted path, or registered by a package, be it wrongly: planning says what is wrong."""
        if super().takes(name):
            return True
        registered = registered_strategies()
        return name in registered.strategies or name in registered.refused

    def names(self) -> Iterable[str]:
        """The names that packages register."""
        return registered_strategies().strategies


def _parameters(mapping: Mapping, path: Path, walk: Walk) -> dict[str, Any]:
    entries = [entry for entry in mapping if entry.key.text != "name"]
    return {entry.key.text: _parameter(entry, path, walk) for entry in entries}


def _parameter(entry: Entry, path: Path, walk: Walk) -> Any:  # noqa: ANN401
    if not entry.key.text.isidentifier():
        walk.problems.at(entry.key.at, (*path, entry.key.text), None, "expected the name of a parameter")
    return _ANY.read(entry.value, (*path, entry.key.text), walk)


def component_readers() -> dict[object, Reader]:
    """The readers of this file by the type they make."""
    return {FeatureSpec: FeatureReader(), UserComponent: UserComponentReader(), OwnModel: OwnModelReader()}
