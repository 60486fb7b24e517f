"""The plan: a config fully resolved before any data is read. Who is there, who listens to whom, in which lane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.config.schema import PortfolioContainer, StrategyContainer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from engine.config.schema import AnyContainer, RunConfig, Strategy
    from engine.features.spec import FeatureSpec
    from engine.orchestration.own_code import OwnModels
    from engine.strategies.user import UserStrategy

ROOT = "root_container"
DEFAULT_EXECUTION = "execution_default"
ACTING = ("feature", "strategy", "portfolio")
"""The types that work on what they hear; an analysis container only listens."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One container of the run. `lane` is that of the portfolio it serves alone, `rank` its place in declaration."""

    id: str
    type: str
    rank: int
    lane: int
    config: AnyContainer | None
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Who takes part in a run: `containers` by id, in order of declaration, the root last.

    `behind`: for each id everything it listens to, directly or not, nearest first. `data_of`: the data containers behind
    it, in order of declaration. `execution_of`: portfolio to execution container. `clients_of`: execution container to
    its portfolios. `lanes_of`: each id's dependent portfolios. `features_of`: the features that a container defines.
    `own_code`: the users' strategies by the id of the container that names them. `own_models`: what makes their cost
    models and sizings, by container, key and place in its list.
    """

    config: RunConfig
    folder: Path
    containers: Mapping[str, Planned]
    behind: Mapping[str, tuple[str, ...]]
    data_of: Mapping[str, tuple[str, ...]]
    execution_of: Mapping[str, str]
    clients_of: Mapping[str, tuple[str, ...]]
    lanes_of: Mapping[str, tuple[str, ...]]
    features_of: Mapping[str, Mapping[str, FeatureSpec]]
    own_code: Mapping[str, UserStrategy]
    own_models: OwnModels

    def portfolio(self, id_: str) -> PortfolioContainer:
        """The config of a portfolio.

        Raises:
            LookupError: if there is no portfolio of this id.
        """
        config = self.containers[id_].config
        if not isinstance(config, PortfolioContainer):
            raise LookupError(f"{id_} is no portfolio")  # noqa: TRY004 - the id is wrong, not a type
        return config

    def voices(self, id_: str) -> tuple[str, ...]:
        """The strategies that a portfolio follows: those among its inputs, in order, and its own under its own id."""
        heard = tuple(source for source in self.containers[id_].inputs if self.containers[source].type == "strategy")
        return heard if self.strategy(id_) is None else (*heard, id_)

    def heard_by(self, id_: str) -> tuple[str, ...]:
        """Every container whose events can reach this one: those behind it, and the benchmarks of it and of them."""
        behind = self.behind.get(id_, ())
        portfolios = (other for other in (id_, *behind) if other in self.execution_of)
        benchmarks = (self.portfolio(other).benchmark for other in portfolios)
        return tuple(dict.fromkeys((*behind, *(name for name in benchmarks if name is not None))))

    def strategy(self, id_: str) -> Strategy | None:
        """The strategy that a container defines, if any."""
        config = self.containers[id_].config
        return config.strategy if isinstance(config, StrategyContainer | PortfolioContainer) else None

    def features(self, id_: str) -> Mapping[str, FeatureSpec]:
        """The features that a container defines, by name; those that they read stand in them."""
        return self.features_of.get(id_, {})

    def readable_features(self, id_: str) -> dict[str, FeatureSpec]:
        """The features a container may read by name: its own, then those it hears, nearest first."""
        features: dict[str, FeatureSpec] = {}
        for source in reversed((id_, *self.behind.get(id_, ()))):
            features |= self.features(source)
        return features

    def dependents(self) -> dict[str, tuple[str, ...]]:
        """For each container those that cannot go on without it: who hears it and acts, and the clients of an execution."""
        found: dict[str, list[str]] = {id_: list(clients) for id_, clients in self.clients_of.items()}
        for planned in self.containers.values():
            if planned.type in ACTING:
                for source in self.behind[planned.id]:
                    found.setdefault(source, []).append(planned.id)
        return {id_: tuple(dependents) for id_, dependents in found.items()}

    @property
    def own_event_types(self) -> tuple[str, ...]:
        """The event types that the users' strategies register, from A to Z."""
        return tuple(sorted({name for strategy in self.own_code.values() for name in strategy.event_types}))

    def of_type(self, container_type: str) -> Iterator[Planned]:
        """The containers of one type, in order of declaration."""
        return (planned for planned in self.containers.values() if planned.type == container_type)
