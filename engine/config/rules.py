"""Values that are right one by one and wrong together."""

from datetime import UTC, datetime
from typing import Any

from engine.config.containers import Declared
from engine.config.errors import Problems
from engine.config.node import Mapping, Node, Path, Sequence
from engine.config.schema import DataContainer, ExecutionContainer
from engine.market.sources import FileSource


def check_values(each: Declared, problems: Problems) -> None:
    """Reports a period that ends before it starts, and a commission whose minimum is above its maximum."""
    if isinstance(each.config, DataContainer) and isinstance(each.config.source, FileSource):
        _check_period(each.config.source, each.field("source"), (*each.path, "source", "end"), problems)
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
    low, high = getattr(model, "minimum", None), getattr(model, "maximum", None)
    written = node.value("maximum") if isinstance(node, Mapping) else None
    if written is not None and isinstance(low, float) and isinstance(high, float) and high < low:
        problems.add(written, (*path, "maximum"), f"this is below minimum ({low:g})")
