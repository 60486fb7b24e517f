"""Dynamic rules as they are written: conditions checked to the column, actions that change something (rule R5)."""

from collections.abc import Iterator
from typing import Any

from engine.config.errors import Problems, shown
from engine.config.keys import unquoted_place
from engine.config.node import Entry, Mapping, Node, Path, Scalar, Sequence, place_in
from engine.config.readers import INVALID, TextReader, Walk
from engine.config.references import Directory
from engine.config.structs import StructReader
from engine.metrics.streaming import STREAMING
from tracing.expression import Expression, Sort
from tracing.expression_tokens import ExpressionError
from tracing.settings import RuleAction

METRIC, CONTAINER = "metrics.", "container."
CONDITION_NAMES: dict[str, Sort] = {
    **{f"{METRIC}{name}": "number" for name in STREAMING},
    f"{CONTAINER}id": "text",
    f"{CONTAINER}type": "text",
}
"""What a condition may use, and what it is."""

_KEY = "dynamic_rules"


class ConditionReader(TextReader):
    """A condition over CONDITION_NAMES; what the grammar refuses is reported at its column."""

    def __init__(self) -> None:
        super().__init__("a condition such as metrics.total_pnl > 0")

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401 - INVALID is of no type
        """The text of the condition."""
        if not isinstance(node, Scalar) or node.unsure or node.is_null:
            walk.problems.add(node, path, self.expected + unquoted_place(node))
            return INVALID
        try:
            Expression(node.text, CONDITION_NAMES, CONDITION_NAMES)
        except ExpressionError as error:
            walk.problems.at(place_in(node, error.column), path, shown(node), error.message)
            return INVALID
        return node.text


class ActionReader(StructReader):
    """Trace settings, or `dump: true`: at least one of them is named."""

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401 - INVALID is of no type
        """The action."""
        action = super().read(node, path, walk)
        if action is not INVALID and action.dump is False:
            dump = node.value("dump") if isinstance(node, Mapping) else None
            walk.problems.add(
                dump or node, (*path, "dump"), "expected true; without it nothing is written at that moment"
            )
        if action == RuleAction():
            walk.problems.add(node, path, f"expected at least one of {', '.join(self.fields)}")
        return action


def check_rules_reach_portfolios(tree: Mapping, directory: Directory, problems: Problems) -> None:
    """Reports rules of `trace_settings` that no portfolio hears of: they would do nothing.

    A pattern that matches no container at all is warned of elsewhere.
    """
    portfolios = frozenset(directory.ids("portfolio"))
    for entry, pattern, path in _layers_with_rules(tree):
        reached = directory.matching(pattern)
        if reached and not any(name in portfolios or directory.type_of(name) is None for name in reached):
            problems.at(entry.key.at, path, None, "only portfolios have dynamic rules, and this reaches none")


def _layers_with_rules(tree: Mapping) -> Iterator[tuple[Entry, str, Path]]:
    block = tree.value("trace_settings")
    if isinstance(block, Mapping):
        yield from _rules_of(block, "*", ("trace_settings",))
        yield from _rules_of(block.value("default"), "*", ("trace_settings", "default"))
        table = block.value("container_settings")
        for each in table if isinstance(table, Mapping) else ():
            yield from _rules_of(each.value, each.key.text, ("trace_settings", "container_settings", each.key.text))
        overrides = block.value("overrides")
        for index, item in enumerate(overrides.items if isinstance(overrides, Sequence) else ()):
            pattern = item.value("pattern") if isinstance(item, Mapping) else None
            if isinstance(pattern, Scalar):
                yield from _rules_of(item, pattern.text, ("trace_settings", "overrides", index))


def _rules_of(layer: Node | None, pattern: str, path: Path) -> Iterator[tuple[Entry, str, Path]]:
    if isinstance(layer, Mapping) and _KEY in layer.entries:
        yield layer.entries[_KEY], pattern, (*path, _KEY)
