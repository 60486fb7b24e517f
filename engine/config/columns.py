"""Which columns reach a strategy, and whether the names it reads are among them."""

from typing import Any

from engine.config.containers import Declared
from engine.config.errors import Guess, Problems
from engine.config.feature_checks import check_column, check_features
from engine.config.node import Path, Scalar
from engine.config.reach import Reach, merged, own_names, reach_of_source, with_own
from engine.config.readers import INVALID
from engine.config.references import Directory, Inputs
from engine.config.schema import FeatureContainer, PortfolioContainer, StrategyContainer, UserComponent
from engine.config.strategies import written_parts


class ColumnCheck:
    """Follows the inputs of containers back to their data; what several containers share is followed once."""

    def __init__(self, directory: Directory, inputs: Inputs, problems: Problems) -> None:
        self._directory = directory
        self._inputs = inputs
        self._problems = problems
        self._reached: dict[tuple[str, ...], Reach] = {}

    def check(self, each: Declared) -> None:
        """Reports what the features and the strategy of a container read and nothing provides."""
        if not isinstance(each.config, FeatureContainer | StrategyContainer | PortfolioContainer):
            return
        features = getattr(each.config, "features", {})
        reach = self._reach_behind(each.id)
        if features is not INVALID:
            check_features(each, features, reach, self._problems)
        strategy = getattr(each.config, "strategy", None)
        if strategy is not None and strategy is not INVALID and not isinstance(strategy, UserComponent):
            self._check_strategy(each, strategy, features, reach)

    def _reach(self, names: tuple[str, ...]) -> Reach:
        if names not in self._reached:
            self._reached[names] = merged([self._reach_of(name) for name in names])
        return self._reached[names]

    def _reach_behind(self, name: str | None) -> Reach:
        """What arrives at a container; nothing is certain where its inputs have a mistake."""
        inputs = self._inputs.get(name) if name else None
        return Reach({}, frozenset(), unsure=True) if inputs is None else self._reach(inputs)

    def _reach_of(self, name: str) -> Reach:
        config = self._directory.by_id[name].config
        if config is INVALID:
            return Reach({}, frozenset(), unsure=True)
        source = getattr(config, "source", None)
        if source is not None:
            return reach_of_source(source)
        behind = self._reach_behind(name)
        own = own_names(getattr(config, "features", {}))
        if own is None:
            return Reach({}, frozenset(), unsure=True)
        return merged([Reach(dict.fromkeys(own, (name,)), frozenset(), unsure=False), behind])

    def _check_strategy(self, each: Declared, strategy: Any, features: Any, reach: Reach) -> None:  # noqa: ANN401
        own = None if features is INVALID else own_names(features)
        if own is None or reach.unsure:
            return
        here = with_own(reach, own)
        for part, node, path in written_parts(strategy, each.field("strategy"), (*each.path, "strategy")):
            for field in part.__struct_fields__:
                name, item = getattr(part, field), node.value(field)
                if not isinstance(name, str) or not isinstance(item, Scalar):
                    continue
                if name in part.symbols():
                    self._check_symbol(item, (*path, field), reach)
                for column in part.columns():
                    if column is not INVALID and (column == name or column.startswith(f"{name}.")):
                        check_column(item, (*path, field), column, here, self._problems)

    def _check_symbol(self, item: Scalar, path: Path, reach: Reach) -> None:
        if item.text not in reach.symbols:
            guess = Guess(item.text, reach.symbols, f": expected one of {', '.join(sorted(reach.symbols))}")
            self._problems.add(item, path, "no data of this symbol arrives here", guess)
