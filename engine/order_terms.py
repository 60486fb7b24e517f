"""What a decision may say about its orders, in prices: for strategies that name them, and inside the SIGNAL that carries them.

They are checked where they are made, so that a mistake is reported with the user's line: names, types, and what belongs together.
Whether a price makes sense is a matter of the moment: an order at NaN or below zero is rejected when it is asked for.
"""

from typing import Literal, get_args

import msgspec
from msgspec.structs import force_setattr

from engine.plain import NamesFields, NotPlainError, as_moment, as_number, as_one_of

OrderType = Literal["market", "limit", "stop", "stop_limit", "trailing_stop"]
TimeInForce = Literal["day", "gtc", "ioc", "gtd"]

ORDER_TYPES: tuple[OrderType, ...] = get_args(OrderType)
TIMES_IN_FORCE: tuple[TimeInForce, ...] = get_args(TimeInForce)

_TRAILS = ("trail_amount", "trail_percent")
_TAKES: dict[OrderType, tuple[str, ...]] = {
    "market": (),
    "limit": ("limit_price",),
    "stop": ("stop_price",),
    "stop_limit": ("stop_price", "limit_price"),
    "trailing_stop": ("stop_price", *_TRAILS),
}
_NEEDS: dict[OrderType, tuple[str, ...]] = {**_TAKES, "trailing_stop": ()}
_NUMBERS = ("limit_price", "stop_price", *_TRAILS, "quantity")


class BadTermsError(ValueError):
    """Order terms that no order can have."""


class _TermsMeta(NamesFields, msgspec.StructMeta):
    """Of structs that name their fields."""


class OrderTerms(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, metaclass=_TermsMeta):
    """An order: its type and what that type needs. Prices are quote currency per unit.

    A trailing stop starts at `stop_price` (without it, so far from the close) and follows the closes at `trail_amount` (quote
    currency) or `trail_percent` (of the close). `good_till` (ns since the epoch, UTC, or a datetime with its zone) belongs to
    `gtd`. `quantity` is in units; without it the portfolio's sizing decides on entries, and exits are of all that is held.

    Raises:
        BadTermsError: for an unknown name, a value of another type, or values that do not belong together.
    """

    order_type: OrderType = "market"
    limit_price: float | None = None
    stop_price: float | None = None
    trail_amount: float | None = None
    trail_percent: float | None = None
    time_in_force: TimeInForce = "gtc"
    good_till: int | None = None
    quantity: float | None = None

    def __post_init__(self) -> None:
        """Makes the values plain and checks them."""
        try:
            force_setattr(self, "order_type", as_one_of("order_type", self.order_type, ORDER_TYPES))
            force_setattr(self, "time_in_force", as_one_of("time_in_force", self.time_in_force, TIMES_IN_FORCE))
            _make_plain(self, _NUMBERS)
            if self.good_till is not None:
                force_setattr(self, "good_till", as_moment("good_till", self.good_till))
        except NotPlainError as error:
            raise BadTermsError(f"OrderTerms: {error}") from None
        fault = _fault(self)
        if fault:
            raise BadTermsError(f"OrderTerms: {fault}")


class ExitTerms(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, metaclass=_TermsMeta):
    """Orders that protect a position: a stop-loss and a take-profit (prices), a trailing stop (an amount or a percentage).

    None of them, `ExitTerms()`, is no protection, also where the portfolio's `exit` has some.

    Raises:
        BadTermsError: for a value that is no number, or both a `trail_amount` and a `trail_percent`.
    """

    stop_loss: float | None = None
    take_profit: float | None = None
    trail_amount: float | None = None
    trail_percent: float | None = None

    def __post_init__(self) -> None:
        """Makes the values plain and checks them."""
        try:
            _make_plain(self, self.__struct_fields__)
        except NotPlainError as error:
            raise BadTermsError(f"ExitTerms: {error}") from None
        if self.trail_amount is not None and self.trail_percent is not None:
            raise BadTermsError("ExitTerms: trail_amount and trail_percent are given: expected one of them")


def _make_plain(terms: OrderTerms | ExitTerms, names: tuple[str, ...]) -> None:
    for name in names:
        value = getattr(terms, name)
        if value is not None and (type(value) is not float or not value):
            force_setattr(terms, name, as_number(name, value))


def _fault(terms: OrderTerms) -> str:
    """What does not belong together; empty if everything does."""
    kind = terms.order_type
    given = [name for name in _NUMBERS[:-1] if getattr(terms, name) is not None]
    missing = [name for name in _NEEDS[kind] if name not in given]
    if missing:
        return f"a {kind} order needs a {missing[0]}"
    foreign = [name for name in given if name not in _TAKES[kind]]
    if foreign:
        return f"a {kind} order takes no {foreign[0]}"
    trails = [name for name in given if name in _TRAILS]
    if kind == "trailing_stop" and len(trails) != 1:
        said = "both are given" if trails else "neither is given"
        return f"a trailing_stop order needs a trail_amount or a trail_percent: {said}"
    if (terms.time_in_force == "gtd") != (terms.good_till is not None):
        return "good_till and time_in_force 'gtd' belong together: one of them is missing"
    return ""


MARKET = OrderTerms()
"""At the market, until it is filled."""
