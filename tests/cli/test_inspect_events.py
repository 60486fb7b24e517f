"""`--events`: counts by type, then the events; damaged traces as far as they are whole (rule S7; promises 11, 12, 18)."""

import gzip
import json
from string import Formatter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.render.events import _IN_WORDS, in_words
from cli.results.opening import open_results
from cli.results.selection import Selection
from cli.results.trace import trace_of
from engine.events import EVENT_CLASSES, Bar, Fill
from tests.cli.inspect_command import inspect
from tests.cli.inspect_trees import DAY, START, result, trade_events, write_json, write_trace, write_tree

TYPES = ["BAR", "SIGNAL", "SIGNAL", "ORDER_REQUEST", "ORDER", "FILL", "POSITION_OPEN"]
TYPES = [*TYPES, *TYPES[:6], "POSITION_CLOSE"]


@pytest.fixture
def tree(tmp_path):
    tree = write_tree(tmp_path / "results")
    write_trace(tree, "portfolio_1", trade_events(), member_bytes=1000)
    return tree


def listed(outcome):
    """The lines behind the counts."""
    lines = outcome.stdout.splitlines()
    return lines[1 + next(n for n, line in enumerate(lines) if line.startswith("all ")) :]


def test_counts_by_type_come_first_then_every_event_in_order(tree):
    outcome = inspect(tree, "portfolio_1", "--events")
    counts = dict(line.split() for line in outcome.stdout.splitlines()[1:9])
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert counts == {
        "BAR": "2",
        "SIGNAL": "4",
        "ORDER_REQUEST": "2",
        "ORDER": "2",
        "FILL": "2",
        "POSITION_OPEN": "1",
        "POSITION_CLOSE": "1",
        "all": "14",
    }
    assert [line.split()[2] for line in listed(outcome)] == TYPES
    assert [line.split()[0] for line in listed(outcome)] == [str(seq) for seq in range(14)]


def test_a_line_says_when_what_whose_and_for_how_much(tree):
    assert listed(inspect(tree, "portfolio_1", "--events"))[5] == (
        " 5  2020-01-03  FILL            broker       portfolio_1#1  buy 2 X at 100.25, commission 0.25, slippage 0"
    )


def test_times_within_days_are_shown_whole(tmp_path):
    tree = write_tree(tmp_path)
    bar = Bar(START + 90 * 10**9 + 5, "d", "d:BAR:1", None, None, "X", 1.0, 1.0, 1.0, 1.0, 1.0)
    write_trace(tree, "portfolio_1", [bar])
    assert "2020-01-01T00:01:30.000000005Z" in listed(inspect(tree, "portfolio_1", "--events"))[0]


SELECTIONS = [
    (("--head", 2), [0, 1]),
    (("--tail", 2), [12, 13]),
    (("--head", 1, "--tail", 2), [0, 12, 13]),
    (("--head", 99, "--tail", 99), list(range(14))),
    (("--type", "FILL"), [5, 12]),
    (("--type", "fill", "--type", "ORDER"), [4, 5, 11, 12]),
    (("--type", "SIGNAL", "--tail", 1), [9]),
]


@pytest.mark.parametrize(("options", "seqs"), SELECTIONS)
def test_types_head_and_tail_choose(tree, options, seqs):
    outcome = inspect(tree, "portfolio_1", "--events", *options)
    assert [int(line.split()[0]) for line in listed(outcome)] == seqs
    as_json = json.loads(inspect(tree, "portfolio_1", "--events", "--json", *options).stdout)
    assert [event["seq"] for event in as_json] == seqs


def test_json_is_the_events_as_they_stand_in_the_file(tree):
    lines = gzip.decompress((tree / "portfolio_1" / "events.jsonl.gz").read_bytes()).splitlines()
    assert json.loads(inspect(tree, "portfolio_1", "--events", "--json").stdout) == [json.loads(line) for line in lines]


@given(
    st.lists(st.sampled_from("AB"), max_size=20), st.sets(st.sampled_from("AB")), *[st.none() | st.integers(1, 25)] * 2
)
def test_a_selection_is_what_slices_would_be(types, wanted, head, tail):
    events = [{"seq": seq, "type": type_} for seq, type_ in enumerate(types)]
    chosen = [event for event in events if not wanted or event["type"] in wanted]
    if head is not None or tail is not None:
        rest = chosen[head or 0 :]
        chosen = chosen[: head or 0] + (rest[-tail:] if tail else [])
    assert list(Selection(frozenset(wanted), head, tail).of(events)) == chosen


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_events_fit_the_terminal_and_no_number_is_lost(tree, columns):
    outcome = inspect(tree, "portfolio_1", "--events", columns=columns)
    assert max(map(len, outcome.stdout.splitlines())) <= columns
    assert " ".join(outcome.stdout.split()).count("long 2 X from 100.25 to 106.75, net 12.5, 4 bars") == 1


def test_the_words_for_a_type_name_only_fields_it_has():
    fields = {kind.type: set(kind.__struct_fields__) for kind in EVENT_CLASSES}
    for type_, words in _IN_WORDS.items():
        assert {name for _, name, _, _ in Formatter().parse(words) if name} <= fields[type_]


