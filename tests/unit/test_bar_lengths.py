"""Bars of several lengths in one portfolio: `stamped` and `bar_length` (rule L3)."""

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest

from engine.config.schema import DataContainer, RunConfig
from engine.market.bar_times import timed_by_close
from engine.market.durations import DAY, HOUR
from engine.market.exchange import ReadJob
from engine.market.reading import read_job
from engine.market.sources import FileSource
from engine.orchestration.bar_lengths import time_bars
from engine.orchestration.planning import make_plan
from engine.orchestration.problems import PlanError
from engine.orchestration.scenery import Scenery
from tests.building import FIRST, HERE, make_bars, own, play, portfolio, read_only
from tests.run_command import ROOT, results_of, run

DAYS, HOURS = 4, 96


def hourly():
    """Four days of hours, the close rising by one an hour; in at hour 30 and out at hour 60."""
    bars = make_bars(np.arange(100.0, 100.0 + HOURS), symbol="H", wishes=[float(30 <= k < 60) for k in range(HOURS)])
    return _stamped(bars, FIRST + np.arange(HOURS) * HOUR, HOUR)


def daily(wishes=(0, 1, 1, 0)):
    """The same days as single bars, stamped at their opens: 100 to 123, 124 to 147, ..."""
    opens = 100.0 + 24 * np.arange(DAYS)
    bars = make_bars(opens + 23, opens=opens, symbol="D", wishes=wishes)
    return _stamped(bars, FIRST + np.arange(DAYS) * DAY, DAY)


def _stamped(bars, timestamps, length):
    return replace(bars, timestamps=read_only(timestamps.astype(np.int64)), bar_length=length)


def source(symbol, **settings):
    return FileSource(path=f"{symbol}.csv", symbol=symbol, **settings)


def containers(hours=None, days=None, **more):
    return [
        DataContainer(id="data_h", source=source("H", **(hours or {}))),
        DataContainer(id="data_d", source=source("D", **(days or {}))),
        portfolio(inputs=("data_h", "data_d"), strategy=own("wish"), **more),
    ]


def timed(configs, bars):
    plan = make_plan(RunConfig(containers=configs), HERE)
    return time_bars(plan, bars)


def hour(event):
    return (event.timestamp - FIRST) / HOUR


def test_l3_a_daily_bar_is_known_at_its_close_and_fills_nothing_decided_after_its_open():
    configs = containers({"stamped": "open"}, {"stamped": "open"})
    run_ = play(configs, dict(timed(configs, {"data_h": hourly(), "data_d": daily()}).bars))
    bars = [(hour(e), e.symbol) for e in run_.events("portfolio_1", "BAR")]
    assert bars == sorted(bars, key=lambda each: each[0])
    assert [at for at, symbol in bars if symbol == "D"] == [24, 48, 72, 96]
    assert [at for at, symbol in bars if symbol == "H"] == list(range(1, HOURS + 1))
    signals = [(hour(e), e.symbol, e.direction) for e in run_.events("portfolio_1", "SIGNAL")]
    assert signals == [(31, "H", "long"), (48, "D", "long"), (61, "H", "flat"), (96, "D", "flat")]
    fills = [(hour(e), e.symbol, e.side, e.price) for e in run_.events("portfolio_1", "FILL")]
    # Decided at hour 48, when the second day closes: filled at the open of the third, which opened then, and is known at 72.
    assert fills[:3] == [(32, "H", "buy", 130.0), (62, "H", "sell", 160.0), (72, "D", "buy", 148.0)]


def test_l3_what_is_wanted_in_the_middle_of_a_day_is_decided_at_its_close_and_filled_at_the_next_open():
    configs = [
        *containers({"stamped": "open"}, {"stamped": "open"})[:2],
        portfolio(inputs=("data_h", "data_d"), strategy=own("OnBoth")),
    ]
    run_ = play(configs, dict(timed(configs, {"data_h": hourly(), "data_d": daily()}).bars))
    assert [hour(e) for e in run_.events("portfolio_1", "SIGNAL")] == [48]
    assert next((hour(e), e.price) for e in run_.events("portfolio_1", "FILL")) == (72, 148.0)


