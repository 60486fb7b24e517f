"""The kinds of refusals: a reason has numbers in it, the kind of it is one of a closed set of names."""

import re
from typing import NamedTuple


class Kind(NamedTuple):
    """How the reasons of one kind begin, as a regular expression, and what they have in common."""

    beginning: str
    meaning: str


REJECTIONS = {
    "no_data": Kind("no data for symbol ", "the portfolio has no data for the symbol"),
    "replaces_nothing": Kind(
        "there is no order .* to replace", "the order that it was to replace does not work any more"
    ),
    "quantity": Kind("quantity .* is not a positive number", "the quantity is no positive number"),
    "price": Kind(
        r"a \w+ order needs a |\w+_price .* is (?:not a price|beyond reason)",
        "a price or trail is missing, is no price, or is far from the market",
    ),
    "wrong_side": Kind("a (?:stop loss|take profit) at ", "an exit was moved to where the price has been already"),
    "minimum_notional": Kind("worth .*, less than minimum_notional ", "it is worth less than `minimum_notional`"),
    "short_sale": Kind("a cash account cannot sell short", "a cash account cannot sell short"),
    "cash": Kind("cash: ", "a cash account has too little cash"),
    "buying_power": Kind("buying power: ", "the positions would be worth more than equity and leverage allow"),
    "halted": Kind("halted ", "a risk rule has halted the portfolio"),
    "cooling_down": Kind("cooling down ", "the symbol cools down after a stop"),
    "max_position": Kind("max_position: ", "the risk rule `max_position`"),
    "max_gross_exposure": Kind("max_gross_exposure: ", "the risk rule `max_gross_exposure`"),
    "max_open_positions": Kind("max_open_positions: ", "the risk rule `max_open_positions`"),
    "other": Kind("", "any other reason"),
}
"""By name; a reason is of the first kind that it begins like."""

_KINDS = re.compile("|".join(f"(?P<{name}>{kind.beginning})" for name, kind in REJECTIONS.items()))


def kind_of(reason: str) -> str:
    """The kind of a refusal: the key of REJECTIONS under which its reason counts."""
    match = _KINDS.match(reason)
    return (match and match.lastgroup) or "other"
