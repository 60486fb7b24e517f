"""Conservation (rule X9): money neither appears nor vanishes, in the books alone and over whole simulations."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.trading.costs import BasisPoints, Percent, PerShare
from engine.trading.sizing import AllIn, FixedNotional, FixedQuantity, PercentOfEquity
from tests.building import CASH, books, data, execution, fill, make_bars, play, wishing

N = 12


step = st.tuples(
    st.integers(0, 1),  # symbol
    st.sampled_from(["enter", "exit", "close"]),
    st.sampled_from([1, -1]),
    st.floats(0.001, 1.0),  # units, or the share that leaves
    st.floats(0.5, 2.0),  # price
    st.floats(0.0, 5.0),  # commission
)
prices = st.lists(st.floats(0.5, 2.0), min_size=N, max_size=N)


@settings(deadline=None)
@given(st.lists(step, max_size=40), st.tuples(prices, prices))
def test_x9_the_books_conserve_money_under_any_stream_of_fills(stream, closes):
    """Scale-ins, partial exits, flips and shorts; equity = cash + positions at every mark, profits explain all of it."""
    ledger, realised, notional, gross, costs, number = books(closes), 0.0, CASH, 0.0, 0.0, 0
    for position, (k, kind, sign, share, price, commission) in enumerate(stream):
        index = position * N // max(len(stream), 1)
        trade = ledger.trades[k]
        if kind == "enter" or trade is None:
            quantity = (trade.sign if trade else sign) * share * 100
        else:
            quantity = -trade.quantity * (share if kind == "exit" else 1.0)
        number += trade is None
        booked = ledger.book(
            index, k, fill(f"S{k}", quantity, price, commission, trade.trade_id if trade else f"t#{number}"), quantity
        )
        notional += abs(quantity) * price
        if booked.closed:
            assert abs(booked.trade.gross_pnl - booked.trade.commission - booked.trade.net_pnl) <= 1e-9 * notional
            realised += booked.trade.net_pnl
            gross += booked.trade.gross_pnl
            costs += booked.trade.commission
    ledger.settle(N)
    ledger.finish(N - 1)
    final = ledger.curve.final_equity
    assert abs(final - CASH - (realised + ledger.unrealised_pnl(N - 1))) <= 1e-9 * notional
    assert abs(gross - costs - realised) <= 1e-9 * notional
    assert ledger.open_positions == sum(q != 0.0 for q in ledger.quantities)


sizings = st.sampled_from(
    [FixedQuantity(quantity=3.7), FixedNotional(notional=2500.0), PercentOfEquity(percent=37.5), AllIn()]
)
terms = st.sampled_from(
    [
        {},
        {"fill_at": "next_close", "commission": Percent(percent=0.2, minimum=1.0, maximum=30.0)},
        {"commission": PerShare(amount=0.01, minimum=0.5), "slippage": BasisPoints(bps=25)},
        {"commission": [PerShare(amount=0.01), Percent(percent=0.1)], "slippage": [BasisPoints(bps=5)] * 2},
    ]
)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.floats(50, 150), st.floats(50, 150), st.integers(-1, 1)), min_size=2, max_size=30),
    sizings,
    terms,
    st.booleans(),
)
def test_x9_whole_simulations_conserve_money(bars, sizing, terms, close_at_end):
    opens, closes, wishes = zip(*bars, strict=True)
    run = play(
        [
            data(),
            execution("execution_1", **terms),
            wishing(cash=CASH, sizing=sizing, close_at_end=close_at_end),
        ],
        make_bars(closes, opens=opens, wishes=wishes),
        listen=["portfolio_1"],
        types=["POSITION_CLOSE", "FILL"],
    )
    metrics, fills, closed = (
        run.metrics(),
        run.events("portfolio_1", "FILL"),
        run.events("portfolio_1", "POSITION_CLOSE"),
    )
    tolerance = 1e-9 * (CASH + sum(event.quantity * event.price for event in fills))
    assert abs(metrics["final_equity"] - CASH - (metrics["total_pnl"] + metrics["unrealised_pnl"])) <= tolerance
    assert abs(metrics["total_pnl"] - sum(event.net_pnl for event in closed)) <= tolerance
    traded = {event.correlation_id for event in closed}
    commissions = sum(event.commission for event in fills if event.correlation_id in traded)
    assert abs(sum(event.gross_pnl - event.net_pnl for event in closed) - commissions) <= tolerance
    assert metrics["total_commission"] == sum_in_order(event.commission for event in fills)
    assert metrics["total_slippage"] == sum_in_order(event.slippage for event in fills)
    assert metrics["open_trades"] == 0 or not close_at_end


def sum_in_order(values):
    total = 0.0
    for value in values:
        total += value
    return total
