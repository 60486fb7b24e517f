"""Bars of one length whose stamps are shifted against each other: met by what is decided before they open, or refused (rule L3)."""

from dataclasses import replace

import numpy as np
import pytest

from engine.config.schema import DataContainer, RunConfig
from engine.market.bar_times import overlap, timed_by_close
from engine.market.durations import DAY, HOUR, MINUTE
from engine.market.sources import FileSource
from engine.market.zones import local_to_utc, zone_named
from engine.orchestration.bar_lengths import time_bars
from engine.orchestration.planning import make_plan
from engine.orchestration.problems import PlanError
from tests.building import FIRST, HERE, features, make_bars, own, play, portfolio, read_only, sma, strategy

YEAR = np.arange(366)
WEEKDAYS = np.array([day for day in YEAR if (day + 2) % 7 < 5])  # 2020-01-01 was a Wednesday


def midnights(zone, days=YEAR):
    """The moments at which these days of 2020 begin on the clocks of a zone."""
    local = FIRST + np.asarray(days) * DAY
    return local_to_utc(local, np.ones(len(local), bool), zone_named(zone))[0]


def at(days, hours=0.0):
    """Moments of days of 2020, UTC."""
    return FIRST + np.asarray(days) * DAY + (np.asarray(hours) * HOUR).astype(np.int64)


def sessions(first, bars, days=WEEKDAYS):
    """Hours from `first` on, on each of the days."""
    return np.concatenate([at(day, first + np.arange(bars)) for day in days])


def moved(stamps, rows, by):
    """The same stamps, some of them elsewhere."""
    other = stamps.copy()
    other[rows] += by
    return other


def first_of_months(days):
    return np.array([np.datetime64(f"2020-{month:02}-{day:02}").astype("M8[ns]").astype(np.int64) for month, day in enumerate(days, 1)])  # fmt: skip


def month_ends():
    return first_of_months([1] * 12)[1:] - DAY


CHANCE = np.random.default_rng(5)
HOLIDAYS = [np.sort(CHANCE.choice(WEEKDAYS, 240, replace=False)) for _ in range(2)]
MINUTES = FIRST + np.arange(3000) * MINUTE


@pytest.mark.parametrize(
    ("one", "other", "length"),
    [
        (at(WEEKDAYS), at(WEEKDAYS, 5), DAY),
        (at(WEEKDAYS), at(WEEKDAYS, 21), DAY),
        (at(HOLIDAYS[0]), at(HOLIDAYS[1], 21), DAY),
        (midnights("America/New_York", WEEKDAYS), midnights("Europe/Berlin", WEEKDAYS), DAY),
        (midnights("Europe/London"), at(YEAR), DAY),
        (midnights("America/Chicago"), midnights("America/Mexico_City"), DAY),
        (sessions(8, 8), sessions(14.5, 7), HOUR),
        (sessions(0, 24), sessions(0.5, 24), HOUR),
        (FIRST + np.arange(500) * 4 * HOUR, FIRST + HOUR + np.arange(500) * 4 * HOUR, 4 * HOUR),
        (MINUTES, MINUTES + 30_000_000_000, MINUTE),
        (first_of_months([1] * 12), first_of_months([2, 3, 2, 1, 4, 1, 1, 3, 1, 1, 2, 1]), 31 * DAY),
        (at(np.arange(0, 300, 7)), at(np.arange(1, 300, 7)), 7 * DAY),
        (at([0]), at(range(9), 5), DAY),
    ],
)
def test_l3_stamps_that_are_shifted(one, other, length):
    found, back = overlap(one, other, length), overlap(other, one, length)
    assert found.is_shift
    assert back.is_shift
    assert 0 < abs(found.stamp - found.other) <= length // 2
    assert found.stamp in one
    assert found.other in other


