"""Blocks and budgets change no feature, and no run (rule L6)."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.features.blocks import compute_in_blocks
from engine.features.columns import FeatureStore
from engine.features.indicators import compute, indicator_names
from engine.features.spec import FeatureSpec
from engine.market.column_file import ColumnFile
from tests.building import crossing, data, make_bars, play, sma, walk

BARS = walk(900)
DESCRIPTORS = Path("/proc/self/fd")
COLUMNS = {name: getattr(BARS, name) for name in ("open", "high", "low", "close", "volume")}
quick = pytest.mark.examples(15, 40)


def same(parts, whole):
    """Whether consecutive parts are the whole, byte for byte: NaN and the sign of zero included."""
    joined = [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]
    return [column.tobytes() for column in joined] == [column.tobytes() for column in whole]


@pytest.mark.parametrize("name", indicator_names())
def test_l6_every_indicator_carried_over_blocks_is_the_one_call(name):
    parts = list(compute_in_blocks(name, {}, COLUMNS, (), 250))
    assert same(parts, compute(name, {}, COLUMNS, ()))
    assert len(parts) > 1, "nothing was carried"


@quick
@given(
    st.sampled_from(["SMA", "EMA", "RSI", "STDDEV", "MAXINDEX", "LINEARREG", "KAMA"]),
    st.integers(2, 40),
    st.integers(1, 950),
    st.integers(0, 60),
    st.sampled_from([None, 0, 300, 899]),
)
def test_l6_periods_blocks_and_gaps_of_a_users_column_change_nothing(name, period, block, unknown, gap):
    mood = BARS.close.copy()
    mood[:unknown] = np.nan
    if gap is not None:
        mood[gap] = np.nan
    defined = name, {"timeperiod": period}, {**COLUMNS, "mood": mood}, ("mood",)
    assert same(compute_in_blocks(*defined, block), compute(*defined))


@quick
@given(st.integers(1, 12_000), st.integers(2, 30))
def test_l6_the_budget_changes_no_bit_of_the_store(budget, period):
    wanted = {
        "mean": sma(period),
        "bands": FeatureSpec(indicator="BBANDS", parameters=(("timeperiod", period),)),
        "swing": FeatureSpec(indicator="MINMAXINDEX", parameters=(("timeperiod", period),)),
    }
    small, large = (FeatureStore(ColumnFile(), limit).named(BARS, wanted) for limit in (budget, 1 << 20))
    assert list(small) == list(large)
    assert all(small[name].tobytes() == large[name].tobytes() for name in large)


def test_l6_the_budget_changes_no_run(monkeypatch):
    containers = [data(), *(crossing(f"p{fast}", fast, 3 * fast, "both") for fast in (2, 5, 11))]
    whole = play(containers, BARS)
    monkeypatch.setattr(FeatureStore.__init__, "__defaults__", (1000,))
    carried = play(containers, BARS, block_size=70)
    for id_, heard in whole.heard.items():
        assert carried.heard[id_].events == heard.events
        assert carried[id_].metrics() == whole[id_].metrics()


def test_a_column_comes_back_as_it_was_put_and_cannot_be_written():
    file = ColumnFile()
    columns = [np.arange(rows, dtype=dtype) for rows in (0, 1, 3, 200_000, 5) for dtype in (np.float64, np.int64)]
    for column, kept in [(column, file.put(column)) for column in columns]:
        assert kept.dtype == column.dtype
        assert np.array_equal(kept, column)
        assert not kept.flags.writeable


@pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="descriptors are counted where /proc shows them")
def test_many_columns_hold_few_descriptors_and_leave_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = len(list(DESCRIPTORS.iterdir()))
    file = ColumnFile()
    kept = [file.put(np.full(3000, float(number))) for number in range(1000)]
    assert len(list(DESCRIPTORS.iterdir())) - before < 10
    assert [column[0] for column in kept] == list(range(1000))
    assert list(tmp_path.iterdir()) == []
    del file, kept
    assert len(list(DESCRIPTORS.iterdir())) == before


def test_a_full_disk_is_an_error_and_not_a_dead_process(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    file = ColumnFile()
    monkeypatch.setattr("os.pwrite", full)
    with pytest.raises(OSError, match="No space"):
        file.put(np.zeros(10))


def test_l6_a_feature_longer_than_the_budget_is_not_computed_in_one_call(monkeypatch):
    called = []
    monkeypatch.setattr("engine.features.columns.compute", lambda *args: called.append(args))
    store = FeatureStore(ColumnFile(), budget=10_000)
    bars = make_bars(np.linspace(1, 2, 2000))
    store.columns(bars, {"mean": sma(5)})
    assert (store.computed, called) == (1, [])
