"""Buses by hand: who hears what, in which order, and what is left when somebody leaves (rules E5, L7, L8, K3)."""

import sys

import pytest

from engine.bus import EventBus
from engine.events import Error, Signal
from tests.building import Recording


def signal(number, bus="a"):
    return Signal(number, bus, f"{bus}:SIGNAL:{number}", None, None, "X", "long", 1.0, "s", "")


def error(trade=None):
    return Error(1, "a", "a:ERROR:1", trade, None, "message", "ValueError", "")


class EndingError(Error, frozen=True, gc=False, tag="ERROR"):
    """An event that ends a trade."""

    ends_correlation: bool = True  # type: ignore[misc]


def test_e5_a_handler_that_publishes_does_not_recurse_and_order_is_first_in_first_out():
    bus, heard, depth = EventBus("a"), [], []

    def handle(event):
        depth.append(event.timestamp)
        assert len(depth) == 1
        heard.append(event.timestamp)
        if event.timestamp < 3:
            bus.publish(signal(event.timestamp * 10))
            bus.publish(signal(event.timestamp * 10 + 1))
        depth.pop()

    bus.subscribe("SIGNAL", handle)
    bus.publish(signal(1))
    bus.publish(signal(2))
    assert heard == [1, 10, 11, 2, 20, 21]


def test_e5_a_thousand_answers_need_no_deeper_stack():
    bus, heard = EventBus("a"), []

    def handle(event):
        heard.append(event.timestamp)
        if event.timestamp < 5000:
            bus.publish(signal(event.timestamp + 1))

    bus.subscribe("SIGNAL", handle)
    bus.publish(signal(1))
    assert heard == list(range(1, 5001))


def test_e5_an_answer_published_on_a_linked_bus_comes_after_what_it_answers_everywhere():
    first, second, third = EventBus("a"), EventBus("b"), EventBus("c")
    first.link(second)
    second.link(third)
    recording = Recording()
    third.attach_observer(recording)
    second.subscribe("SIGNAL", lambda _: second.publish(error()))
    first.publish(signal(1))
    assert recording.types() == ["SIGNAL", "ERROR"]


def test_by_hand_an_error_reaches_the_caller_and_the_bus_works_on():
    bus, heard = EventBus("a"), []

    def handle(event):
        heard.append(event.timestamp)
        if event.timestamp == 1:
            bus.publish(signal(2))
            raise ValueError("no")

    bus.subscribe("SIGNAL", handle)
    with pytest.raises(ValueError, match="no"):
        bus.publish(signal(1))
    bus.publish(signal(3))
    assert heard == [1, 3]


def test_l8_an_observer_sees_only_what_it_declared():
    bus, some, everything, nothing = EventBus("a"), Recording(frozenset({"ERROR"})), Recording(), Recording(frozenset())
    for recording in (some, everything, nothing):
        bus.attach_observer(recording)
    bus.publish(signal(1))
    bus.publish(error())
    assert (some.types(), everything.types(), nothing.types()) == (["ERROR"], ["SIGNAL", "ERROR"], [])


def test_l8_observers_come_before_handlers_whoever_was_there_first():
    bus, order = EventBus("a"), []
    bus.subscribe("SIGNAL", lambda _: order.append("handler"))

    class First(Recording):
        def observe(self, event):
            order.append(f"observer of {event.type}")

    bus.attach_observer(First())
    bus.publish(signal(1))
    assert order == ["observer of SIGNAL", "handler"]


def test_l8_wants_follows_observers_handlers_and_links():
    here, there = EventBus("a"), EventBus("b")
    here.link(there, frozenset({"SIGNAL"}))
    assert not here.wants("SIGNAL")
    undo_observer = there.attach_observer(Recording(frozenset({"SIGNAL", "ERROR"})))
    assert here.wants("SIGNAL")
    assert not here.wants("ERROR")
    undo_observer()
    assert not here.wants("SIGNAL")
    undo_handler = there.subscribe("SIGNAL", lambda _: None)
    assert here.wants("SIGNAL")
    undo_handler()
    assert not here.wants("SIGNAL")


def test_l8_a_link_that_comes_later_is_found_from_far_away():
    first, second, third = EventBus("a"), EventBus("b"), EventBus("c")
    third.attach_observer(Recording())
    first.link(second)
    assert not first.wants("SIGNAL")
    second.link(third)
    assert first.wants("SIGNAL")


def test_l8_an_observer_that_declares_other_types_is_heard_after_refresh():
    bus, recording = EventBus("a"), Recording(frozenset())
    bus.attach_observer(recording)
    bus.publish(signal(1))
    recording.event_types = frozenset({"SIGNAL"})
    bus.refresh()
    bus.publish(signal(2))
    assert [event.timestamp for event in recording.events] == [2]