@pytest.mark.parametrize(
    ("one", "other", "length", "partly"),
    [
        (at(WEEKDAYS), at(WEEKDAYS), DAY, 0),
        (at(HOLIDAYS[0]), at(HOLIDAYS[1]), DAY, 0),
        (at(range(100, 200)), at(range(150, 300)), DAY, 0),
        (at(range(100)), at(range(200, 300), 5), DAY, 0),
        (midnights("America/New_York", HOLIDAYS[0]), midnights("America/New_York", HOLIDAYS[1]), DAY, 0),
        (sessions(9.5, 7, HOLIDAYS[0]), sessions(9.5, 7, HOLIDAYS[1]), HOUR, 0),
        (sessions(8, 8), sessions(0, 24), HOUR, 0),
        (month_ends()[:6], month_ends()[3:], 31 * DAY, 0),
        (at(WEEKDAYS, 21), moved(at(WEEKDAYS, 21), [100, 180, 250], -3 * HOUR), DAY, 3),
        (at(range(12)), moved(at(range(12)), [5], 3 * HOUR), DAY, 1),
        (first_of_months([2] * 12), first_of_months([2, 3, 2, 2, 4, 2, 2, 2, 2, 2, 2, 2]), 31 * DAY, 2),
    ],
)
def test_l3_missing_bars_holidays_later_starts_and_a_few_irregular_stamps_are_no_shift(one, other, length, partly):
    for found in (overlap(one, other, length), overlap(other, one, length)):
        assert (found.is_shift, found.partly) == (False, partly)


def test_l3_a_month_with_another_offset_is_a_shift_and_single_days_are_not():
    stamps = at(YEAR)
    assert overlap(stamps, moved(stamps, range(60, 65), HOUR), DAY).is_shift
    assert not overlap(stamps, moved(stamps, [*range(60, 64), *range(70, 74)], HOUR), DAY).is_shift


def bars_of(symbol, stamps, closes, **more):
    made = make_bars(closes, symbol=symbol, **more)
    return replace(made, timestamps=read_only(np.asarray(stamps, np.int64)), bar_length=DAY)


def of_two(**settings):
    """A at midnight, B five hours later, at 50 until the open of the fourth day, then at 60."""
    a = bars_of("A", at(range(6)), [100.0] * 6, wish=[0, 0, 1, 1, 1, 1])
    b = bars_of("B", at(range(6), 5), [50.0, 50, 60, 60, 60, 60], opens=[50.0, 50, 50, 60, 60, 60], wish=[0] * 6)
    return configs_of(**settings), {"data_a": a, "data_b": b}


def configs_of(stamped=("open", "open"), **settings):
    sources = {
        symbol: FileSource(path=f"{symbol}.csv", symbol=symbol, **({"stamped": said} if said else {}))
        for symbol, said in zip("AB", stamped, strict=True)
    }
    return [
        *(DataContainer(id=f"data_{symbol.lower()}", source=source) for symbol, source in sources.items()),
        portfolio(**{"inputs": ("data_a", "data_b"), "strategy": own("Sends", of="A", to="B"), **settings}),
    ]


def timed(configs, bars):
    return time_bars(make_plan(RunConfig(containers=configs), HERE), bars)


def test_l3_shifted_stamps_are_refused_where_stamped_is_missing():
    with pytest.raises(PlanError) as caught:
        timed(*of_two(stamped=("open", None)))
    assert str(caught.value) == (
        "containers.1.source.stamped: missing: expected open or close, since portfolio_1 mixes bars of 1d with shifted "
        "stamps (data_a at 2020-01-01T00:00:00Z, data_b at 2020-01-01T05:00:00Z)"
    )
    with pytest.raises(PlanError) as caught:
        timed(*of_two(stamped=(None, None)))
    assert [problem.path for problem in caught.value.problems] == [f"containers.{k}.source.stamped" for k in (0, 1)]


def test_l3_what_is_decided_at_a_close_meets_a_bar_that_opens_later():
    """A's third day closes at the midnight after it: B's bar of that day was open then, its next one opens at 60."""
    configs, bars = of_two()
    found = timed(configs, bars)
    run = play(configs, dict(found.bars))
    signal = run.events("portfolio_1", "SIGNAL")[0]
    fill = run.events("portfolio_1", "FILL")[0]
    assert (signal.timestamp, fill.timestamp, fill.price) == (*at([2, 3], [0, 5]).tolist(), 60.0)
    assert found.warnings == []
    assert all(np.array_equal(each.timestamps, bars[id_].timestamps) for id_, each in found.bars.items())
    assert {each.lasting for each in found.bars.values()} == {DAY}


@pytest.mark.parametrize(("zone", "keeps"), [("America/New_York", True), ("Europe/London", False)])
def test_l3_stamps_are_kept_where_they_have_the_order_of_closes(zone, keeps):
    """London's day before summer closes at 23:00, that of UTC with the same stamp an hour later; New York's is never the same."""
    configs = configs_of()
    bars = {"data_a": bars_of("A", at(YEAR), [1.0] * 366), "data_b": bars_of("B", midnights(zone), [1.0] * 366)}
    found = timed(configs, bars).bars
    for id_, each in found.items():
        assert each.at_close is not keeps
        assert np.array_equal(each.timestamps, bars[id_].timestamps) is keeps


