"""A feature as it is defined, and what it reads when it reads another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from engine.features.indicators import check_indicator

if TYPE_CHECKING:
    from collections.abc import Mapping


class FeatureSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A feature as defined: an indicator, what it reads instead of its default columns, and its parameters.

    As written in a config `input` has names alone. `resolved` puts the features in place of their names, so that two
    features are equal if they mean the same, whatever the features they read are called.
    """

    indicator: str
    input: tuple[str | FeatureOutput, ...] = ()
    parameters: tuple[tuple[str, int | float], ...] = ()


class FeatureOutput(msgspec.Struct, frozen=True):
    """One of the columns that a feature gives: `number` counts its outputs from 0."""

    feature: FeatureSpec
    number: int


class CircularFeatureError(ValueError):
    """Features that read one another in a circle."""


def feature_names(name: str, spec: FeatureSpec) -> tuple[str, ...]:
    """The names under which a feature is read: its own, or `name.output` for each of several outputs."""
    outputs = check_indicator(spec.indicator).outputs
    return (name,) if len(outputs) == 1 else tuple(f"{name}.{output}" for output in outputs)


def outputs_of(features: Mapping[str, FeatureSpec]) -> dict[str, FeatureOutput]:
    """The columns that named features give, by the names under which they are read."""
    return {
        output: FeatureOutput(spec, number)
        for name, spec in features.items()
        for number, output in enumerate(feature_names(name, spec))
    }


def resolved(features: Mapping[str, FeatureSpec], heard: Mapping[str, FeatureOutput]) -> Mapping[str, FeatureSpec]:
    """The features with the features they read in place of their names: their own kind first, then those `heard`.

    Raises:
        CircularFeatureError: if one reads itself, by way of others or not.
    """
    names = {output: name for name, spec in features.items() for output in feature_names(name, spec)}
    if not any(each in names or each in heard for spec in features.values() for each in spec.input):
        return features
    found: dict[str, FeatureSpec] = {}
    for name in features:
        _resolve(name, _Names(features, names, heard), found, ())
    return {name: found[name] for name in features}


@dataclass(frozen=True, slots=True)
class _Names:
    """What names mean: own features, which of them gives a column, and columns of others."""

    features: Mapping[str, FeatureSpec]
    owners: Mapping[str, str]
    heard: Mapping[str, FeatureOutput]


def _resolve(name: str, names: _Names, found: dict[str, FeatureSpec], above: tuple[str, ...]) -> FeatureSpec:
    if name in above:
        raise CircularFeatureError(f"features read one another in a circle: {' -> '.join((*above, name))}")
    if name not in found:
        spec = names.features[name]
        inputs = tuple(_meant(each, names, found, (*above, name)) for each in spec.input)
        found[name] = msgspec.structs.replace(spec, input=inputs)
    return found[name]


def _meant(
    column: str | FeatureOutput, names: _Names, found: dict[str, FeatureSpec], above: tuple[str, ...]
) -> str | FeatureOutput:
    if isinstance(column, FeatureOutput):
        return column
    owner = names.owners.get(column)
    if owner is None:
        return names.heard.get(column, column)
    spec = _resolve(owner, names, found, above)
    return FeatureOutput(spec, feature_names(owner, spec).index(column))
