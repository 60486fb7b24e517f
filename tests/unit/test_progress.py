"""What a run says of itself while it is at work."""

from cli.render.progress import Watcher, describe
from engine.orchestration.board import ContainerCounts, Standing

DAY = 86_400 * 10**9


class Shown:
    """A display that keeps every look."""

    def __init__(self, every_s=0.0):
        self.every_s = every_s
        self.looks = []
        self.closed = False

    def show(self, look):
        self.looks.append(look)

    def close(self):
        self.closed = True


def watch(standings, every_s=0.0):
    """What is shown of a run that is found to stand so, look by look; the last stands for the end too."""
    shown = Shown(every_s)
    remaining = list(standings)
    with Watcher(shown) as watcher:
        watcher.look()  # nobody to follow yet: nothing to show
        watcher.follow(lambda: remaining.pop(0) if len(remaining) > 1 else remaining[0], expected_mib=64.0)
        for _ in standings:
            watcher.look()
    assert shown.closed
    return shown.looks


def standing(step, running, open_trades=0, failed=0):
    containers = ContainerCounts(4, running, 4 - running - failed, failed, 0)
    return Standing(step, 10, step * DAY, 3 * step, containers, open_trades)


def test_a_run_simulates_then_writes_then_has_ended():
    looks = watch([None, standing(5, 4, open_trades=2), standing(10, 0, failed=1)])
    assert [look.phase for look in looks] == ["simulating", "writing", "ended"]
    assert [(look.step, look.open_trades, look.running, look.failed) for look in looks[:2]] == [
        (5, 2, 4, 0),
        (10, 0, 0, 1),
    ]
    assert looks[-1].left_s == 0.0


def test_looks_that_come_too_soon_are_not_shown_but_the_last_is():
    looks = watch([standing(5, 4), standing(6, 4), standing(10, 0)], every_s=3600.0)
    assert [(look.phase, look.step) for look in looks] == [("ended", 5)]


def test_the_line_says_what_there_is_to_know():
    simulating, writing, ended = watch([standing(5, 3, open_trades=2, failed=1), standing(10, 0, failed=1)])
    line = describe(simulating._replace(memory_mib=40.0, steps_per_s=1234.0, events_per_s=5.0, left_s=7.0))
    assert line == (
        "1970-01-06 00:00  step 5 of 10  1,234 steps/s  5 events/s  4 containers: 3 running, 0 done, 1 failed  "
        "2 open trades  40 of 64 MiB  7 s left"
    )
    assert describe(writing).startswith("writing  1970-01-11")
    assert describe(ended).startswith("1970-01-11")


def test_on_a_narrow_terminal_the_least_important_goes_and_nothing_is_cut():
    (look, _) = watch([standing(5, 3, open_trades=2)])
    look = look._replace(memory_mib=40.0, steps_per_s=1234.0, events_per_s=5.0, left_s=7.0)
    assert describe(look, 80) == "1970-01-06 00:00  step 5 of 10  4 containers: 3 running, 1 done  7 s left"
    assert describe(look, 40) == "1970-01-06 00:00  step 5 of 10"
    assert describe(look, 5) == "1970-01-06 00:00"
