"""Orders that decisions name, as the kernel takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kernel.lane import state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.kernel.lane.state import Lane
    from engine.kernel.library import Kernel
    from engine.order_terms import ExitTerms, OrderTerms, OrderType, TimeInForce
    from engine.strategies.decision import Decision

ORDER_TYPES: tuple[OrderType, ...] = ("market", "limit", "stop", "stop_limit", "trailing_stop")
TIMES_IN_FORCE: tuple[TimeInForce, ...] = ("gtc", "day", "ioc", "gtd")
"""By the numbers that they have in the kernel."""


def name_orders(kernel: Kernel, lane: Lane, decisions: Sequence[Decision]) -> None:
    """Has a lane take the orders that its decisions name, if any does; there is one for each of its changes."""
    naming = [decision for decision in decisions if decision.names_orders]
    if not naming:
        return
    lane.names_orders = True
    places = iter(range(len(naming)))
    lane.change_named = kernel.ints([next(places) if each.names_orders else state.NONE for each in decisions])
    lane.named = kernel.structs(state.Named, len(naming))
    for place, decision in enumerate(naming):
        set_named(lane.named[place], decision)


def set_named(ours: state.Named, decision: Decision) -> None:
    """Makes it the orders of a decision; it must be new."""
    _set_order(ours.order, decision.order)
    _set_order(ours.otherwise, decision.otherwise)
    _set_exits(ours.exits, decision.exits)


def names_days(decision: Decision) -> bool:
    """Whether an order that it names is good for a day."""
    orders = (decision.order, decision.otherwise)
    return any(order is not None and order.time_in_force == "day" for order in orders)


def _set_order(ours: state.NamedOrder, order: OrderTerms | None) -> None:
    if order is None:
        return
    ours.is_named, terms = True, ours.terms
    terms.type, terms.time_in_force = ORDER_TYPES.index(order.order_type), TIMES_IN_FORCE.index(order.time_in_force)
    terms.limit = _known(order.limit_price)
    terms.stop, ours.has_start = _known(order.stop_price), order.stop_price is not None
    terms.by_percent = order.trail_percent is not None
    terms.trail_amount, terms.trail_percent = _known(order.trail_amount), _known(order.trail_percent)
    terms.good_till = order.good_till or 0
    ours.quantity, ours.has_quantity = _known(order.quantity), order.quantity is not None


def _set_exits(ours: state.NamedExits, exits: ExitTerms | None) -> None:
    if exits is None:
        return
    ours.is_named = True
    ours.stop_loss, ours.has_stop_loss = _known(exits.stop_loss), exits.stop_loss is not None
    ours.take_profit, ours.has_take_profit = _known(exits.take_profit), exits.take_profit is not None
    if exits.trail_percent is not None:
        ours.trail_kind, ours.trail = state.BY_PERCENT, exits.trail_percent
    elif exits.trail_amount is not None:
        ours.trail_kind, ours.trail = state.BY_AMOUNT, exits.trail_amount


def _known(number: float | None) -> float:
    return 0.0 if number is None else number