def test_l3_data_that_another_portfolio_needs_at_its_closes_is_there_with_all_beside_it():
    configs, bars = of_two(stamped=("open", "open"))
    hours = replace(bars_of("H", sessions(0, 24, range(6)), [1.0] * 144, wish=[0] * 144), bar_length=HOUR)
    extra = DataContainer(id="data_h", source=FileSource(path="H.csv", symbol="H", stamped="open"))
    mixed = portfolio("portfolio_2", inputs=("data_h", "data_a"), strategy=own("wish"))
    found = timed([*configs, extra, mixed], bars | {"data_h": hours})
    assert all(each.at_close for each in found.bars.values())
    run = play([*configs, extra, mixed], dict(found.bars))
    assert run.events("portfolio_1", "FILL")[0].price == 60.0


def test_l3_a_portfolio_beside_fills_as_if_it_were_alone():
    """A misses a day: nothing of the other portfolio's bars keeps C's decision of that day from A's next open."""
    configs, bars = of_two()
    bars["data_a"] = bars_of("A", at([0, 1, 3, 4, 5]), [100.0] * 5, opens=[1.0, 2, 4, 5, 6], wish=[0] * 5)
    bars["data_c"] = bars_of("C", at(range(6)), [100.0] * 6, wish=[0, 0, 1, 1, 1, 1])
    extra = DataContainer(id="data_c", source=FileSource(path="C.csv", symbol="C"))
    beside = portfolio("portfolio_2", inputs=("data_a", "data_c"), strategy=own("Sends", of="C", to="A"))
    run = play([*configs, extra, beside], dict(timed([*configs, extra, beside], bars).bars))
    fill = run.events("portfolio_2", "FILL")[0]
    assert (fill.timestamp, fill.price) == (at(3).item(), 4.0)


@pytest.mark.parametrize("stamped", [("open", "close"), ("close", "open"), ("close", "close")])
def test_l3_no_order_meets_a_bar_that_opened_before_its_decision(stamped):
    configs, bars = of_two(stamped=stamped)
    moved_bars = timed(configs, bars).bars
    run = play(configs, dict(moved_bars))
    decided = run.events("portfolio_1", "SIGNAL")[0].timestamp
    filled = run.events("portfolio_1", "FILL")[0].timestamp
    opened = moved_bars["data_b"].decided_until[moved_bars["data_b"].timestamps == filled].item()
    assert opened >= decided


def test_l3_a_shift_behind_shared_strategies_and_features_counts_as_well():
    configs, bars = of_two(stamped=(None, "open"))
    shared = [
        *configs[:2],
        features("features_1", inputs=("data_a",), mean=sma(2)),
        strategy("strategy_1", ("features_1", "data_b"), strategy=own("Sends", of="A", to="B")),
        portfolio(inputs=("strategy_1",)),
    ]
    with pytest.raises(PlanError, match=r"containers.0.source.stamped: missing: .* since portfolio_1 mixes bars of 1d"):
        timed(shared, bars)


def test_l3_each_symbol_is_held_against_all_before_it():
    """The second has no bar beside the first; the third is beside both."""
    first = bars_of("A", at(range(10)), [1.0] * 10)
    second = bars_of("B", at(range(20, 30), 6), [1.0] * 10)
    third = bars_of("C", at(range(30)), [1.0] * 30)
    configs = configs_of(stamped=(None, None))
    extra = DataContainer(id="data_c", source=FileSource(path="C.csv", symbol="C"))
    assert timed(configs, {"data_a": first, "data_b": second}).warnings == []
    both = [*configs[:2], extra, portfolio(inputs=("data_a", "data_b", "data_c"), strategy=own("wish"))]
    with pytest.raises(PlanError, match=r"\(data_b at 2020-01-21T06:00:00Z, data_c at 2020-01-21T00:00:00Z\)"):
        timed(both, {"data_a": first, "data_b": second, "data_c": third})


def half_days(**settings):
    stamps = at(range(250), 21)
    a = bars_of("A", stamps, [1.0] * 250)
    b = bars_of("B", moved(stamps, [50, 120, 200], -3 * HOUR), [1.0] * 250)
    return configs_of(**settings), {"data_a": a, "data_b": b}


