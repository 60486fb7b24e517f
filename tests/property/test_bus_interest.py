"""Whoever begins or ends to listen in whatever order, events go where a network wired anew would send them (L7, L8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bus import SHARED, EventBus
from engine.events import ContainerStatus

LANES = 5
changes = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["attach", "detach", "handle"]), st.integers(0, LANES)),
        st.tuples(st.just("declare"), st.integers(0, LANES), st.booleans()),
        st.tuples(st.just("silence"), st.integers(1, LANES)),
    ),
    max_size=30,
)


class Ear:
    """An observer that writes down its name."""

    def __init__(self, name, heard):
        self.name, self.heard = name, heard
        self.event_types = frozenset({"CONTAINER_STATUS"})

    def observe(self, _):
        self.heard.append(self.name)

    def ended(self, correlation_id):
        """Nothing ends here."""


def network(routes):
    """A shared bus at 0, one bus a lane behind it, by two routes for some."""
    buses = [EventBus("shared"), *(EventBus(f"lane_{k}", k) for k in range(1, LANES + 1))]
    middle = EventBus("middle")
    buses[0].link(middle)
    for lane in routes:
        middle.link(buses[lane])
    for bus in buses[1:]:
        buses[0].link(bus)
    return buses


class Listening:
    """Who listens on which bus now."""

    def __init__(self, buses):
        self.buses = buses
        self.heard = []
        self.ears = {}
        self.hands = dict.fromkeys(range(LANES + 1), 0)

    def attach(self, number):
        if number not in self.ears:
            self.ears[number] = Ear(f"ear {number}", self.heard)
            self.buses[number].attach_observer(self.ears[number])

    def detach(self, number):
        if number in self.ears:
            self.buses[number].detach_observer(self.ears.pop(number))

    def declare(self, number, everything):
        if number in self.ears:
            self.ears[number].event_types = None if everything else frozenset()
            self.buses[number].refresh()

    def handle(self, number):
        self.hands[number] += 1
        self.buses[number].subscribe("CONTAINER_STATUS", lambda _: self.heard.append(f"hand {number}"))

    def silence(self, number):
        self.buses[number].silence()
        self.ears.pop(number, None)
        self.hands[number] = 0

    def told(self):
        """Who hears of an event on the shared bus, in order."""
        self.heard.clear()
        event = ContainerStatus(0, "s", "s:CONTAINER_STATUS:1", None, None, "a", "b", "c")
        self.buses[0].dispatch(event, SHARED)
        assert bool(self.heard) == self.buses[0].wants("CONTAINER_STATUS")
        return list(self.heard)

    def anew(self, routes):
        """The same listeners on buses that were wired just now."""
        twin = Listening(network(routes))
        for number, ear in self.ears.items():
            twin.attach(number)
            twin.ears[number].event_types = ear.event_types
        for number, count in self.hands.items():
            for _ in range(count):
                twin.handle(number)
        return twin


@given(st.lists(st.integers(1, LANES), unique=True), changes)
@pytest.mark.examples(60, 200)
def test_l8_interest_that_changes_is_followed_as_if_it_had_always_been_so(routes, wanted):
    listening = Listening(network(routes))
    for kind, *arguments in wanted:
        getattr(listening, kind)(*arguments)
        assert listening.told() == listening.anew(routes).told()
