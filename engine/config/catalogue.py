"""Everything a config may name, with its parameters, units and defaults, read off the code itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.config.reference import Key, components, container_types, default_text, keys_of, summary_of
from engine.events import EVENT_CLASSES
from engine.features.indicators import check_indicator, indicator_names
from engine.metrics.container_metrics import CONTAINER_METRICS
from engine.metrics.definitions import METRICS
from engine.strategies.own_code import UserCodeError
from engine.strategies.parameters import Parameter, parameters_of
from engine.strategies.registered import import_registered, package_of, registered_strategies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from engine.config.structs import StructReader
    from engine.events import Event


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One name that a config may use. `facts` say what else there is to know, such as a unit or the outputs."""

    name: str
    summary: str
    parameters: list[Key] = []
    facts: dict[str, str] = {}


def catalogue(kind: str) -> list[Entry]:
    """The entries of one kind, in the order of the code; strategies of installed packages after the built-in ones.

    Raises:
        KeyError: if there is no such kind.
    """
    return list(_KINDS[kind]())


def refusals() -> list[str]:
    """The strategies of installed packages that cannot be used by their name, each with the reason."""
    return list(registered_strategies().refused.values())


def _structs(readers: Mapping[str, StructReader]) -> Iterator[Entry]:
    return (Entry(name, summary_of(reader.cls), keys_of(reader)) for name, reader in readers.items())


def _strategies() -> Iterator[Entry]:
    yield from _structs(components("portfolio", "strategy"))
    yield from map(_registered, registered_strategies().strategies)


def _registered(name: str) -> Entry:
    facts = {"package": package_of(registered_strategies().strategies[name])}
    try:
        named = import_registered(name)
        parameters = [_key(parameter) for parameter in parameters_of(named)]
    except (UserCodeError, ValueError, TypeError) as error:
        return Entry(name, "", facts=facts | {"fault": str(error)})
    return Entry(name, summary_of(named), parameters, facts)


def _key(parameter: Parameter) -> Key:
    default = None if parameter.required else default_text(parameter.default)
    return Key(parameter.name, parameter.takes, parameter.required, default, "")


def _indicators() -> Iterator[Entry]:
    for name in indicator_names():
        info = check_indicator(name)
        keys = [
            Key(key, "a number" if isinstance(value, float) else "a whole number", False, default_text(value), "")
            for key, value in info.parameters.items()
        ]
        facts = {"reads": ", ".join(info.inputs), "gives": ", ".join(info.outputs)}
        yield Entry(name, info.title, keys, facts)


def _metrics() -> Iterator[Entry]:
    """Those of portfolios, then those that only other containers have: a name that both have means the same."""
    for metric in METRICS:
        yield Entry(metric.name, summary_of(metric.function), facts={"unit": metric.unit})
    known = {metric.name for metric in METRICS}
    for other in CONTAINER_METRICS:
        if other.name not in known:
            yield Entry(other.name, other.meaning, facts={"unit": other.unit, "of": other.of})


def _events() -> Iterator[Entry]:
    return (Entry(event.type, summary_of(event), facts={"fields": _fields(event)}) for event in EVENT_CLASSES)


def _fields(event: type[Event]) -> str:
    common = set(event.__mro__[1].__struct_fields__)  # type: ignore[attr-defined]
    return ", ".join(name for name in event.__struct_fields__ if name not in common)


def _containers() -> Iterator[Entry]:
    return _structs(container_types())


_KINDS: dict[str, Callable[[], Iterator[Entry]]] = {
    "strategies": _strategies,
    "indicators": _indicators,
    "sizings": lambda: _structs(components("portfolio", "sizing")),
    "orders": lambda: _structs(components("portfolio", "entry")),
    "commissions": lambda: _structs(components("execution", "commission")),
    "slippages": lambda: _structs(components("execution", "slippage")),
    "accounts": lambda: _structs(components("portfolio", "account")),
    "combinations": lambda: _structs(components("portfolio", "combine")),
    "risk": lambda: _structs(components("portfolio", "risk")),
    "metrics": _metrics,
    "events": _events,
    "containers": _containers,
}
