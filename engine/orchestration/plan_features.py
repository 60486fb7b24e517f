"""The features of a plan: names looked up once, so that what is equal is computed once (rule C1)."""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING

from engine.config.schema import FeatureContainer, PortfolioContainer, StrategyContainer
from engine.features.spec import outputs_of, resolved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.config.schema import RunConfig
    from engine.features.spec import FeatureOutput, FeatureSpec


def features_of(config: RunConfig, behind: Mapping[str, tuple[str, ...]]) -> dict[str, Mapping[str, FeatureSpec]]:
    """The features of each container that defines any, resolved: a name means one's own, else the nearest heard."""
    hosts = FeatureContainer | StrategyContainer | PortfolioContainer
    written = {each.id: each.features for each in config.containers if isinstance(each, hosts) and each.features}
    found: dict[str, Mapping[str, FeatureSpec]] = {}
    outputs: dict[str, Mapping[str, FeatureOutput]] = {}

    def of(id_: str) -> Mapping[str, FeatureSpec]:
        if id_ not in found:
            reads = any(spec.input for spec in written[id_].values())
            heard = [given_by(source) for source in behind[id_] if source in written] if reads else []
            found[id_] = resolved(written[id_], ChainMap(*map(dict, heard)))
        return found[id_]

    def given_by(id_: str) -> Mapping[str, FeatureOutput]:
        if id_ not in outputs:
            outputs[id_] = outputs_of(of(id_))
        return outputs[id_]

    return {id_: of(id_) for id_ in written}
