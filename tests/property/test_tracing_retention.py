"""Retention against a plain model, over random streams (rules K3, K5)."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.events import Fill, PositionClose, Signal
from tracing.storage.memory import MemoryStorage
from tracing.tracer import EventTracer

TRADES = ["t1", "t2", "t3", None]
step = st.one_of(
    st.tuples(st.just("signal"), st.sampled_from(TRADES)),
    st.tuples(st.just("fill"), st.sampled_from(TRADES)),
    st.tuples(st.just("close"), st.sampled_from(TRADES[:3])),
    st.tuples(st.just("end"), st.sampled_from(TRADES[:3])),
    st.tuples(st.just("prune"), st.sampled_from(TRADES[:3])),
    st.tuples(st.just("clear"), st.none()),
)


def event(kind, trade, n):
    if kind == "signal":
        return Signal(n, "s", f"s:SIGNAL:{n}", trade, None, "X", "long", 1.0, "s", "")
    if kind == "fill":
        return Fill(n, "p", f"p:FILL:{n}", trade, None, "o", "X", "buy", 1.0, 1.0, 0.0, 0.0, "taker", False)
    return PositionClose(n, "p", f"p:CLOSE:{n}", trade, None, "X", "long", 1.0, 1.0, 1.0, 0.0, 0.0, 1, 1.0, True)


class Model:
    """What the policies mean, with lists and no regard for cost."""

    def __init__(self, policy, max_events):
        self.policy, self.max_events = policy, max_events
        self.kept, self.dead = [], set()
        self.seen = self.refused = self.evicted = self.peak = 0

    def observe(self, new):
        self.seen += 1
        if self.policy == "all" and self.max_events is not None and len(self.kept) >= self.max_events:
            self.refused += 1
        elif self.policy == "trade_complete":
            if new.correlation_id is not None and (
                new.correlation_id not in self.dead or self.holds(new.correlation_id)
            ):
                self.kept.append(new)
        elif self.policy != "none":
            self.kept.append(new)
            if self.policy == "sliding_window" and len(self.kept) > (
                1000 if self.max_events is None else self.max_events
            ):
                self.kept.pop(0)
                self.evicted += 1

    def holds(self, trade):
        return any(e.correlation_id == trade for e in self.kept)

    def ended(self, trade):
        self.dead.add(trade)
        if self.policy == "trade_complete":
            self.drop(trade)

    def drop(self, trade):
        self.kept = [e for e in self.kept if e.correlation_id != trade]

    def handled(self):
        self.peak = max(self.peak, len(self.kept))


def play(tracer, model, steps):
    for n, (kind, trade) in enumerate(steps):
        if kind == "clear":
            tracer.clear()
            model.kept = []
        elif kind == "prune":
            tracer.prune_correlated(trade)
            model.drop(trade)
        elif kind == "end":
            tracer.ended(trade)
            model.ended(trade)
        else:
            new = event(kind, trade, n)
            tracer.observe(new)
            model.observe(new)
            if kind == "close":
                tracer.ended(trade)
                model.ended(trade)
        model.handled()


FORGETFUL = [("close", "t1"), ("close", "t3"), ("close", "t1"), ("close", "t2"), ("close", "t1"), ("signal", "t3")]
"""What is remembered of the last two ends only would take t3 for a new trade."""


@example(FORGETFUL, "trade_complete", None)
@given(
    st.lists(step, max_size=300),
    st.sampled_from(["trade_complete", "sliding_window", "all", "none"]),
    st.none() | st.integers(0, 20),
)
@settings(deadline=None)
def test_k5_the_tracer_does_what_the_policies_mean_and_its_sums_hold(steps, policy, max_events):
    tracer = EventTracer("t", MemoryStorage(), retention_policy=policy, max_events=max_events, warn=lambda _: None)
    model = Model(policy, max_events)
    play(tracer, model, steps)
    counts = tracer.accounting()
    assert tracer.events == model.kept
    assert tracer.storage.count() == len(model.kept)
    assert (counts["seen"], counts["refused"], counts["evicted"]) == (model.seen, model.refused, model.evicted)
    assert counts["seen"] == counts["filtered"] + counts["kept"] + counts["refused"]
    assert counts["kept"] == counts["pruned"] + counts["evicted"] + len(model.kept)
    assert counts["peak_in_memory"] == model.peak
    for trade in TRADES[:3]:
        of_trade = [e for e in model.kept if e.correlation_id == trade]
        assert tracer.get_events_by_correlation(trade) == of_trade
        fills = [e for e in of_trade if e.type == "FILL"]
        assert tracer.find_correlated(trade, "FILL") == (fills[0] if fills else None)
