"""Dynamic rules by themselves: layers, latching, and tracers that go on under other settings (rules R1, R5, K5, S2)."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.event_columns import EventColumns, Numbered, Stretch
from engine.events import EVENT_TYPES, PositionClose, PositionOpen
from tracing.expression import Expression
from tracing.expression_tokens import ExpressionError
from tracing.open import open_tracer, retrace, tracer_factory
from tracing.reading.reader import TraceReader
from tracing.resolve import TraceResolver
from tracing.rules import RuleBook, changed
from tracing.settings import (
    DynamicRule,
    PartialTraceSettings,
    PortfolioSettings,
    RuleAction,
    StorageConfig,
    TraceAction,
    TraceSettings,
    TraceSettingsBlock,
)

SORTS = {"metrics.n": "number", "metrics.pnl": "number", "container.id": "text"}


def rule(condition, **action):
    return {"condition": condition, "action": action}


def resolved(own=None, *, container_type="portfolio", by_type=None, **block):
    resolver = TraceResolver(
        msgspec.convert(block, TraceSettingsBlock),
        {} if by_type is None else {container_type: msgspec.convert(by_type, PortfolioSettings)},
        EVENT_TYPES,
        lambda _: 1,
    )
    written = None if own is None else msgspec.convert(own, PartialTraceSettings)
    return resolver.resolve("portfolio_1", container_type, written).settings


def conditions(settings):
    return [each.condition for each in settings.dynamic_rules]


# --- layers --------------------------------------------------------------------------------------------------------------


def test_r1_a_list_of_rules_replaces_that_of_a_lower_layer_and_an_empty_one_takes_it_away():
    low, high = [rule("metrics.n > 1", mode="full")], [rule("metrics.n > 2", mode="full")]
    pattern = {"container_settings": {"portfolio_*": {"dynamic_rules": high}}}
    assert conditions(resolved(default={"dynamic_rules": low})) == ["metrics.n > 1"]
    assert conditions(resolved(by_type={"dynamic_rules": low})) == ["metrics.n > 1"]
    assert conditions(resolved(dynamic_rules=low, **pattern)) == ["metrics.n > 2"]
    assert conditions(resolved({"max_events": 3}, dynamic_rules=low, **pattern)) == ["metrics.n > 2"]
    assert conditions(resolved({"dynamic_rules": []}, dynamic_rules=low, **pattern)) == []


def test_r5_containers_of_other_types_have_no_rules_whatever_reaches_them():
    assert resolved(container_type="analysis", dynamic_rules=[rule("metrics.n > 1", mode="full")]).dynamic_rules == ()


def test_r1_rules_alone_do_not_switch_tracing_on():
    assert not resolved({"enabled": False, "dynamic_rules": [rule("metrics.n > 1", mode="full")]}).enabled


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        (
            {"mode": "full"},
            {
                "enabled": True,
                "events_to_trace": "ALL",
                "retention_policy": "trade_complete",
                "storage_backend": "disk",
                "storage_config": {"write_at_end": "on_failure"},
            },
        ),
        (
            {"mode": "full", "events_to_trace": ["FILL", "BAR", "FILL"], "enabled": False},
            {
                "enabled": False,
                "events_to_trace": ["BAR", "FILL"],
                "retention_policy": "trade_complete",
                "storage_backend": "disk",
                "storage_config": {"write_at_end": "on_failure"},
            },
        ),
        (
            {"retention_policy": "full"},
            {"enabled": True, "retention_policy": "all", "storage_config": {"write_at_end": True}},
        ),
        (
            {"mode": "full", "storage_backend": "memory", "storage_config": {"write_at_end": False}},
            {
                "enabled": True,
                "events_to_trace": "ALL",
                "retention_policy": "all",
                "storage_backend": "memory",
                "storage_config": {"write_at_end": False},
            },
        ),
        ({"dump": True}, {"dump": True}),
        ({"max_events": None}, {"max_events": None}),
        ({"storage_config": {"compression": True}}, {"storage_config": {"compression": "gzip"}}),
    ],
)
def test_an_action_is_spelled_canonically(written, canonical):
    (only,) = resolved({"dynamic_rules": [rule("metrics.n > 1", **written)]}).dynamic_rules
    assert msgspec.to_builtins(only.action) == canonical


@pytest.mark.parametrize(
    ("own", "may"),
    [
        ({}, False),
        ({"dynamic_rules": [rule("metrics.n > 1", mode="minimal")]}, False),
        ({"dynamic_rules": [rule("metrics.n > 1", mode="full")]}, True),
        ({"enabled": False, "dynamic_rules": [rule("metrics.n > 1", mode="full")]}, True),
        ({"enabled": False, "storage_backend": "disk"}, False),
        ({"enabled": False, "storage_backend": "disk", "dynamic_rules": [rule("metrics.n > 1", enabled=True)]}, True),
        ({"storage_backend": "disk", "events_to_trace": []}, False),
    ],
)
def test_s2_whether_settings_or_rules_may_stream(own, may):
    assert resolved(own).may_stream is may


# --- latching ------------------------------------------------------------------------------------------------------------


def book(*rules):
    return RuleBook(TraceSettings(dynamic_rules=tuple(rules)), SORTS)


def made(condition, **action):
    return DynamicRule(condition=condition, action=RuleAction(**action))


def latch(rules, values, seq=0):
    """What the rules ask for once an event has been handled."""
    return rules.latch(values.get, opening("a", 60 * 10**9), seq)


def test_r5_each_rule_latches_once_and_the_later_wins():
    rules = book(made("metrics.n > 1", max_events=1, enabled=True), made("metrics.n > 2", max_events=2))
    assert not latch(rules, {"metrics.n": 1})
    assert latch(rules, {"metrics.n": 3})  # both at once: in the order in which they are written
    assert (rules.settings.max_events, rules.settings.enabled, rules.waits) == (2, True, False)
    assert not latch(rules, {"metrics.n": 3})


def test_r5_the_order_is_that_of_latching_not_of_writing():
    rules = book(made("metrics.n > 2", max_events=1), made("metrics.n > 1", max_events=2))
    latch(rules, {"metrics.n": 2})
    assert (rules.settings.max_events, rules.names) == (2, {"metrics.n"})
    latch(rules, {"metrics.n": 3})
    assert (rules.settings.max_events, rules.names) == (1, frozenset())


def test_r5_no_value_and_a_division_by_zero_are_false():
    rules = book(made("not metrics.pnl > 0", max_events=1), made("1 / metrics.n > 0", max_events=1))
    assert not latch(rules, {"metrics.pnl": None, "metrics.n": 0})


def test_r5_which_rule_came_true_and_when_is_noted():
    rules = book(
        made("metrics.n > 2", dump=True), made("metrics.n > 9", max_events=1), made("metrics.n > 1", max_events=2)
    )
    assert [(each.dumps, each.settings and each.settings.max_events) for each in latch(rules, {"metrics.n": 2}, 7)] == [
        (False, 2)
    ]
    assert latch(rules, {"metrics.n": 3}, 8) == [(True, None)]  # it changes no setting
    assert [msgspec.structs.astuple(record) for record in rules.records] == [
        ("metrics.n > 2", "1970-01-01T00:01:00Z", "p:POSITION_OPEN:60000000000", 8),
        ("metrics.n > 9", None, None, None),
        ("metrics.n > 1", "1970-01-01T00:01:00Z", "p:POSITION_OPEN:60000000000", 7),
    ]


def test_another_policy_brings_its_own_end_unless_the_container_says_one():
    action = rule("metrics.n > 1", mode="sliding_window")
    (followed,) = resolved({"dynamic_rules": [action]}).dynamic_rules
    (kept,) = resolved({"dynamic_rules": [action], "storage_config": {"write_at_end": False}}).dynamic_rules
    assert changed(TraceSettings(), followed.action).storage_config.write_at_end is True
    assert changed(TraceSettings(), kept.action).storage_config.write_at_end == "on_failure"


def test_an_action_changes_only_what_it_names():
    before = TraceSettings(enabled=True, events_to_trace=("FILL",), max_events=5, storage_path="x")
    after = changed(before, TraceAction(storage_config=StorageConfig(max_file_size_mb=3.0), max_events=None))
    assert (after.storage_config.compression, after.storage_config.max_file_size_mb) == ("gzip", 3.0)
    assert (after.events_to_trace, after.max_events, after.storage_path) == (("FILL",), None, "x")


# --- tracers that go on --------------------------------------------------------------------------------------------------


def opening(trade, n=0):
    return PositionOpen(n, "p", f"p:POSITION_OPEN:{n}", trade, None, "X", "long", 1.0, 10.0, 0.0)


def openings(start, end):
    """As columns, and of no trade."""
    ids = Numbered("p:POSITION_OPEN:", range(end))
    columns = EventColumns(PositionOpen, [*range(end)], ("p", ids, None, None, "X", "long", 1.0, 10.0, 0.0))
    return Stretch(columns, start, end)


def closing(trade, n=0):
    ids = (n, "p", f"p:POSITION_CLOSE:{n}", trade, None, "X", "long")
    return PositionClose(*ids, 1.0, 10.0, 12.0, 2.0, 2.0, 1, 1.0, ends_correlation=True)


def play_into(tracer, events):
    for event in events:
        tracer.observe(event)
        if event.ends_correlation:
            tracer.ended(event.correlation_id)


def in_memory(tracer):
    return [event.event_id.rpartition(":")[2] for event in tracer.events]


@pytest.mark.parametrize(
    ("policy", "limit", "left", "gone"),
    [
        ("trade_complete", None, ["3", "4"], {"pruned": 3, "evicted": 0}),
        ("none", None, [], {"pruned": 5, "evicted": 0}),
        ("sliding_window", 3, ["2", "3", "4"], {"pruned": 0, "evicted": 2}),
        ("all", 2, ["0", "1", "2", "3", "4"], {"pruned": 0, "evicted": 0}),
    ],
)
@pytest.mark.parametrize("before", ["all", "sliding_window"])
def test_k5_a_new_policy_lets_go_of_what_it_would_not_have_kept(before, policy, limit, left, gone):
    tracer = open_tracer("p", TraceSettings(enabled=True, retention_policy=before), None, 1)
    play_into(tracer, [opening("a", 0), closing("a", 1), opening(None, 2), opening("b", 3), opening("c", 4)])
    retrace(tracer, TraceSettings(enabled=True, retention_policy=policy, max_events=limit), None, 1)
    assert in_memory(tracer) == left
    counts = tracer.accounting()
    assert counts["seen"] == counts["kept"] == 5
    assert {name: counts[name] for name in gone} == gone


def test_k1_what_is_noted_of_ended_trades_leaves_with_their_events():
    tracer = open_tracer("p", TraceSettings(enabled=True, retention_policy="sliding_window", max_events=4), None, 1)
    for n in range(1000):
        play_into(tracer, [opening(f"t{n}", 2 * n), closing(f"t{n}", 2 * n + 1)])
    assert len(tracer.storage.memory._ended) == 2


STREAMED = TraceSettings(enabled=True, storage_backend="disk", retention_policy="none")


def test_a_trace_goes_on_in_another_part_if_its_compression_changes(tmp_path):
    tracer = open_tracer("p", STREAMED, tmp_path, 1000)
    for compression in ("gzip", "zstd", "zstd", False):
        action = TraceAction(storage_config=StorageConfig(compression=compression))
        retrace(tracer, changed(STREAMED, action), tmp_path, 1000)
        play_into(tracer, [opening("a", n) for n in range(20)])
    tracer.close()
    reader = TraceReader(tmp_path)
    assert [event["seq"] for event in reader] == list(range(80))
    assert reader.damage is None
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["events.0001.jsonl.zst", "events.0002.jsonl", "events.jsonl.gz"]


def test_s2_a_change_that_keeps_the_compression_closes_no_member(tmp_path):
    tracer = open_tracer("p", STREAMED, tmp_path, 10_000)
    play_into(tracer, [opening("a", 1)])
    retrace(tracer, changed(STREAMED, TraceAction(retention_policy="all")), tmp_path, 10_000)
    assert tracer.accounting()["written"] == 0
    assert not list(tmp_path.iterdir())


def test_a_stream_that_rests_is_gone_on_with_and_closed_at_the_end(tmp_path):
    quiet = TraceSettings(enabled=True, retention_policy="none")
    tracer = open_tracer("p", quiet, tmp_path, 10_000)
    for now in (quiet, STREAMED, quiet, STREAMED, quiet):
        retrace(tracer, now, tmp_path, 10_000)
        play_into(tracer, [opening("a", 1), opening("a", 2)])
    tracer.close()
    assert [event["seq"] for event in TraceReader(tmp_path)] == [0, 1, 2, 3]
    assert tracer.accounting()["written"] == 4


def test_started_at_names_the_first_event_under_the_newest_settings():
    tracer = open_tracer("p", TraceSettings(enabled=True), None, 1)
    play_into(tracer, [opening("a", 1)])
    assert tracer.started_at is None
    retrace(tracer, TraceSettings(enabled=True, retention_policy="all"), None, 1)
    assert tracer.started_at is None
    play_into(tracer, [opening("a", 2), opening("a", 3)])
    assert tracer.started_at == "p:POSITION_OPEN:2"
    retrace(tracer, TraceSettings(enabled=True, retention_policy="all"), None, 1)
    tracer.observe_columns([openings(4, 6)])
    tracer.observe(opening("a", 6))
    assert tracer.started_at == "p:POSITION_OPEN:4"


POLICIES = st.sampled_from(["trade_complete", "sliding_window", "all", "none"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("open"), st.sampled_from(["a", "b", "c", None])),
        st.tuples(st.just("close"), st.sampled_from(["a", "b", "c"])),
        st.tuples(st.just("many"), st.integers(1, 5)),
        st.tuples(st.just("go on"), POLICIES, st.none() | st.integers(0, 4)),
    ),
    max_size=40,
)


@given(POLICIES, STEPS)
@settings(deadline=None)
def test_k5_the_sums_hold_through_any_changes(first, steps):
    tracer = open_tracer("p", TraceSettings(enabled=True, retention_policy=first), None, 1, warn=lambda _: None)
    offered = 0
    for kind, *rest in steps:
        if kind == "go on":
            policy, limit = rest
            now = TraceSettings(enabled=True, retention_policy=policy, max_events=limit)
            retrace(tracer, now, None, 1)
        elif kind == "many":
            tracer.observe_columns([openings(0, rest[0])])
            offered += rest[0]
        else:
            play_into(tracer, [(opening if kind == "open" else closing)(rest[0])])
            offered += 1
        counts = tracer.accounting()
        held = tracer.storage.count()
        assert counts["seen"] == offered == counts["filtered"] + counts["kept"] + counts["refused"]
        assert counts["kept"] == counts["pruned"] + counts["evicted"] + held
        assert min(counts.values()) >= 0
        assert len(tracer.events) == held <= counts["peak_in_memory"] <= offered


def test_k6_by_hand_rules_are_refused_as_nobody_would_evaluate_them():
    with pytest.raises(ValueError, match="only a run evaluates them"):
        tracer_factory()("p", {"dynamic_rules": [rule("metrics.total_pnl > 0", mode="full")]})


# --- the grammar ---------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *"()+-*/<>=!&|.,[]{}'\"`@^%~\\;:_ \t\n\0",
        "and",
        "or",
        "not",
        "metrics.n",
        "metrics.pnl",
        "container.id",
        "1",
        "2.5e3",
        "'x'",
        "**",
        "//",
        "__import__('os')",
        "().__class__",
        "lambda",
        "9**9**9",
        "if",
        "metrics",
        "metrics.__class__",
        "é",
    ]
)


@given(st.one_of(st.lists(PIECES, max_size=30).map(" ".join), st.lists(PIECES, max_size=30).map("".join), st.text()))
@pytest.mark.examples(120, 500)
def test_promise_17_a_text_is_a_condition_or_is_refused_at_a_column_of_it(text):
    try:
        condition = Expression(text, SORTS, SORTS)
    except ExpressionError as error:
        column, condition = error.column, None
    if condition is None:
        assert 1 <= column <= len(text) + 1
        return
    assert set(condition.names) <= set(SORTS)
    for values in ({"metrics.n": 2.0, "metrics.pnl": -1.5, "container.id": "x"}, dict.fromkeys(SORTS)):
        assert condition.evaluate(values.get) in (True, False)


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("container.id > 1", 14, "a text can only be compared with == or !="),
        ("container.id + 1 > 2", 1, "expected a number, not a text"),
        ("metrics.n == 'x'", 11, "a text can only be compared with == or != to a name or a text"),
        ("metrics.n == container.id", 11, "a text can only be compared"),
        ("-container.id > 1", 2, "expected a number, not a text"),
        ("metrics.long > 1", 1, "no such name: metrics.long; known are container.id, metrics.n"),
        ("metric.n > 1", 1, "did you mean 'metrics.n'?"),
    ],
)
def test_r5_names_are_what_they_are_known_to_be(text, column, said):
    with pytest.raises(ExpressionError) as caught:
        Expression(text, SORTS, SORTS)
    assert (caught.value.column, said in caught.value.message) == (column, True)
