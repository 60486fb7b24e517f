"""Costs and sizes of the kernel are those of the models of the event path, to the bit (rules P1, X8)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.lane import costs as kernel_costs
from engine.kernel.lane.costs import CostModel, Costs, Tier
from engine.kernel.lane.costs import Deal as KernelDeal
from engine.kernel.lane.sizing import Sizing, units_to_enter
from engine.trading.costs import (
    BasisPoints,
    Percent,
    PerShare,
    PerTrade,
    RangeFraction,
    SquareRootImpact,
    Terms,
    Ticks,
    Tiered,
)
from engine.trading.costs import Tier as TierOfConfig
from engine.trading.deals import Deal, MonthlyNotional
from engine.trading.orders import execute
from engine.trading.sizing import (
    AllIn,
    Entry,
    FixedNotional,
    FixedQuantity,
    PercentOfEquity,
    VolatilityTarget,
    in_lots,
)
from tests.kernel_modules import bits, kernels

sizes = st.one_of(st.sampled_from([0.0, 0.1, 1.0, 12.5]), st.floats(0, 1e4))
least = st.sampled_from([0.0, 0.0, 1.0, 25.0])
most = st.sampled_from([None, None, 30.0, 2.0])
tiers = st.lists(st.tuples(st.floats(1, 1e5), st.floats(0, 5)), max_size=4).map(
    lambda found: [
        TierOfConfig(above=above, percent=percent) for above, percent in [(0.0, 0.5), *sorted(dict(found).items())]
    ]
)
commissions = st.lists(
    st.one_of(
        st.builds(Percent, percent=sizes, minimum=least, maximum=most),
        st.builds(PerShare, amount=sizes, minimum=least, maximum=most),
        st.builds(PerTrade, amount=sizes),
        st.builds(Tiered, tiers=tiers, over=st.sampled_from(["fill", "month"]), minimum=least, maximum=most),
    ),
    max_size=3,
)
slippages = st.lists(
    st.one_of(
        st.builds(BasisPoints, bps=st.floats(0, 9_999)),
        st.builds(Ticks, ticks=sizes, tick_size=st.sampled_from([0.01, 0.25])),
        st.builds(RangeFraction, fraction=st.floats(0, 2)),
        st.builds(SquareRootImpact, coefficient=st.floats(0, 2)),
    ),
    max_size=3,
)
amounts = st.one_of(st.integers(1, 500).map(float), st.floats(1e-300, 1e12), st.floats(1e-3, 1e3))
moments = st.integers(-(10**9) * 2, 10**9 * 7).map(lambda second: second * 10**9)
deals = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell"]),
        amounts,
        amounts,
        st.floats(0, 10),
        st.sampled_from([0.0, 1.0, 1e6]),
        moments,
        st.none() | st.floats(0.5, 2.0),
    ),
    min_size=1,
    max_size=5,
)

KINDS = {
    Percent: kernel_costs.PERCENT,
    PerShare: kernel_costs.PER_SHARE,
    PerTrade: kernel_costs.PER_TRADE,
    Tiered: kernel_costs.TIERED,
    BasisPoints: kernel_costs.BASIS_POINTS,
    Ticks: kernel_costs.TICKS,
    RangeFraction: kernel_costs.RANGE_FRACTION,
    SquareRootImpact: kernel_costs.SQUARE_ROOT_IMPACT,
}


def size_of(model):
    match model:
        case Percent(percent=size) | PerShare(amount=size) | PerTrade(amount=size) | BasisPoints(bps=size):
            return size
        case RangeFraction(fraction=size) | SquareRootImpact(coefficient=size):
            return size
        case Ticks(ticks=ticks, tick_size=tick):
            return ticks * tick
    return 0.0


def models(kernel, declared):
    made = kernel.structs(CostModel, len(declared))
    for place, model in enumerate(declared):
        mine = made[place]
        mine.kind, mine.size = KINDS[type(model)], size_of(model)
        mine.minimum = getattr(model, "minimum", 0.0)
        maximum = getattr(model, "maximum", None)
        mine.maximum = float("inf") if maximum is None else maximum
        if isinstance(model, Tiered):
            mine.is_monthly = model.over == "month"
            mine.tier_count = len(model.tiers)
            mine.tiers = kernel.structs(Tier, len(model.tiers))
            for number, tier in enumerate(model.tiers):
                mine.tiers[number].above, mine.tiers[number].percent = tier.above, tier.percent
    return made


@pytest.mark.examples(80, 300)
@given(commissions, slippages, deals)
def test_random_deals_cost_the_same(commission, slippage, made):
    terms = Terms(commissions=tuple(commission), slippages=tuple(slippage))
    for kernel in kernels():
        costs, traded = kernel.struct(Costs), MonthlyNotional()
        costs.commissions, costs.commission_count = models(kernel, commission), len(commission)
        costs.looks_at_months = True
        costs.slippages, costs.slippage_count = models(kernel, slippage), len(slippage)
        for side, quantity, price, width, volume, timestamp, at_limit in made:
            limit = None if at_limit is None else price * at_limit
            bar = price + width, max(price - width, 0.0), volume
            asked = Deal("X", side, quantity, price, *bar, timestamp, traded.before(timestamp))
            expected = execute(asked, terms, limit)
            traded.add(quantity * expected.price)
            deal = kernel.struct(KernelDeal)
            deal.sign, deal.quantity, deal.price = 1 if side == "buy" else -1, quantity, price
            deal.high, deal.low, deal.volume = bar
            deal.timestamp = timestamp
            deal.has_limit, deal.limit = limit is not None, limit or 0.0
            kernel.function(kernel_costs.execute)(costs, deal)
            found = (costs.price, costs.commission, costs.slippage)
            assert [*map(bits, found)] == [*map(bits, expected)]


percents = st.floats(0.1, 300)
sizings = st.one_of(
    st.builds(FixedQuantity, quantity=amounts),
    st.builds(FixedNotional, notional=amounts),
    st.builds(PercentOfEquity, percent=percents),
    st.just(AllIn()),
    st.builds(
        VolatilityTarget,
        percent=percents,
        bars=st.integers(2, 6),
        max_percent=percents,
        bars_per_year=st.sampled_from([None, 252, 98_280]),
    ),
)
closes = st.lists(st.one_of(st.sampled_from([100.0, 101.0]), st.floats(1e-3, 1e6)), min_size=1, max_size=12)
SIZES = {FixedQuantity: 0, FixedNotional: 1, PercentOfEquity: 2, AllIn: 3, VolatilityTarget: 4}


@pytest.mark.examples(80, 300)
@given(sizings, closes, st.floats(-1e6, 1e9), st.sampled_from([0.0, 1.0, 0.1, 100.0]), st.sampled_from([1.0, 0.25]))
def test_random_sizings_ask_for_the_same_units(model, column, equity, lot, weight):
    for kernel in kernels():
        sizing = kernel.struct(Sizing)
        sizing.kind, sizing.weight, sizing.lot_size = SIZES[type(model)], weight, lot
        sizing.close = kernel.floats(column)
        for name in ("quantity", "notional", "percent"):
            sizing.size = getattr(model, name, sizing.size)
        if isinstance(model, VolatilityTarget):
            sizing.bars, sizing.max_percent = model.bars, model.max_percent
            sizing.bars_per_year = model.bars_per_year or 365
        for row, price in enumerate(column):
            entry = Entry("X", "buy", equity, 0.0, price, np.array(column[: row + 1]), 1.0, 365)
            expected = in_lots(model.units(entry) * weight, lot or None)
            assert bits(kernel.function(units_to_enter)(sizing, equity, row)) == bits(expected)
