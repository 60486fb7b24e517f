"""Entries that count on exits wait for them, and are asked for again where these do not come (rule P2)."""

import pytest

from engine.trading.accounts import CashAccount, MarginAccount
from engine.trading.order_forms import ExitForm, MarketForm
from engine.trading.risk import MaxGrossExposure, MaxOpenPositions
from engine.trading.sizing import AllIn
from tests.building import data, execution, play, portfolio, strategy
from tests.scenarios.reading import bar_of, bars_of, script_of

SYMBOLS = ("x", "y")
FLAT = {"x": "10 11 9 10", "y": "20 22 18 20"}


def rotate(scripts, **terms):
    """What became of orders and what was filled, where all of the cash is moved from `x` to `y`."""
    said = []
    for event in rotation(scripts, **terms).events("portfolio_1", "ORDER", "FILL"):
        if event.type == "FILL":
            said.append(f"{bar_of(event)} {event.symbol} {event.side} {event.quantity:g} @ {event.price:g}")
        elif event.status != "accepted":
            said.append(f"{bar_of(event)} {event.symbol} {event.status}: {event.reason}")
    return said


def rotation(scripts, *, days=None, lines=None, volumes=None, terms=None, **lane):
    """The run of it; ten bars unless `days` says which."""
    containers = [data(f"data_{symbol}", symbol) for symbol in SYMBOLS]
    containers += [strategy(f"s_{s}", (f"data_{s}",), strategy=script_of(scripts[s])) for s in SYMBOLS]
    lane = {"cash": 1000.0, "sizing": AllIn(), "account": CashAccount(), "close_at_end": False, **lane}
    containers += [execution("e", **(terms or {})), portfolio(inputs=[f"s_{s}" for s in SYMBOLS], **lane)]
    by_id = {}
    for symbol in SYMBOLS:
        of = list((days or {}).get(symbol, range(10)))
        rows = (lines or {}).get(symbol) or [FLAT[symbol]] * len(of)
        volume = (volumes or {}).get(symbol, 1e6)
        by_id[f"data_{symbol}"] = bars_of([f"{row} {volume}" for row in rows], symbol=symbol, days=of)
    return play(containers, by_id, listen=["portfolio_1"])


ROTATION = {"x": "1: long; 4: flat", "y": "4: long"}
MISSING = [0, 1, 2, 3, 6, 7, 8, 9]
IN_X, OUT_OF_X = "2 x buy 100 @ 10", "x sell 100 @ 10"


@pytest.mark.parametrize(
    "lane",
    [
        {"account": CashAccount()},
        {"account": MarginAccount()},
        {"account": MarginAccount(leverage=3.0), "risk": [MaxOpenPositions(count=1)]},
        {"account": MarginAccount(leverage=3.0), "risk": [MaxGrossExposure(percent=100)]},
    ],
)
@pytest.mark.parametrize("fill_at", ["next_open", "next_close"])
def test_an_entry_waits_for_an_exit_that_has_no_bar(lane, fill_at):
    """In the ordinary case both are filled at the same bar; if the symbol that is left pauses, what pays for the entry is not there."""
    terms = {"fill_at": fill_at}
    assert rotate(ROTATION, terms=terms, **lane) == [IN_X, f"5 {OUT_OF_X}", "5 y buy 50 @ 20"]
    assert rotate(ROTATION, days={"x": MISSING}, terms=terms, **lane) == [IN_X, f"7 {OUT_OF_X}", "7 y buy 50 @ 20"]


def test_an_entry_waits_for_all_parts_of_an_exit():
    terms = {"participation": 0.1}
    said = rotate({"x": "1: buy 60; 3: flat", "y": "3: buy 45"}, volumes={"x": 300}, terms=terms)
    assert said == [
        *(f"{k} x buy 30 @ 10" for k in (2, 3)),
        *(f"{k} x sell 30 @ 10" for k in (4, 5)),
        "5 y buy 45 @ 20",
    ]


def test_an_entry_that_has_room_beside_the_exit_does_not_wait():
    said = rotate({"x": "1: buy 50; 4: flat", "y": "4: buy 25"}, days={"x": MISSING})
    assert said == ["2 x buy 50 @ 10", "5 y buy 25 @ 20", "7 x sell 50 @ 10"]


def test_an_exit_that_is_cancelled_leaves_no_room_for_the_entry():
    """An order good immediately or not at all is cancelled after its bar, with a part of it filled."""
    terms, exits = {"participation": 0.1}, ExitForm(on_signal=MarketForm(time_in_force="ioc"))
    said = rotate(ROTATION, volumes={"x": 990}, terms=terms, exit=exits)
    assert said == [
        "2 x buy 99 @ 10",
        "3 x buy 1 @ 10",
        "5 x sell 99 @ 10",
        "5 x cancelled: not filled at once",
        "5 y cancelled: cash: 10.00 would be missing",
    ]


