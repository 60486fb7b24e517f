"""Values that are right one by one and wrong together."""

from datetime import UTC, datetime
from typing import Any

from engine.config.containers import Declared
from engine.config.errors import Problems
from engine.config.node import Mapping, Node, Path, Sequence
from engine.config.order_rules import check_orders
from engine.config.schema import DataContainer, ExecutionContainer, PortfolioContainer, StrategyContainer
from engine.config.strategies import check_parameters
from engine.market.sources import FileSource
from engine.trading.costs import Tiered


def check_values(each: Declared, problems: Problems) -> None:
    """Reports periods that end before they start, minima above maxima, parameters and orders that do not agree."""
    if isinstance(each.config, DataContainer) and isinstance(each.config.source, FileSource):
        _check_period(each.config.source, each.field("source"), (*each.path, "source", "end"), problems)
    if isinstance(each.config, StrategyContainer | PortfolioContainer):
        check_parameters(each.config.strategy, each.field("strategy"), (*each.path, "strategy"), problems)
    if isinstance(each.config, PortfolioContainer):
        check_orders(each, problems)
    if isinstance(each.config, ExecutionContainer):
        _check_commission(each.config.commission, each.field("commission"), (*each.path, "commission"), problems)


def _check_period(source: FileSource, node: Node | None, path: Path, problems: Problems) -> None:
    written = node.value("end") if isinstance(node, Mapping) else None
    if written is None or not isinstance(source.start, str) or not isinstance(source.end, str):
        return
    if _day(source.end) < _day(source.start):
        problems.add(written, path, f"this is before start ({source.start})")


def _day(text: str) -> datetime:
    """The day of a moment, in UTC where it has an offset: enough to see that a period is turned round."""
    moment = datetime.fromisoformat(text)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _check_commission(model: Any, node: Node | None, path: Path, problems: Problems) -> None:  # noqa: ANN401
    if isinstance(model, list) and isinstance(node, Sequence) and len(model) == len(node.items):
        for index, (each, item) in enumerate(zip(model, node.items, strict=True)):
            _check_commission(each, item, (*path, index), problems)
        return
    if isinstance(model, Tiered):
        _check_tiers(model, node, path, problems)
    low, high = getattr(model, "minimum", None), getattr(model, "maximum", None)
    written = node.value("maximum") if isinstance(node, Mapping) else None
    if written is not None and isinstance(low, float) and isinstance(high, float) and high < low:
        problems.add(written, (*path, "maximum"), f"this is below minimum ({low:g})")


def _check_tiers(model: Tiered, node: Node | None, path: Path, problems: Problems) -> None:
    """Reports tiers that do not begin at 0, or do not rise."""
    tiers = node.value("tiers") if isinstance(node, Mapping) else None
    if not isinstance(tiers, Sequence) or not isinstance(model.tiers, list) or len(model.tiers) != len(tiers.items):
        return
    thresholds = [tier.above for tier in model.tiers]
    for number, (threshold, item) in enumerate(zip(thresholds, tiers.items, strict=True)):
        written = item.value("above") if isinstance(item, Mapping) else None
        if written is None or not all(isinstance(each, float) for each in thresholds[: number + 1]):
            continue
        place = (*path, "tiers", number, "above")
        if number == 0 and threshold != 0.0:
            problems.add(written, place, "expected 0 for the first tier")
        elif number and threshold <= thresholds[number - 1]:
            problems.add(written, place, f"this is not above the tier before ({thresholds[number - 1]:g})")
