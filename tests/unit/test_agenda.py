"""The one order of a run: (step, phase, lane, rank, counter), and nothing goes back (rule L2)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.agenda import Agenda, OutOfOrderError, Phase


class Worker:
    def __init__(self, lane=0, rank=0):
        self.lane = lane
        self.rank = rank
        self.closed = False
        self.errors = []

    def fail(self, error):
        self.errors.append(error)


def agenda(steps=5):
    return Agenda(np.arange(steps, dtype=np.int64) * 100)


@given(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from(Phase), st.integers(0, 3), st.integers(0, 3)), max_size=30)
)
def test_l2_work_is_done_in_the_order_of_step_phase_lane_rank_and_asking(wanted):
    plan, done = agenda(), []
    for number, (step, phase, lane, rank) in enumerate(wanted):
        plan.wake(step, phase, Worker(lane, rank), done.append, (step, phase, lane, rank, number))
    plan.run(5)
    assert done == sorted(done)
    assert len(done) == len(wanted)


@given(
    st.lists(st.tuples(st.sampled_from(Phase), st.integers(0, 3), st.integers(0, 3)), max_size=6),
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from(Phase), st.integers(0, 3), st.integers(0, 3)), max_size=12),
)
def test_l2_work_that_stands_at_every_step_has_its_place_among_the_rest(standing, wanted):
    plan, done = agenda(3), []
    for number, (phase, lane, rank) in enumerate(standing):

        def stand(step, phase=phase, lane=lane, rank=rank, number=number):
            done.append((step, phase, lane, rank, number))

        plan.stand(phase, Worker(lane, rank), stand)
    for number, (step, phase, lane, rank) in enumerate(wanted, len(standing)):
        plan.wake(step, phase, Worker(lane, rank), done.append, (step, phase, lane, rank, number))
    plan.run(2)
    plan.run(3)
    assert [entry[:4] for entry in done] == sorted(entry[:4] for entry in done)
    assert len(done) == 3 * len(standing) + len(wanted)


def test_l2_what_standing_work_posts_is_done_before_the_next_standing_work():
    plan, done = agenda(2), []
    first, second = Worker(lane=1), Worker(lane=2)

    def publish(step):
        done.append(("first", step))
        plan.post(Phase.MARK, first, done.append, ("posted", step))

    plan.stand(Phase.MARK, first, publish)
    plan.stand(Phase.MARK, second, lambda step: done.append(("second", step)))
    plan.run(2)
    assert done == [(name, step) for step in (0, 1) for name in ("first", "posted", "second")]


def test_l9_standing_work_of_a_closed_owner_rests_and_an_error_of_it_goes_to_its_owner():
    plan, done, faulty, other = agenda(3), [], Worker(), Worker(lane=1)

    def fail(step):
        done.append(step)
        faulty.closed = True
        raise ZeroDivisionError

    plan.stand(Phase.BAR, faulty, fail)
    plan.stand(Phase.BAR, other, lambda step: done.append(10 + step))
    plan.run(3)
    assert (done, len(faulty.errors)) == ([0, 10, 11, 12], 1)


def test_l2_what_is_posted_follows_what_was_arranged_whatever_its_rank():
    plan, done = agenda(), []

    def first(_):
        plan.post(Phase.BAR, Worker(rank=0), done.append, "posted")

    plan.wake(0, Phase.BAR, Worker(rank=1), first)
    plan.wake(0, Phase.BAR, Worker(rank=2), done.append, "arranged")
    plan.run(1)
    assert done == ["arranged", "posted"]


def test_l2_a_lane_with_a_smaller_number_goes_first_even_if_it_posts_later():
    plan, done = agenda(), []
    plan.post(Phase.ORDER, Worker(lane=2), done.append, 2)
    plan.post(Phase.ORDER, Worker(lane=1), done.append, 1)
    plan.run(1)
    assert done == [1, 2]


def test_l2_an_earlier_phase_is_refused():
    plan, worker = agenda(), Worker()
    plan.wake(0, Phase.DECIDE, worker, lambda _: plan.post(Phase.MARK, worker, lambda _: None))
    plan.run(1)
    assert [type(error) for error in worker.errors] == [OutOfOrderError]
    assert "MARK" in str(worker.errors[0])
    assert "DECIDE" in str(worker.errors[0])


@pytest.mark.parametrize(("step", "phase"), [(0, Phase.END), (1, Phase.BAR)])
def test_l2_an_earlier_place_cannot_be_arranged(step, phase):
    plan, worker = agenda(), Worker()
    plan.wake(1, Phase.ORDER, worker, lambda _: plan.wake(step, phase, worker, lambda _: None))
    plan.run(2)
    assert [type(error) for error in worker.errors] == [OutOfOrderError]


def test_work_before_the_limit_is_done_and_the_rest_waits():
    plan, done = agenda(), []
    for step in range(5):
        plan.wake(step, Phase.BAR, Worker(), done.append, step)
    plan.run(3)
    assert (done, plan.step, plan.now) == ([0, 1, 2], 2, 200)
    plan.run(5)
    assert done == [0, 1, 2, 3, 4]


def test_a_closed_owner_does_nothing_more():
    plan, done, worker = agenda(), [], Worker()
    plan.wake(0, Phase.BAR, worker, done.append, 0)
    plan.wake(1, Phase.BAR, worker, done.append, 1)
    plan.run(1)
    worker.closed = True
    plan.run(2)
    assert done == [0]


def test_l9_an_error_goes_to_its_owner_and_the_others_work_on():
    plan, done, faulty = agenda(), [], Worker()
    plan.wake(0, Phase.BAR, faulty, lambda _: 1 / 0)
    plan.wake(0, Phase.BAR, Worker(lane=1), done.append, 1)
    plan.run(1)
    assert done == [1]
    assert isinstance(faulty.errors[0], ZeroDivisionError)


@pytest.mark.parametrize("stands", [False, True])
def test_a_stop_finishes_the_step_under_way_and_no_other(stands):
    plan, done, worker = agenda(), [], Worker()
    if stands:
        plan.stand(Phase.MARK, worker, lambda _: None)

    def stop(_):
        plan.stopped = True

    plan.wake(1, Phase.BAR, worker, stop)
    plan.wake(1, Phase.END, worker, done.append, "same step")
    plan.wake(2, Phase.BAR, worker, done.append, "next step")
    plan.run(5)
    assert (done, plan.interrupted) == (["same step"], True)


def test_a_stop_with_nothing_left_is_no_interruption():
    plan = agenda()
    plan.wake(0, Phase.BAR, Worker(), lambda _: setattr(plan, "stopped", True))
    plan.run(5)
    assert not plan.interrupted


@pytest.mark.parametrize(
    ("phase", "stretches"),
    [(Phase.MATCH, [(0, 5), (5, 5)]), (Phase.FEATURES, [(0, 5), (6, 4)]), (Phase.DECIDE, [(0, 6), (6, 4)])],
)
def test_l2_a_stretch_ends_before_what_is_due_amid_the_standing_work_and_with_what_comes_behind(phase, stretches):
    """What is due ahead of all standing work is done first: a stretch may begin with that step."""
    plan, made, done = standing_twice()
    plan.wake(5, phase, Worker(), lambda _: done.append(("due", plan.step)))
    plan.run(10)
    assert made == stretches
    assert done == ([("BAR", 5), ("due", 5), ("MARK", 5)] if phase is Phase.FEATURES else [("due", 5)])


def test_l2_what_is_due_ahead_of_the_standing_work_may_add_to_it_or_end_the_run():
    plan, made, done = standing_twice()

    def begin(_):
        plan.stand(Phase.FEATURES, Worker(), lambda step: done.append(("FEATURES", step)), producer=True)

    def stop(_):
        plan.stopped = True

    plan.wake(5, Phase.MATCH, Worker(), begin)
    plan.wake(8, Phase.MATCH, Worker(), stop)
    plan.run(10)
    assert made == [(0, 5), (6, 2)]
    assert done == [(phase, step) for step in (5, 8) for phase in ("BAR", "FEATURES", "MARK")]


def standing_twice():
    """Ten steps with work in BAR and MARK that can be done in bulk: the agenda, the stretches made so, what was done else."""
    made, done = [], []

    def in_bulk(_, steps):
        made.append((plan.step - steps + 1, steps))
        return True

    plan = Agenda(np.arange(10), in_bulk)
    for phase in (Phase.BAR, Phase.MARK):
        plan.stand(phase, Worker(), lambda step, name=phase.name: done.append((name, step)), producer=True)
    return plan, made, done
