"""Symbols with shifted stamps: no order is filled by a bar that opened before its decision, however the bars are stamped (rule L3)."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.schema import DataContainer, RunConfig
from engine.market.durations import DAY, HOUR
from engine.market.sources import FileSource
from engine.orchestration.bar_lengths import time_bars
from engine.orchestration.planning import make_plan
from tests.building import FIRST, HERE, make_bars, own, play, portfolio, read_only

DAYS = 60


@st.composite
def markets(draw):
    """The opens of the days of two or three symbols, ns, and wishes that change every six days; some days are missing.

    In the first six nothing is wanted: what has no bar yet cannot be entered.
    """
    shifts = draw(st.lists(st.integers(0, 23), min_size=2, max_size=3).filter(lambda hours: len({*hours}) > 1))
    chance = np.random.default_rng(draw(st.integers(0, 1000)))
    found = {}
    for symbol, hours in zip("ABC", shifts, strict=False):
        days = np.flatnonzero(chance.random(DAYS) > 0.05 * chance.integers(0, 3))
        wishes = np.append(0, chance.integers(-1, 2, DAYS // 6 - 1)).repeat(6)[days]
        found[symbol] = FIRST + days * DAY + hours * HOUR, wishes
    return found


def expected(found):
    """Units dealt by (symbol, open): what a loop over closes gives, where all that waits meets the next open at or after it."""
    ring = list(found)
    wanted, held, dealt = dict.fromkeys(ring, (0, 0)), dict.fromkeys(ring, 0), {}
    for close in sorted({opened + DAY for opens, _ in found.values() for opened in opens.tolist()}):
        fresh = [symbol for symbol in ring if close - DAY in found[symbol][0]]
        for symbol in fresh:
            target, decided = wanted[symbol]
            if target != held[symbol] and decided <= close - DAY:
                dealt[symbol, close - DAY] = target - held[symbol]
                held[symbol] = target
        for place, symbol in enumerate(ring):
            if symbol in fresh:
                opens, wishes = found[symbol]
                wish, to = int(wishes[opens == close - DAY][0]), ring[(place + 1) % len(ring)]
                if wish != wanted[to][0]:
                    wanted[to] = wish, close
    return dealt


def loaded(found, stamped):
    bars = {}
    for symbol, (opens, wishes) in found.items():
        made = make_bars(np.arange(len(opens)) + 100.0, symbol=symbol, wishes=wishes)
        stamps = opens + (DAY if stamped[symbol] == "close" else 0)
        bars[f"data_{symbol}"] = replace(made, timestamps=read_only(stamps), bar_length=DAY)
    return bars


@pytest.mark.examples(20, 60)
@given(markets(), st.data())
def test_l3_fills_are_those_of_a_loop_over_closes(found, drawn):
    said = drawn.draw(st.sampled_from([("open",) * 3, ("close",) * 3, ("open", "close", "open")]))
    stamped = dict(zip("ABC", said, strict=True))
    order = drawn.draw(st.permutations(list(found)))
    containers = [
        *(DataContainer(id=f"data_{x}", source=FileSource(path=x, symbol=x, stamped=stamped[x])) for x in order),
        portfolio(inputs=[f"data_{x}" for x in order], strategy=own("Passes", ring="".join(found)), close_at_end=False),
    ]
    bars = loaded(found, stamped)
    timed = time_bars(make_plan(RunConfig(containers=containers), HERE), bars).bars
    run = play(containers, dict(timed), types=["FILL"], listen=["portfolio_1"])
    if said[0] == said[1]:
        assert all(np.array_equal(each.timestamps, bars[id_].timestamps) for id_, each in timed.items())
    dealt = {}
    for fill in run.events("portfolio_1", "FILL"):
        row = timed[f"data_{fill.symbol}"].timestamps.searchsorted(fill.timestamp)
        place = fill.symbol, found[fill.symbol][0].item(row)
        dealt[place] = dealt.get(place, 0) + (fill.quantity if fill.side == "buy" else -fill.quantity)
    assert dealt == expected(found)