def test_what_is_unusual_about_an_event_is_said():
    fill = Fill(START, "p", "e", None, None, "o", "X", "buy", 2.0, 10.0, 0.0, 0.0, "taker", True)
    assert in_words(msgspec.to_builtins(fill)).endswith("slippage 0, ambiguous_bar yes")
    order = {"type": "ORDER", "status": "rejected", "side": "buy", "quantity": 1, "symbol": "X", "order_type": "limit"}
    assert in_words(order | {"limit_price": 9.5, "reason": "no cash"}) == (
        "rejected: buy 1 X, limit, limit 9.5, reason no cash"
    )


def test_an_event_of_a_users_own_type_is_shown_by_field_names():
    event = {"seq": 3, "type": "MOOD", "timestamp": "t", "event_id": "e", "score": 0.5, "why": ["a"], "of": {"x": None}}
    assert in_words(event) == 'score 0.5, why ["a"], of x none'
    assert in_words({"type": "FILL", "side": "{price}"}) == "side {price}"


def test_a_trace_cut_at_any_byte_gives_what_is_whole_and_says_so(tree):
    path = tree / "portfolio_1" / "events.jsonl.gz"
    data = path.read_bytes()
    whole = list(trace_of(open_results(tree), "portfolio_1"))
    read = set()
    for size in range(len(data)):
        path.write_bytes(data[:size])
        trace = trace_of(open_results(tree), "portfolio_1")
        events = list(trace)
        assert trace.fault is not None
        assert events == whole[: len(events)]
        read.add(len(events))
    assert len(read) > 2


def test_a_damaged_trace_is_shown_and_reported(tree):
    path = tree / "portfolio_1" / "events.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-1])
    for options in ((), ("--json",)):
        outcome = inspect(tree, "portfolio_1", "--events", *options)
        assert outcome.exit_code == 1
        assert "ORDER_REQUEST" in outcome.stdout
        (message,) = outcome.stderr.splitlines()
        assert message.startswith(f"{path}: damaged at byte ")


def test_a_trace_that_lacks_its_last_members_is_damaged_though_all_it_has_is_whole(tree):
    path = tree / "portfolio_1" / "events.jsonl.gz"
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"\x1f\x8b", 1)])
    outcome = inspect(tree, "portfolio_1", "--events")
    assert outcome.exit_code == 1
    assert "but 14 were written: the end is lost" in outcome.stderr


@pytest.mark.parametrize(
    "line", [b'{"seq":0}', b'{"seq":0,"type":1}', b"[]", b'{"seq":0,"type":"FILL","timestamp":"t"}']
)
def test_a_line_that_is_no_event_is_damage(tree, line):
    (tree / "portfolio_1" / "events.jsonl.gz").write_bytes(gzip.compress(line + b"\n"))
    outcome = inspect(tree, "portfolio_1", "--events")
    assert outcome.exit_code == 1
    assert listed(outcome) == []
    assert " no event (" in outcome.stderr


def test_a_gzip_bomb_is_reported(tree):
    (tree / "portfolio_1" / "events.jsonl.gz").write_bytes(gzip.compress(bytes(64 * 1024 * 1024), 1))
    outcome = inspect(tree, "portfolio_1", "--events")
    assert outcome.exit_code == 1
    assert "larger than any that a tracer writes" in outcome.stderr


def test_events_are_readable_though_metrics_json_is_not(tree):
    (tree / "portfolio_1" / "metrics.json").write_bytes(b"")
    outcome = inspect(tree, "portfolio_1", "--events")
    assert outcome.exit_code == 0
    assert len(listed(outcome)) == 14


def test_a_storage_path_never_leads_out_of_the_results(tree, tmp_path):
    write_trace(tmp_path, "elsewhere", trade_events())
    for outside in ("../elsewhere", str(tmp_path / "elsewhere")):
        settings = {"enabled": True, "storage_backend": "disk", "storage_path": outside}
        write_json(tree / "portfolio_1" / "metrics.json", result("portfolio_1", trace_settings=settings))
        (tree / "portfolio_1" / "events.jsonl.gz").unlink(missing_ok=True)
        outcome = inspect(tree, "portfolio_1", "--events")
        assert (outcome.exit_code, outcome.stdout) == (2, "")


def test_an_unknown_type_is_refused_with_those_there_are(tree):
    outcome = inspect(tree, "portfolio_1", "--events", "--type", "FIL")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert outcome.stderr == (
        "portfolio_1: no event of type 'FIL': there are BAR, SIGNAL, ORDER_REQUEST, ORDER, FILL, POSITION_OPEN, "
        "POSITION_CLOSE; did you mean 'FILL'?\n"
    )


def test_control_characters_in_events_are_shown_escaped(tmp_path):
    tree = write_tree(tmp_path)
    write_trace(
        tree, "portfolio_1", [Bar(START + DAY, "\x9b", "\x1b]", "\u202e", None, "\x1b[2J", 1.0, 1.0, 1.0, 1.0, 1.0)]
    )
    for options in ((), ("--json",)):
        printed = inspect(tree, "portfolio_1", "--events", *options).stdout
        assert all(letter.isprintable() or letter == "\n" for letter in printed)
        assert "[2J" in printed