def test_l3_a_few_irregular_stamps_are_warned_of_and_change_nothing():
    configs, bars = half_days(stamped=(None, "close"))
    configs.append(portfolio("portfolio_2", inputs=("data_a", "data_b"), strategy=own("wish")))
    found = timed(configs, bars)
    assert found.bars == bars
    (warning,) = found.warnings
    assert warning == (
        "data_b: 3 of its 250 bars are stamped beside those of data_a, the first at 2020-02-20T18:00:00Z beside "
        "2020-02-20T21:00:00Z; what portfolio_1 decides there may be filled by a bar that was under way, unless `stamped` "
        "(open or close) is said of all its data"
    )


def test_l3_a_few_irregular_stamps_are_known_at_their_closes_where_stamped_is_said():
    configs, bars = half_days(stamped=("close", "close"))
    found = timed(configs, bars)
    assert found.warnings == []
    b = found.bars["data_b"]
    assert np.array_equal(b.timestamps, bars["data_b"].timestamps)
    assert ((b.timestamps - b.decided_until) // HOUR)[[49, 50, 51]].tolist() == [24, 21, 24]


def test_t2_a_benchmark_whose_days_are_dated_otherwise_is_warned_of():
    """It is no part of what a strategy sees, so nothing is refused and nothing moved; hours alone make no difference."""
    said = {"stamped": (None, None), "strategy": own("wish"), "day_zone": "03:00 UTC"}
    for traded, benchmark, moments in (("a", "b", (5, 0)), ("b", "a", (0, 5))):
        configs, bars = of_two(inputs=(f"data_{traded}",), benchmark=f"data_{benchmark}", **said)
        found = timed(configs, bars)
        assert found.bars == bars
        (warning,) = found.warnings
        assert warning == (
            f"data_{benchmark}: a benchmark stamped at 2020-01-01T{moments[0]:02}:00:00Z beside data_{traded} at "
            f"2020-01-01T{moments[1]:02}:00:00Z is compared a day apart from it; `day_zone` can put both on one day, "
            "`stamped` of both says which bars are of one"
        )
        one_day, bars = of_two(inputs=("data_a",), benchmark="data_b", **said | {"day_zone": "UTC"})
        assert timed(one_day, bars).warnings == []


@pytest.mark.parametrize(
    ("traded", "benchmark", "stamped", "apart"),
    [
        (0, 21, (None, None), True),
        (0, 21, ("open", "close"), False),
        (0, 21, ("open", "open"), True),
        (21, 0, ("close", "open"), False),
        (5, 22, ("open", "open"), True),
        (5, 9, (None, None), False),
    ],
)
def test_t2_stamped_says_whether_a_benchmark_is_dated_otherwise(traded, benchmark, stamped, apart):
    """A bar that closes at 21:00 is of the day that another file dates at its midnight; one that opens then is of the next."""
    configs = configs_of(stamped=stamped, inputs=("data_a",), benchmark="data_b", strategy=own("wish"))
    bars = {
        "data_a": bars_of("A", at(YEAR, traded), [1.0] * 366),
        "data_b": bars_of("B", at(YEAR, benchmark), [1.0] * 366),
    }
    assert len(timed(configs, bars).warnings) == apart


@pytest.mark.parametrize("stamped", ["open", "close"])
def test_l3_a_bar_lasts_until_the_next_one_and_a_little_longer_than_its_length_if_that_opens_then(stamped):
    """Months of 28 to 31 days, and days of a zone that nobody named."""
    months = replace(bars_of("A", first_of_months([1] * 12), [1.0] * 12), bar_length=31 * DAY)
    days = bars_of("A", midnights("America/New_York"), [1.0] * 366)
    for bars in (months, days):
        found = timed_by_close(bars, stamped, None)
        assert np.array_equal(found.decided_until[1:], found.timestamps[:-1])
    pause = timed_by_close(bars_of("A", at([0, 1, 4, 5]), [1.0] * 4), stamped, None)
    assert ((pause.timestamps - pause.decided_until) // HOUR).tolist() == [24] * 4


def test_stamps_given_to_strategies_cannot_be_made_writable():
    for stamped in ("open", "close"):
        found = timed_by_close(bars_of("A", at(range(3)), [1.0] * 3), stamped, None)
        made = found.timestamps if stamped == "open" else found.decided_until
        with pytest.raises(ValueError, match="WRITEABLE"):
            made.flags.writeable = True
