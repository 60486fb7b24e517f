"""Users' own strategies loaded, wherever in a strategy they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.config.schema import UserComponent
from engine.strategies.combinator import assembled, leaves
from engine.strategies.own_code import UserCodeError
from engine.strategies.registered import load_registered
from engine.strategies.user import UserStrategy, load_strategy

if TYPE_CHECKING:
    from pathlib import Path

    from engine.config.schema import Strategy


@dataclass(frozen=True, slots=True)
class OwnFault:
    """What is wrong with a user's strategy: the key (`.of.0.name`), its value, and why."""

    path: str
    value: str
    reason: str


def own_parts(strategy: Strategy) -> list[tuple[str, UserComponent]]:
    """The users' strategies that a strategy is or is made of, each with where it stands: `.of.0`, empty for itself."""
    return [
        ("".join(f".{step}" for step in path), part)
        for path, part in leaves(strategy)
        if isinstance(part, UserComponent)
    ]


def load_own(strategy: Strategy, folder: Path) -> tuple[UserStrategy | None, list[OwnFault]]:
    """A strategy with the users' code in it loaded, `folder` being the root of imports; None if there are faults."""
    faults: list[OwnFault] = []
    loaded: dict[int, UserStrategy] = {}
    for path, part in own_parts(strategy):
        try:
            loaded[id(part)] = _loaded(part, folder)
        except UserCodeError as error:
            value = str(part.parameters.get(error.key, part.name))
            faults.append(OwnFault(f"{path}.{error.key}", value, str(error)))
            continue
        if path and not loaded[id(part)].is_column:
            reason = "this works bar by bar, and only strategies over columns can stand inside another"
            faults.append(OwnFault(f"{path}.name", part.name, reason))
    if faults:
        return None, faults
    if isinstance(strategy, UserComponent):
        return loaded[id(strategy)], []
    whole = UserStrategy(
        strategy.name, is_column=True, make=lambda: assembled(strategy, lambda p: loaded[id(p)].make())
    )
    return whole, []


def _loaded(part: UserComponent, folder: Path) -> UserStrategy:
    if "." in part.name:
        return load_strategy(part.name, part.parameters, folder)
    return load_registered(part.name, part.parameters)
