"""Order terms: plain values, and what does not belong together (rule Y3)."""

import re
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import numpy as np
import pytest

from engine.order_terms import BadTermsError, ExitTerms, OrderTerms
from engine.strategies.decision import BadDecisionError, Decision, as_decision

MOMENT = 1_580_515_200 * 10**9  # 2020-02-01T00:00:00Z


@pytest.mark.parametrize(
    "moment",
    [
        *(MOMENT, np.int64(MOMENT), float(MOMENT), np.array(MOMENT), datetime(2020, 2, 1, tzinfo=UTC)),
        *(datetime(2020, 2, 1, 2, tzinfo=timezone(timedelta(hours=2))), np.datetime64("2020-02-01"), np.uint64(MOMENT)),
    ],
)
def test_a_moment_is_a_whole_number_or_a_datetime_with_its_zone(moment):
    terms = OrderTerms(time_in_force="gtd", good_till=moment)
    assert (terms.good_till, type(terms.good_till)) == (MOMENT, int)


@pytest.mark.parametrize("number", [99, np.float32(99), np.int8(99), np.array(99.0), np.where(True, 99, 1)])
def test_a_number_is_a_float_from_there_on(number):
    terms = OrderTerms(order_type="limit", limit_price=number, quantity=number)
    assert [(price, type(price)) for price in (terms.limit_price, terms.quantity)] == [(99.0, float)] * 2
    assert type(ExitTerms(stop_loss=number).stop_loss) is float
    assert type(msgspec.structs.replace(terms, limit_price=number).limit_price) is float


def test_whole_numbers_beyond_what_a_float_holds_are_rounded_as_python_does():
    assert OrderTerms(quantity=2**53 + 1).quantity == float(2**53 + 1)


def test_there_is_no_minus_zero():
    assert str(OrderTerms(quantity=-0.0).quantity) == str(ExitTerms(stop_loss=np.float64(-0.0)).stop_loss) == "0.0"


@pytest.mark.parametrize("price", [float("nan"), float("inf"), -1.0, 0.0])
def test_what_is_no_price_today_is_a_matter_of_the_order_and_not_of_the_code(price):
    assert OrderTerms(order_type="limit", limit_price=price, quantity=price).order_type == "limit"


@pytest.mark.parametrize("name", ["Limit", "LIMIT", "limits"])
def test_the_message_has_the_nearest_name(name):
    with pytest.raises(BadTermsError, match=f"order_type is '{name}': expected market, .* did you mean 'limit'"):
        OrderTerms(order_type=name, limit_price=1.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: OrderTerms(order_type="limit", limitprice=99.0),
            "OrderTerms takes no 'limitprice'; did you mean 'limit_price'?",
        ),
        (lambda: ExitTerms(stoploss=90.0), "ExitTerms takes no 'stoploss'; did you mean 'stop_loss'?"),
        (
            lambda: ExitTerms(xyz=1),
            "ExitTerms takes no 'xyz'; it takes stop_loss, take_profit, trail_amount, trail_percent",
        ),
        (
            lambda: OrderTerms("limit", limit_price=1.0),
            "OrderTerms takes everything by name: expected order_type='limit'",
        ),
        (lambda: Decision("long", exit=ExitTerms()), "Decision takes no 'exit'; did you mean 'exits'?"),
        (Decision, "Decision.__init__() missing 1 required positional argument: 'direction'"),
    ],
)
def test_what_is_no_field_is_named_with_its_class_and_the_nearest(make, message):
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        make()


def test_what_is_masked_is_no_number_and_no_direction():
    for masked in (np.ma.masked, np.ma.array(1.0, mask=True)):
        with pytest.raises(BadTermsError, match=r"^OrderTerms: quantity is .*: expected a number"):
            OrderTerms(quantity=masked)
        with pytest.raises(BadDecisionError, match=r"^Decision: strength is .*: expected a number"):
            Decision("long", strength=masked)
        with pytest.raises(BadDecisionError, match=r"^on_bar returned .*: expected a Decision"):
            as_decision(masked)
    assert OrderTerms(quantity=np.ma.array(2.0)).quantity == 2.0


TIMES = [
    np.timedelta64(5, "ns"),
    np.timedelta64(5),
    np.timedelta64(5, "D"),
    np.array(5, "m8[ns]"),
    np.datetime64(5, "ns"),
]


@pytest.mark.parametrize("value", [*TIMES, np.array(5, "M8[ns]")], ids=repr)
def test_dates_and_durations_are_no_numbers(value):
    """Y3: numpy has them among its whole numbers, and what stands behind them is a number of ns, days or whatever."""
    with pytest.raises(BadTermsError, match=r"quantity is .*: expected a number"):
        OrderTerms(quantity=value)
    with pytest.raises(BadDecisionError, match=r"strength is .*: expected a number"):
        Decision("long", strength=value)
    with pytest.raises(BadDecisionError, match=r"on_bar returned .*: expected a Decision"):
        as_decision(value // 5 if value.dtype.kind == "m" else value)


@pytest.mark.parametrize("value", [each for each in TIMES if each.dtype.kind == "m"], ids=repr)
def test_a_duration_is_no_moment(value):
    with pytest.raises(BadTermsError, match=r"good_till is .*: expected ns since 1970"):
        OrderTerms(time_in_force="gtd", good_till=value)
