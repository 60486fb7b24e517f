"""The kinds of refusals: a reason has numbers in it, the kind of it is one of a closed set of names."""

import re

REJECTIONS = {
    "no_data": r"no data for symbol ",
    "replaces_nothing": r"there is no order .* to replace",
    "quantity": r"quantity .* is not a positive number",
    "price": r"a \w+ order needs a |\w+_price .* is (?:not a price|beyond reason)",
    "minimum_notional": r"worth .*, less than minimum_notional ",
    "short_sale": r"a cash account cannot sell short",
    "cash": r"cash: ",
    "buying_power": r"buying power: ",
    "halted": r"halted ",
    "cooling_down": r"cooling down ",
    "max_position": r"max_position: ",
    "max_gross_exposure": r"max_gross_exposure: ",
    "max_open_positions": r"max_open_positions: ",
    "other": r"",
}
"""How the reasons of each kind begin, as a regular expression; the first that matches is the kind of a reason."""

_KINDS = re.compile("|".join(f"(?P<{kind}>{beginning})" for kind, beginning in REJECTIONS.items()))


def kind_of(reason: str) -> str:
    """The kind of a refusal: the key of REJECTIONS under which its reason counts."""
    match = _KINDS.match(reason)
    return (match and match.lastgroup) or "other"