@pytest.mark.parametrize(
    ("then", "fate"), [(20, "7 y cancelled: cash: 400.00 would be missing"), (10, "7 y buy 50 @ 10")]
)
def test_an_exit_that_expires_has_the_entry_asked_for_again_before_the_bar_is_met(then, fate):
    """At the prices of that moment, those of the bar before: it meets the open if there is room by now."""
    lines = {"y": [FLAT["y"]] * 4 + [f"{then} {then} {then} {then}"] * 6}
    said = rotate({"x": "1: buy 40; 4: flat gtd 6", "y": "4: buy 50"}, lines=lines, days={"x": MISSING})
    assert said == ["2 x buy 40 @ 10", "7 x expired: its time is over", fate]


@pytest.mark.parametrize(
    ("order", "fates"),
    [
        ("limit 10.5", ["5 y cancelled: cash: 500.00 would be missing", "6 x sell 30 @ 10.5", "7 x sell 30 @ 10.5"]),
        ("market", ["6 x sell 30 @ 10", "7 x sell 30 @ 10", "7 y buy 45 @ 20"]),
        ("day", ["6 x sell 30 @ 10", "6 x expired: the day is over", "6 y cancelled: cash: 200.00 would be missing"]),
    ],
)
def test_an_exit_that_replaces_another_is_awaited_in_its_place_if_it_is_at_the_market(order, fates):
    scripts = {"x": f"1: buy 90; 4: flat; 5: flat {order}", "y": "4: buy 45"}
    said = rotate(scripts, volumes={"x": 300}, terms={"participation": 0.1})
    assert said == [
        *(f"{k} x buy 30 @ 10" for k in (2, 3, 4)),
        "5 x sell 30 @ 10",
        "5 x cancelled: replaced by e#4",
        *fates,
    ]


def test_a_sale_inside_a_bar_lets_the_entry_in_at_the_next():
    """What happens inside the bars of two symbols has no order: a limit is met from the next bar on."""
    lines = {"x": ["10 11 9 10"] * 4 + ["10 11 7 8"] + ["8 8 8 8"] * 5}
    scripts = {"x": "1: buy loss 8; 4: flat", "y": "4: buy 40 limit 19"}
    said = rotate(scripts, lines=lines, terms={"fill_at": "next_close"})
    assert said == [
        IN_X,
        "5 x triggered: ",
        "5 x sell 100 @ 8",
        "5 x cancelled: the position is closed",
        "6 y buy 40 @ 19",
    ]


@pytest.mark.parametrize("how", ["ioc", "day"])
def test_the_lifetime_of_an_entry_begins_with_the_first_bar_that_it_meets(how):
    said = rotate({"x": "1: long; 4: flat", "y": f"4: buy 50 {how}"}, days={"x": MISSING})
    assert said == [IN_X, f"7 {OUT_OF_X}", "7 y buy 50 @ 20"]


def test_an_entry_that_is_let_in_at_the_close_has_met_the_bar_of_its_day():
    lines = {"x": ["10 11 9 10"] * 4 + ["10 11 7 8"] + ["8 8 8 8"] * 5}
    terms = {"fill_at": "next_close", "participation": 0.1}
    said = rotate({"x": "1: buy loss 8; 4: flat", "y": "4: buy 40 day"}, lines=lines, volumes={"y": 300}, terms=terms)
    assert said[-2:] == ["5 y buy 30 @ 20", "5 y expired: the day is over"]


def test_of_two_orders_that_wait_one_may_be_refused_while_their_trade_goes_on():
    """E2: the trade ends with the last of its orders."""
    scripts = {"x": "1: long; 4: flat ioc", "y": "4: buy 45 limit 15 | sell 10 limit 30"}
    run = rotation(scripts, volumes={"x": 300}, terms={"participation": 0.1}, account=MarginAccount())
    dead = [order for order in run.events("portfolio_1", "ORDER") if order.symbol == "y" and order.reason]
    assert [(bar_of(order), order.status, order.side, order.ends_correlation) for order in dead] == [
        (5, "cancelled", "buy", False),
        (10, "expired", "sell", True),
    ]


def test_an_entry_that_waits_may_be_taken_back_and_expires_with_the_data():
    assert rotate({"x": "1: long; 4: flat", "y": "4: long; 5: flat"}, days={"x": MISSING})[1] == (
        "5 y cancelled: the signal changed before it was filled"
    )
    said = rotate(ROTATION, days={"x": range(4)})
    assert said == [IN_X, "10 x expired: the data ended", "10 y expired: the data ended"]