def test_l3_an_order_meets_the_first_bar_that_opens_when_it_is_there():
    configs = containers({"stamped": "open"}, {"stamped": "open"})
    scenery = Scenery(
        make_plan(RunConfig(containers=configs), HERE), timed(configs, {"data_h": hourly(), "data_d": daily()}).bars
    )
    day = scenery.feeds["data_d"]
    at = {step: (int(stamp) - FIRST) // HOUR for step, stamp in enumerate(scenery.timeline)}
    for step, now in at.items():
        opens_later = [row for row in range(DAYS) if 24 * row >= now]
        assert day.next_row(step) == (opens_later[0] if opens_later else None)
        assert scenery.feeds["data_h"].next_row(step) == (now if now < HOURS else None)


def test_t2_fridays_close_at_midnight_makes_no_market_that_is_open_at_weekends():
    friday = 2  # 2020-01-01 was a Wednesday
    hours = _stamped(make_bars([1.0, 2], symbol="H"), FIRST + friday * DAY + np.array([9, 10]) * HOUR, HOUR)
    days = _stamped(make_bars([1.0, 2], symbol="D"), FIRST + np.array([friday - 1, friday]) * DAY, DAY)
    configs = containers({"stamped": "open"}, {"stamped": "open"})
    bars = timed(configs, {"data_h": hours, "data_d": days}).bars
    scenery = Scenery(make_plan(RunConfig(containers=configs), HERE), bars)
    assert scenery.days(("data_h", "data_d"), None).year(None).number == 252


def test_l3_stamps_at_the_close_stay_where_they_are():
    at_close = _stamped(daily(), daily().timestamps + DAY, DAY)
    first = timed(containers({"stamped": "open"}, {"stamped": "close"}), {"data_h": hourly(), "data_d": at_close}).bars
    second = timed(containers({"stamped": "open"}, {"stamped": "open"}), {"data_h": hourly(), "data_d": daily()}).bars
    for one, other in zip(first.values(), second.values(), strict=True):
        assert np.array_equal(one.timestamps, other.timestamps)
        assert np.array_equal(one.decided_until, other.decided_until)


def test_l3_one_length_alone_keeps_its_stamps_whatever_is_said_of_them():
    configs = [containers({"stamped": "close"})[0], portfolio(inputs=("data_h",), strategy=own("wish"))]
    given = {"data_h": hourly()}
    assert timed(configs, given).bars["data_h"] is given["data_h"]


def test_l3_a_mix_is_refused_unless_every_stamp_is_said():
    with pytest.raises(PlanError) as caught:
        timed(containers({"stamped": "open"}), {"data_h": hourly(), "data_d": daily()})
    assert str(caught.value) == (
        "containers.1.source.stamped: missing: expected open or close, since portfolio_1 mixes lengths of bars "
        "(data_h of 1h, data_d of 1d)"
    )
    with pytest.raises(PlanError) as caught:
        timed(containers(), {"data_h": hourly(), "data_d": daily()})
    assert len(caught.value.problems) == 2


def test_l3_data_that_is_moved_for_one_portfolio_is_moved_for_all_with_a_warning():
    configs = containers({"stamped": "open"}, {"stamped": "open"})
    configs.append(portfolio("portfolio_2", inputs=("data_d",), strategy=own("wish")))
    (warning,) = timed(configs, {"data_h": hourly(), "data_d": daily()}).warnings
    assert warning.startswith("data_d: its bars are timed by their closes, also in portfolio_2, because portfolio_1 ")


def test_l3_days_of_a_zone_last_23_or_25_hours_where_its_clocks_change():
    midnights = [np.datetime64(f"2020-03-{day:02}").astype("M8[ns]").astype(np.int64) for day in (7, 8, 9)]
    opens = np.array(midnights) + np.array([5, 5, 4]) * HOUR
    bars = timed_by_close(_stamped(make_bars([1.0, 2, 3]), opens, DAY), "open", "America/New_York")
    assert ((bars.timestamps - bars.decided_until) // HOUR).tolist() == [24, 23, 24]
    back = timed_by_close(_stamped(make_bars([1.0, 2, 3]), bars.timestamps, DAY), "close", "America/New_York")
    assert np.array_equal(back.decided_until, opens)


FILES = """
containers:
  - {{id: data_h, type: data, source: {{path: h.csv, symbol: H, stamped: {stamped}, bar_length: 1h}}}}
  - {{id: data_d, type: data, source: {{path: h.csv, symbol: D, stamped: {stamped}, timeframe: {timeframe}}}}}
  - {{id: portfolio_1, type: portfolio, inputs: [data_h, data_d], strategy: {{name: buy_and_hold}}, event_tracing: {{mode: full}}}}
"""


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [
        f"2020-01-0{1 + k // 24} {k % 24:02}:00Z,{100 + k},{100.5 + k},{99.5 + k},{100.2 + k},10" for k in range(HOURS)
    ]
    (tmp_path / "h.csv").write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n")
    return tmp_path


def test_the_config_of_docs_data_runs_and_refuses_without_stamped(files):
    (block,) = re.findall(
        r"^```yaml\n(containers:.*?)^```$", (ROOT / "docs" / "data.md").read_text(), re.MULTILINE | re.DOTALL
    )
    shutil.copy(ROOT / "configs" / "data" / "eurusd_1h_2017.csv.gz", files / "eurusd.csv")
    (files / "c.yaml").write_text(block)
    (files / "worse.yaml").write_text(block.replace("stamped: open, ", ""))
    outcome = run("c.yaml", "--output", "out", "--progress", "none")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert results_of(files / "out")["portfolio_both"]["metrics"]["total_trades"] > 20
    assert run("worse.yaml", "--output", "worse", "--progress", "none").exit_code == 2


@pytest.mark.parametrize(("stamped", "bars"), [("open", 4), ("close", 5)])
def test_stamped_and_timeframe_from_a_file_to_the_results(files, stamped, bars):
    (files / "c.yaml").write_text(FILES.format(stamped=stamped, timeframe="1d"))
    outcome = run("c.yaml", "--output", "out", "--progress", "none")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert results_of(files / "out")["data_d"]["metrics"]["bars"] == bars


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (FILES.format(stamped="open", timeframe="1d").replace("bar_length: 1h", "bar_length: 2h"), "bar_length 2h is longer than the bars, which follow every 1h"),
        (FILES.format(stamped="open", timeframe="1d").replace("bar_length: 1h", "bar_length: long"), "c.yaml:3:90: containers.0.source.bar_length: long: expected a length of time"),
        (FILES.format(stamped="opened", timeframe="1d"), "containers.0.source.stamped: opened: expected open or close; did you mean 'open'?"),
        (FILES.format(stamped="open", timeframe="1d").replace("stamped: open, timeframe", "timeframe"), "c.yaml:4:38: containers.1.source.stamped: missing: expected open or close, since portfolio_1 mixes"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_stamps_and_lengths_is_refused(files, text, message):
    (files / "c.yaml").write_text(text)
    outcome = run("c.yaml", "--output", "out", "--progress", "none")
    assert outcome.exit_code == 2
    assert message in outcome.stderr


def test_bar_length_is_stated_where_a_file_has_one_bar_only(files):
    """One bar alone has no length: a mix with it is refused until `bar_length` says one."""
    (files / "h.csv").write_text("timestamp,open,high,low,close,volume\n2020-01-01 00:00Z,1,1,1,1,1\n")
    report = read_job(_job(files, FileSource(path="h.csv", symbol="H", bar_length="4h")))
    assert report.bar_length == 4 * HOUR
    assert read_job(_job(files, FileSource(path="h.csv", symbol="H"))).bar_length == 0


def _job(folder, given):
    return ReadJob(str(folder / "h.csv"), given, str(folder))
