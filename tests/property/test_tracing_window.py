"""What is kept in memory and then written, against a trace of everything: the same lines, each once (rule K8)."""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.event_columns import EventColumns, Numbered, Stretch
from engine.events import Bar
from tests.property.test_tracing_retention import event, step
from tracing.open import open_tracer, retrace
from tracing.reading.reader import TraceReader
from tracing.settings import ResolvedStorageConfig, TraceSettings
from tracing.storage.window import WINDOW_STEM

POLICIES = ["trade_complete", "sliding_window", "all", "none"]
bars = st.tuples(st.just("bars"), st.integers(1, 7))
dump = st.tuples(st.just("dump"), st.none())
change = st.tuples(st.just("change"), st.sampled_from([*POLICIES, "disk"]))


def traced(policy, max_events=None, backend="memory"):
    config = ResolvedStorageConfig(write_at_end=True)
    return TraceSettings(
        enabled=True, retention_policy=policy, max_events=max_events, storage_backend=backend, storage_config=config
    )


def stretch(n, count):
    """So many bars as columns."""
    ids = Numbered("d:BAR:", range(n, n + count))
    columns = EventColumns(Bar, [*range(n, n + count)], ("d", ids, None, None, "X", 1.0, 1.0, 1.0, 1.0, 1.0))
    return Stretch(columns, 0, count)


class Both:
    """A tracer under test, and one that streams the same events to disk."""

    def __init__(self, folder, policy, max_events):
        self.folder, self.max_events = folder, max_events
        self.tracer = open_tracer("p", traced(policy, max_events), folder / "kept", 200, lambda _: None)
        self.whole = open_tracer("p", traced("none", backend="disk"), folder / "whole", 200, lambda _: None)

    def take(self, n, kind, value):
        if kind == "bars":
            for tracer in (self.tracer, self.whole):
                tracer.observe_columns([stretch(n, value)])
        elif kind == "dump":
            self.tracer.dump()
        elif kind == "change":
            backend = "disk" if value == "disk" else "memory"
            policy = "trade_complete" if value == "disk" else value
            retrace(self.tracer, traced(policy, self.max_events, backend), self.folder / "kept", 200)
        elif kind == "end":
            self.tracer.ended(value)
        elif kind in ("prune", "clear"):
            getattr(self.tracer, {"prune": "prune_correlated", "clear": "clear"}[kind])(*[value][: kind == "prune"])
        else:
            for tracer in (self.tracer, self.whole):
                tracer.observe(event(kind, value, n))

    def lines(self, folder, stem="events"):
        reader = TraceReader(self.folder / folder, stem)
        found = list(reader)
        assert reader.damage is None
        return found


def played(policy, max_events, steps, check):
    with TemporaryDirectory() as folder:
        both = Both(Path(folder), policy, max_events)
        for place, (kind, value) in enumerate(steps):
            both.take(10 * place, kind, value)
        check(both)


@given(st.sampled_from(POLICIES), st.none() | st.integers(0, 5), st.lists(step | bars, max_size=60))
@example("trade_complete", None, [*[("fill", "t1")] * 20, ("fill", "t2"), ("end", "t1"), ("fill", "t2")])
@example("sliding_window", 3, [*[("fill", "t1")] * 45, ("prune", "t1"), ("fill", "t2")])
@settings(deadline=None)
def test_k8_what_is_written_at_the_end_is_what_was_kept_under_the_numbers_it_had(policy, max_events, steps):
    def check(both):
        kept = [each.event_id for each in both.tracer.events]
        both.tracer.close()
        both.whole.close()
        window, whole = both.lines("kept", WINDOW_STEM), both.lines("whole")
        assert [each["event_id"] for each in window] == kept
        assert all(each == whole[each["seq"]] for each in window)
        counts = both.tracer.accounting()
        assert (counts["window"], counts["written"]) == (len(kept), 0)
        assert counts["kept"] == counts["pruned"] + counts["evicted"] + len(kept)

    played(policy, max_events, steps, check)


@given(st.sampled_from(POLICIES), st.none() | st.integers(0, 5), st.lists(step | bars | dump | change, max_size=60))
@settings(deadline=None)
def test_k8_no_event_is_written_twice_whatever_is_dumped_and_streamed(policy, max_events, steps):
    def check(both):
        both.tracer.close()
        both.whole.close()
        window, whole = both.lines("kept", WINDOW_STEM), both.lines("whole")
        assert all(each == whole[each["seq"]] for each in window)
        streamed = {each["event_id"] for each in both.lines("kept")}
        assert not streamed & {each["event_id"] for each in window}
        assert both.tracer.accounting()["window"] == len(window)

    played(policy, max_events, steps, check)


def test_k8_a_dump_writes_what_is_kept_and_a_later_one_only_what_is_new(tmp_path):
    tracer = open_tracer("p", traced("sliding_window", 3), tmp_path, 1000)
    fills = map(partial(event, "fill", "t1"), range(100))
    for count, expected in ((5, [2, 3, 4]), (0, [2, 3, 4]), (1, [2, 3, 4, 5]), (9, [2, 3, 4, 5, 12, 13, 14])):
        for _ in range(count):
            tracer.observe(next(fills))
        tracer.dump()
        reader = TraceReader(tmp_path, WINDOW_STEM)
        assert [each["seq"] for each in reader] == expected
        assert reader.damage is None
    tracer.close()
    assert tracer.accounting()["window"] == 7


@pytest.mark.parametrize(
    ("when", "failed", "written"),
    [(True, False, 1), ("on_failure", False, 0), ("on_failure", True, 1), (False, True, 0)],
)
def test_k8_when_it_is_written(tmp_path, when, failed, written):
    config = ResolvedStorageConfig(compression="zstd", write_at_end=when)
    tracer = open_tracer("p", TraceSettings(enabled=True, storage_config=config), tmp_path, 1000)
    tracer.observe(event("fill", "t1", 1))
    tracer.close(failed=failed)
    assert tracer.accounting()["window"] == written
    assert [path.name for path in tmp_path.iterdir()] == ["events.window.jsonl.zst"] * written


def test_k8_without_a_folder_nothing_can_be_dumped_and_nothing_is_written():
    tracer = open_tracer("p", traced("all"), None, 1000)
    tracer.observe(event("fill", "t1", 1))
    tracer.close()
    with pytest.raises(RuntimeError, match="p: there is no folder to write to"):
        tracer.dump()


def test_s7_a_window_whose_numbers_do_not_rise_is_damaged(tmp_path):
    lines = b'{"seq":4}\n{"seq":6}\n{"seq":6}\n'
    (tmp_path / "events.window.jsonl").write_bytes(lines)
    reader = TraceReader(tmp_path, WINDOW_STEM)
    assert [each["seq"] for each in reader] == [4, 6]
    assert "seq 6 after 6" in str(reader.damage)
