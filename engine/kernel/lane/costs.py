"""What a fill costs beside its price: commission and slippage (rule X8)."""

from engine.kernel.language import divide, entry, root, struct

PERCENT = 0
PER_SHARE = 1
PER_TRADE = 2
TIERED = 3
"""Kinds of commission."""

BASIS_POINTS = 0
TICKS = 1
RANGE_FRACTION = 2
SQUARE_ROOT_IMPACT = 3
"""Kinds of slippage."""

NS_PER_DAY = 86_400_000_000_000
DAYS_OF_400_YEARS = 146_097
DAYS_TO_1970 = 719_468
"""Days from 0000-03-01 to 1970-01-01."""


@struct
class Tier:
    """A percentage of the part of the notional above a threshold, up to the next tier's."""

    above: float
    percent: float


@struct
class CostModel:
    """A commission of so many percent, or so much money a unit or a fill, or by tiers; or a slippage.

    `size`: percent, money, basis points, ticks x tick size, fraction of the range, or coefficient. `maximum`: infinity if there is
    none. `is_monthly`: whether thresholds of tiers measure what was traded in the calendar month (UTC), or one fill.
    """

    kind: int
    size: float
    minimum: float
    maximum: float
    tiers: list[Tier]
    tier_count: int
    is_monthly: bool


@struct
class Costs:
    """The terms of an execution container, what was traded in the month under way if any of them looks at months, and the last fill.

    Models are applied one after the other and added up. `price` is after slippage; `commission` and `slippage` are money.
    """

    commissions: list[CostModel]
    commission_count: int
    slippages: list[CostModel]
    slippage_count: int
    looks_at_months: bool
    month: int
    traded_in_month: float
    price: float
    commission: float
    slippage: float


@struct
class Deal:
    """A fill about to be made: signed side, units, price before slippage, the bar's range and volume, its timestamp (ns UTC).

    `limit` is that of a limit order, beyond which slippage never moves the price.
    """

    sign: int
    quantity: float
    price: float
    high: float
    low: float
    volume: float
    timestamp: int
    has_limit: bool
    limit: float


@entry
def execute(costs: Costs, deal: Deal) -> None:
    """Finds price, commission and slippage of a deal. Slippage always hurts; every model sees the price before it."""
    month = month_of(deal.timestamp) if costs.looks_at_months else costs.month
    if month != costs.month:
        costs.month = month
        costs.traded_in_month = 0.0
    distance = 0.0
    for number in range(costs.slippage_count):
        distance += slippage_of(costs.slippages[number], deal)
    price = slipped(deal, distance)
    commission = 0.0
    for number in range(costs.commission_count):
        commission += commission_of(costs.commissions[number], deal.quantity, price, costs.traded_in_month)
    costs.price = price
    costs.commission = commission
    costs.slippage = abs(price - deal.price) * deal.quantity
    costs.traded_in_month += deal.quantity * price


def slippage_of(model: CostModel, deal: Deal) -> float:
    """By how much a model worsens each unit, quote currency.

    Square root: R. Grinold and R. Kahn, Active Portfolio Management, 2nd edition, 1999, chapter 16; a bar without volume is
    taken for as large as the fill.
    """
    if model.kind == BASIS_POINTS:
        return deal.price * (model.size / 10000.0)
    if model.kind == TICKS:
        return model.size
    if model.kind == RANGE_FRACTION:
        return model.size * (deal.high - deal.low)
    share = divide(deal.quantity, deal.volume) if deal.volume > 0.0 else 1.0
    return deal.price * (model.size * root(share))


def slipped(deal: Deal, distance: float) -> float:
    """The price after slippage: higher for a buy, lower for a sell, never below zero nor beyond the limit."""
    if deal.sign > 0:
        worse = deal.price + distance
        return max(min(worse, deal.limit), deal.price) if deal.has_limit else worse
    worse = max(deal.price - distance, 0.0)
    return min(max(worse, deal.limit), deal.price) if deal.has_limit else worse


def commission_of(model: CostModel, quantity: float, price: float, traded_in_month: float) -> float:
    """What a model charges on a fill, in quote currency."""
    if model.kind == PER_TRADE:
        return model.size
    amount = 0.0
    if model.kind == PERCENT:
        amount = quantity * price * (model.size / 100.0)
    elif model.kind == PER_SHARE:
        amount = quantity * model.size
    else:
        amount = by_tiers(model, quantity * price, traded_in_month if model.is_monthly else 0.0)
    return min(max(amount, model.minimum), model.maximum)


def by_tiers(model: CostModel, notional: float, start: float) -> float:
    """The sum over the tiers of their share of a fill that begins at `start`, as income tax is reckoned."""
    end = start + notional
    total = 0.0
    for number in range(model.tier_count):
        tier = model.tiers[number]
        following = model.tiers[number + 1].above if number + 1 < model.tier_count else end
        part = max(min(end, following) - max(start, tier.above), 0.0)
        total += part * (tier.percent / 100.0)
    return total


def month_of(timestamp: int) -> int:
    """The number of the calendar month (UTC) of a timestamp (ns since the epoch): 12 x year + month, years from March.

    Source: H. Hinnant, chrono-Compatible Low-Level Date Algorithms, civil_from_days.
    """
    days = timestamp // NS_PER_DAY + DAYS_TO_1970
    era = days // DAYS_OF_400_YEARS
    day_of_era = days - era * DAYS_OF_400_YEARS
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    return 12 * (era * 400 + year_of_era) + (5 * day_of_year + 2) // 153