def test_undoing_an_observer_leaves_no_trace():
    bus, recording = EventBus("a"), Recording()
    before = {name: repr(value) for name, value in vars(bus).items()}
    undo = bus.attach_observer(recording)
    assert bus.wants("SIGNAL")
    undo()
    assert not bus.wants("SIGNAL")
    bus.refresh()
    assert {name: repr(value) for name, value in vars(bus).items()} == before
    assert sys.getrefcount(recording) <= 3  # the test's own name, the undo's, and the call's argument
    bus.publish(signal(1))
    bus.end("trade")
    assert (recording.events, recording.ends) == ([], [])
    undo()
    bus.detach_observer(recording)


def test_undoing_one_of_two_observers_leaves_the_other():
    bus, gone, stays = EventBus("a"), Recording(), Recording()
    undo = bus.attach_observer(gone)
    bus.attach_observer(stays)
    undo()
    bus.publish(signal(1))
    assert (len(gone.events), len(stays.events)) == (0, 1)


def test_l7_an_event_reaches_a_bus_once_whatever_the_routes():
    a, b, c, d = (EventBus(name) for name in "abcd")
    for source, target in ((a, b), (a, c), (b, d), (c, d), (a, d), (d, a)):
        source.link(target)
    recording = Recording()
    d.attach_observer(recording)
    d.subscribe("SIGNAL", recording.observe)
    a.publish(signal(1))
    assert len(recording.events) == 2  # once as an observer, once as a handler


def test_l7_a_link_carries_what_its_bus_received():
    first, second, third = EventBus("a"), EventBus("b"), EventBus("c")
    first.link(second)
    second.link(third)
    recording = Recording()
    third.attach_observer(recording)
    first.publish(signal(1))
    assert recording.types() == ["SIGNAL"]


def test_l7_events_of_a_lane_enter_no_other_lane():
    shared, one, two = EventBus("s"), EventBus("one", 1), EventBus("two", 2)
    for lane in (one, two):
        lane.link(shared)
        shared.link(lane)
    heard = {bus.bus_id: Recording() for bus in (shared, one, two)}
    for bus in (shared, one, two):
        bus.attach_observer(heard[bus.bus_id])
    one.dispatch(signal(1), 1)
    assert [len(heard[id_].events) for id_ in ("s", "one", "two")] == [1, 1, 0]
    shared.dispatch(signal(2), 2)
    assert [len(heard[id_].events) for id_ in ("s", "one", "two")] == [2, 1, 1]
    shared.dispatch(signal(3))
    assert [len(heard[id_].events) for id_ in ("s", "one", "two")] == [3, 2, 2]


def test_l7_what_is_published_by_hand_belongs_to_the_lane_of_its_bus():
    shared, one, two = EventBus("s"), EventBus("one", 1), EventBus("two", 2)
    one.link(shared)
    shared.link(two)
    recording = Recording()
    two.attach_observer(recording)
    assert not one.wants("SIGNAL")
    one.publish(signal(1))
    assert recording.events == []


def test_k3_the_end_of_a_trade_is_told_after_the_handlers_along_the_links():
    here, there, order = EventBus("a"), EventBus("b"), []
    here.link(there)

    class Told(Recording):
        def ended(self, correlation_id):
            order.append(f"ended {correlation_id}")

    there.attach_observer(Told(frozenset()))
    here.subscribe("ERROR", lambda _: order.append("handler"))
    here.publish(EndingError(1, "a", "a:ERROR:1", "trade", None, "m", "E", ""))
    here.publish(error("other trade"))
    assert order == ["handler", "ended trade", "handler"]


def test_k3_links_can_keep_ends_to_themselves():
    here, there = EventBus("a"), EventBus("b")
    here.link(there, ends=False)
    recording = Recording()
    there.attach_observer(recording)
    here.end("trade")
    assert recording.ends == []


def test_l9_an_observer_that_fails_at_an_end_is_the_failure_of_its_own_bus():
    here, there, failed = EventBus("a"), EventBus("b"), []
    here.link(there)
    here.on_failure = lambda _: failed.append("here")
    there.on_failure = lambda _: failed.append("there")

    class Fails(Recording):
        def ended(self, correlation_id):
            raise OSError(f"disk full at {correlation_id}")

    there.attach_observer(Fails())
    here.end("trade")
    assert failed == ["there"]


def test_a_failure_is_told_once_and_the_other_stops_still_hear_the_event():
    first, second, failed = EventBus("a"), EventBus("b"), []
    first.link(second)
    first.on_failure = failed.append
    recording = Recording()
    second.attach_observer(recording)

    def handle(event):
        raise ValueError("no")

    first.subscribe("SIGNAL", handle)
    first.dispatch(signal(1))
    assert ([str(e) for e in failed], recording.types()) == (["no"], ["SIGNAL"])


def test_a_silent_bus_hears_nothing_and_still_carries():
    first, second = EventBus("a"), EventBus("b")
    first.link(second)
    gone, stays = Recording(), Recording()
    first.attach_observer(gone)
    second.attach_observer(stays)
    first.subscribe("SIGNAL", gone.observe)
    first.silence()
    first.publish(signal(1))
    assert (gone.events, stays.types()) == ([], ["SIGNAL"])
