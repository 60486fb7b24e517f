"""tests/scenarios/matrix.txt: order type x side x situation x time in force (rules X1 to X4, X6)."""

from pathlib import Path

import pytest

from tests.scenarios.reading import fates_of, fills_of, run_orders

LINES = (Path(__file__).parents[1] / "scenarios" / "matrix.txt").read_text(encoding="utf-8").splitlines()
SITUATIONS = ("through", "touch", "gap", "inside", "never")
WORDS = [line.split() for line in LINES if line and not line.startswith("#")]
BARS = {(words[0], words[1]): " ".join(words[2:]) for words in WORDS if words[0] != "order"}
ORDERS = [
    (words[1], " ".join(words[2:-5]), dict(zip(SITUATIONS, words[-5:], strict=True)))
    for words in WORDS
    if words[0] == "order"
]
DECIDED = "100 100.5 99.5 100"
QUIET = "100 100.4 99.6 100"


def play(line, *bars, tif):
    """Plays an order; after the bars the price stays where it is."""
    tail = " ".join([bars[-1].split()[3]] * 4)
    run = run_orders([DECIDED, *bars, tail], {1: f"{line} {tif}"})
    return fills_of(run), fates_of(run)


@pytest.mark.parametrize(
    ("where", "line", "expected"), ORDERS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_x1_to_x4_and_x6_the_matrix(where, line, expected):
    """Met at the first bar, and at the second: only what lives on is there for the second."""
    side, is_market = line.split()[0], line.endswith("market")
    for situation in SITUATIONS:
        bar, price = BARS[where, situation], expected[situation]
        fill, at_open = f"{side} 10 @ {price.rstrip('*')}", price.endswith("*")
        for tif in ("gtc", "day", "gtd 2", "ioc"):
            fills, fates = play(line, bar, tif=tif)
            filled = price != "-" and (tif != "ioc" or at_open)
            assert fills == ([f"2 {fill}"] if filled else []), (situation, tif)
            if not filled:
                assert fates[-1] == ending(tif), (situation, tif)
        for tif in ("gtc", "gtd 3", "day", "gtd 2", "ioc"):
            fills, _ = play(line, QUIET, bar, tif=tif)
            late = price != "-" and tif in ("gtc", "gtd 3") and not is_market
            early = is_market and f"2 {side} 10 @ 100"
            assert fills == ([early] if early else [f"3 {fill}"] if late else []), (situation, tif)


def ending(tif):
    """How an order ends that the first bar did not fill."""
    return {
        "gtc": "3 expired: the data ended",
        "day": "2 expired: the day is over",
        "gtd 2": "2 expired: its time is over",
        "ioc": "2 cancelled: not filled at once",
    }[tif]
