"""Which columns reach a strategy, and whether the names it reads are among them."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from engine.config.containers import Declared
from engine.config.errors import Guess, Problems
from engine.config.node import Mapping as MappingNode
from engine.config.node import Node, Path, Scalar
from engine.config.node import Sequence as SequenceNode
from engine.config.readers import INVALID
from engine.config.references import Directory, Inputs
from engine.config.schema import FeatureContainer, PortfolioContainer, StrategyContainer, UserComponent
from engine.config.strategies import written_parts
from engine.features.columns import feature_names
from engine.features.indicators import PRICE_COLUMNS
from engine.market.sources import ROLES, FileSource


class Reach(msgspec.Struct, frozen=True):
    """What flows out of some containers: features with the container each comes from, further columns and symbols of data.

    `unsure` if some of it could not be read, so that nothing can be said to be missing.
    """

    features: dict[str, tuple[str, ...]]
    further: frozenset[str]
    unsure: bool
    symbols: frozenset[str] = frozenset()


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
            self._check_features(each, features, reach)
        strategy = getattr(each.config, "strategy", None)
        if strategy is not None and strategy is not INVALID and not isinstance(strategy, UserComponent):
            self._check_strategy(each, strategy, features, reach)

    def _reach(self, names: tuple[str, ...]) -> Reach:
        if names not in self._reached:
            self._reached[names] = _merged([self._reach_of(name) for name in names])
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
            return _reach_of_source(source)
        behind = self._reach_behind(name)
        own = _own_names(getattr(config, "features", {}))
        if own is None:
            return Reach({}, frozenset(), unsure=True)
        return _merged([Reach(dict.fromkeys(own, (name,)), frozenset(), unsure=False), behind])

    def _check_features(self, each: Declared, features: Mapping[str, Any], reach: Reach) -> None:
        node = each.field("features")
        for name, spec in features.items():
            path = (*each.path, "features", name)
            entry = node.entries.get(name) if isinstance(node, MappingNode) else None
            if entry is None:
                continue
            if name in PRICE_COLUMNS or name in reach.further:
                self._problems.at(entry.key.at, path, None, "this is the name of a column of the data: choose another")
            if spec is not INVALID and not reach.unsure:
                self._check_inputs(entry.value, (*path, "input"), spec.input, reach)

    def _check_inputs(self, node: Node, path: Path, names: tuple[str, ...], reach: Reach) -> None:
        written = node.value("input") if isinstance(node, MappingNode) else None
        known = {*PRICE_COLUMNS, *reach.further}
        items = written.items if isinstance(written, SequenceNode) else (written,)
        for name, item in zip(names, items, strict=False):
            if name not in known and item is not None:
                guess = Guess(name, known, f": expected one of {', '.join(sorted(known))}")
                self._problems.add(item, path, "no such column", guess)

    def _check_strategy(self, each: Declared, strategy: Any, features: Any, reach: Reach) -> None:  # noqa: ANN401
        own = None if features is INVALID else _own_names(features)
        if own is None or reach.unsure:
            return
        for part, node, path in written_parts(strategy, each.field("strategy"), (*each.path, "strategy")):
            for field in part.__struct_fields__:
                name, item = getattr(part, field), node.value(field)
                if not isinstance(name, str) or not isinstance(item, Scalar):
                    continue
                if name in part.symbols():
                    self._check_symbol(item, (*path, field), reach)
                for column in part.columns():
                    if column is not INVALID and (column == name or column.startswith(f"{name}.")):
                        self._check_name(item, (*path, field), column, own, reach)

    def _check_symbol(self, item: Scalar, path: Path, reach: Reach) -> None:
        if item.text not in reach.symbols:
            guess = Guess(item.text, reach.symbols, f": expected one of {', '.join(sorted(reach.symbols))}")
            self._problems.add(item, path, "no data of this symbol arrives here", guess)

    def _check_name(self, item: Scalar, path: Path, name: str, own: Iterable[str], reach: Reach) -> None:
        origins = (*reach.features.get(name, ()), *(["this container"] if name in own else ()))
        if len(origins) > 1:
            self._problems.add(item, path, f"{' and '.join(origins)} both define this feature")
        elif not origins and name not in PRICE_COLUMNS and name not in reach.further:
            known = dict.fromkeys([*own, *reach.features, *reach.further, *PRICE_COLUMNS])
            guess = Guess(item.text, known, f": expected one of {', '.join(known)}")
            what = "of this name" if name == item.text else f"called {name!r}"
            self._problems.add(item, path, f"no feature or column {what} arrives here", guess)


def _own_names(features: Any) -> list[str] | None:  # noqa: ANN401 - INVALID is of no type
    """The names that features give, one for each output; None if some could not be read."""
    if features is INVALID or INVALID in features.values():
        return None
    return [output for name, spec in features.items() for output in feature_names(name, spec)]


def _reach_of_source(source: Any) -> Reach:  # noqa: ANN401
    if source is INVALID:
        return Reach({}, frozenset(), unsure=True)
    symbols = frozenset([source.symbol]) if isinstance(source.symbol, str) else frozenset()
    columns = source.columns if isinstance(source, FileSource) else None
    if columns is INVALID:
        return Reach({}, frozenset(), unsure=True)
    return Reach({}, frozenset(columns or ()) - set(ROLES), unsure=not symbols, symbols=symbols)


def _merged(parts: list[Reach]) -> Reach:
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
