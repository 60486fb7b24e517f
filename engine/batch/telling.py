"""Lanes of a cohort that are observed tell what their books have come to, a page of bars at a time (rule B2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from engine.batch.fills import Fills
    from engine.batch.portfolio import BatchPortfolio
    from engine.strategies.columns import Turns

    Result = TypeVar("Result")

PAGE = 1 << 9
"""Bars told by one lane before the next has its turn: what is read of them serves all."""


def tell(
    until: int, decided: Sequence[tuple[BatchPortfolio, Turns]], lanes: Sequence[BatchPortfolio], fills: Fills
) -> None:
    """Tells all bars before `until`: the turns that lanes have `decided`, and the `fills` of those `lanes` that got so far."""
    telling = [(lane, lane.narrator) for lane in lanes if lane.narrator is not None]
    if not telling:
        return
    turns = {lane.container_id: each for lane, each in decided}
    for lane, filled in zip(lanes, fills.each(), strict=True):
        if lane.narrator is not None:
            lane.narrator.hear(turns[lane.container_id], filled)
    start = min(narrator.told for _, narrator in telling)
    for page in range(start, until, PAGE):
        for lane, narrator in telling:
            if lane.status == "running":
                attempt(lane, narrator.tell, min(page + PAGE, until))


def tell_end(lanes: Sequence[BatchPortfolio], fills: Fills, closed: Fills) -> None:
    """Tells what comes after the last bar, of lanes whose books add up; `closed` are the fills with those that close them out."""
    if not any(lane.narrator is not None for lane in lanes):
        return
    for lane, before, after in zip(lanes, fills.counts.tolist(), closed.each(), strict=True):
        if lane.narrator is not None and lane.flaw is None and lane.status == "running":
            position = lane.filling.position
            closing = after[before] if len(after) > before else None
            attempt(lane, lane.narrator.end, closing, (position.cash, position.held, lane.curve.peak))


def attempt(lane: BatchPortfolio, work: Callable[..., Result], *arguments: object) -> Result | None:
    """What a lane's own work comes to, None if it fails: that is the lane's flaw."""
    try:
        return work(*arguments)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a lane's failure is its own
        lane.flaw = lane.flaw or error
        return None
