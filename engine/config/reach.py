"""What flows from containers to those that listen to them: features, columns, symbols."""

from typing import Any

import msgspec

from engine.config.readers import INVALID
from engine.features.spec import feature_names
from engine.market.sources import ROLES, FileSource


class Reach(msgspec.Struct, frozen=True):
    """What flows out of some containers: features with the container each comes from, further columns and symbols of data.

    `unsure` if some of it could not be read, so that nothing can be said to be missing.
    """

    features: dict[str, tuple[str, ...]]
    further: frozenset[str]
    unsure: bool
    symbols: frozenset[str] = frozenset()


def own_names(features: Any) -> list[str] | None:  # noqa: ANN401 - INVALID is of no type
    """The names that features give, one for each output; None if some could not be read."""
    if features is INVALID or INVALID in features.values():
        return None
    return [output for name, spec in features.items() for output in feature_names(name, spec)]


def reach_of_source(source: Any) -> Reach:  # noqa: ANN401
    """What a data container's source gives."""
    if source is INVALID:
        return Reach({}, frozenset(), unsure=True)
    symbols = frozenset([source.symbol]) if isinstance(source.symbol, str) else frozenset()
    columns = source.columns if isinstance(source, FileSource) else None
    if columns is INVALID:
        return Reach({}, frozenset(), unsure=True)
    return Reach({}, frozenset(columns or ()) - set(ROLES), unsure=not symbols, symbols=symbols)


def merged(parts: list[Reach]) -> Reach:
    """What flows out of several together."""
    features: dict[str, tuple[str, ...]] = {}
    for part in parts:
        for name, origins in part.features.items():
            known = features.get(name, ())
            features[name] = (*known, *(origin for origin in origins if origin not in known))
    return Reach(
        features,
        frozenset().union(*(p.further for p in parts)),
        any(p.unsure for p in parts),
        frozenset().union(*(p.symbols for p in parts)),
    )


def with_own(reach: Reach, own: list[str]) -> Reach:
    """What arrives at a container, and the features that it defines itself."""
    features = {name: reach.features.get(name, ()) for name in own} | reach.features
    for name in own:
        features[name] = (*features[name], "this container")
    return msgspec.structs.replace(reach, features=features)
