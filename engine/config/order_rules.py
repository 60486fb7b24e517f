"""Orders that are right value by value and wrong together: distances given twice or not at all, and orders good for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.config.node import Mapping, Scalar, Sequence
from engine.config.readers import INVALID
from engine.trading.distances import Distance
from engine.trading.order_forms import ExitForm, OrderForm
from engine.trading.risk import RiskRule

if TYPE_CHECKING:
    from engine.config.containers import Declared
    from engine.config.errors import Problems
    from engine.config.node import Node, Path

_WAYS = ("percent", "amount", "atr")


def check_orders(each: Declared, problems: Problems) -> None:
    """Reports what a portfolio's `entry`, `exit` and `risk` say that cannot be meant."""
    for name in ("entry", "exit"):
        _check(getattr(each.config, name), each.field(name), (*each.path, name), problems)
    rules, node = each.config.risk, each.field("risk")
    if isinstance(node, Sequence) and rules is not INVALID and len(rules) == len(node.items):
        for number, (rule, item) in enumerate(zip(rules, node.items, strict=True)):
            _check(rule, item, (*each.path, "risk", number), problems)


def _check(value: Any, node: Node | None, path: Path, problems: Problems) -> None:  # noqa: ANN401 - INVALID is of no type
    if not isinstance(node, Mapping) or value is INVALID:
        return
    if isinstance(value, Distance):
        _check_distance(value, node, path, problems)
    elif isinstance(value, OrderForm | ExitForm | RiskRule):
        for name in value.__struct_fields__:
            _check(getattr(value, name), node.value(name), (*path, name), problems)
        if isinstance(value, OrderForm):
            _check_good_for(value, node, path, problems)


def _check_distance(distance: Distance, node: Mapping, path: Path, problems: Problems) -> None:
    given = [name for name in _WAYS if getattr(distance, name) is not None]
    if len(given) != 1:
        problems.add(node, path, "expected exactly one of percent, amount and atr")
        return
    timeperiod = node.value("timeperiod")
    if timeperiod is not None and distance.atr is None:
        problems.add(timeperiod, (*path, "timeperiod"), "expected only beside atr")


def _check_good_for(form: OrderForm, node: Mapping, path: Path, problems: Problems) -> None:
    good_for = node.value("good_for")
    if form.time_in_force == "gtd" and form.good_for is None:
        problems.missing(node, (*path, "good_for"), "expected beside time_in_force: gtd, such as 5d")
    elif isinstance(good_for, Scalar) and form.time_in_force != "gtd" and form.good_for is not INVALID:
        problems.add(good_for, (*path, "good_for"), "expected only beside time_in_force: gtd")
