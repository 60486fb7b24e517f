"""Reads scenarios as a trader writes them, and plays them through a whole simulation.

An order is a line such as `buy 10 limit 98 day loss 95 target 110`: side, units (10 without them), type with its prices, time in
force, then the exits that protect it. `flat` leaves, with an order of its own if it names one (`flat 4 limit 105`); `hold loss 99` moves the
exits of what is held; `| sell stop 95` adds the other order of an OCO; `long` and `short` leave the order to the portfolio.
A fill is `<bar> <side> <units> @ <price>`, with `ambiguous` or `late` (`exit_after_entry_bar`) where it is; what becomes of an
order is `<bar> <status>: <reason>`.
"""

# ruff: noqa: ARG002 - on_bar has the parameters that it is called with

from __future__ import annotations

from typing import ClassVar

import numpy as np

from engine.config.schema import UserComponent
from engine.order_terms import ExitTerms, OrderTerms
from engine.strategies.decision import Decision
from engine.trading.sizing import FixedQuantity
from tests.building import DAY, FIRST, data, execution, make_bars, play, portfolio

TYPES = {"market": (), "limit": ("limit_price",), "stop": ("stop_price",), "stop_limit": ("stop_price", "limit_price")}
TIMES = ("day", "gtc", "ioc", "gtd")
TEN = FixedQuantity(quantity=10.0)
SIDES = {"buy": "long", "sell": "short", "hold": "long"}


class Script:
    """A bar strategy that decides what stands in `text`: `<bar>: <order>` lines, bars counted from 1."""

    def __init__(self, text):
        lines = (line.split(":", 1) for line in text.split(";") if line.strip())
        self.decisions = {int(bar): line.strip() for bar, line in lines}
        self.count = 0

    def on_bar(self, bar, features, position):
        self.count += 1
        line = self.decisions.get(self.count)
        return None if line is None else decision(line, self.count)


def decision(line, bar):
    """What a line asks for at the close of a bar."""
    line, _, other = line.partition("|")
    words = line.split()
    side = words.pop(0)
    order = read_order(words, bar)
    exits = read_exits(words)
    assert not words, f"what is {words}?"
    if side in ("long", "short"):
        return Decision(side)
    if side == "flat":
        return Decision("flat", order=order)
    if side == "hold":
        return Decision("long", exits=exits)
    otherwise = read_order(other.split()[1:], bar) if other else None
    return Decision(SIDES[side], order=order or OrderTerms(), exits=exits, otherwise=otherwise)


def read_order(words, bar):
    """Takes the order off the front of the words."""
    terms = {}
    if words and words[0].replace(".", "").isdigit():
        terms["quantity"] = float(words.pop(0))
    if words and words[0] == "trailing":
        words.pop(0)
        trail = words.pop(0)
        name = "trail_percent" if trail.endswith("%") else "trail_amount"
        terms |= {"order_type": "trailing_stop", name: float(trail.rstrip("%"))}
    elif words and words[0] in TYPES:
        kind = words.pop(0)
        terms |= {"order_type": kind} | {name: float(words.pop(0)) for name in TYPES[kind]}
    if words and words[0] in TIMES:
        terms["time_in_force"] = words.pop(0)
        if terms["time_in_force"] == "gtd":
            terms["good_till"] = FIRST + (int(words.pop(0)) - 1) * DAY
    return OrderTerms(**terms) if terms else None


def read_exits(words):
    """Takes the exits off the front of the words."""
    names = {"loss": "stop_loss", "target": "take_profit", "trail": "trail_amount"}
    exits = {}
    if words == ["bare"]:
        words.clear()
        return ExitTerms()
    while words and words[0] in names:
        name = names[words.pop(0)]
        exits[name] = float(words.pop(0))
    return ExitTerms(**exits) if exits else None


def bars_of(lines, **settings):
    """Daily bars from lines of open, high, low, close and perhaps volume."""
    rows = [[float(word) for word in line.split()] for line in lines]
    bars = make_bars([row[3] for row in rows], opens=[row[0] for row in rows], **settings)
    columns = {"high": [row[1] for row in rows], "low": [row[2] for row in rows]}
    columns["volume"] = [row[4] if len(row) > 4 else 1000.0 for row in rows]
    fields = {name: getattr(bars, name) for name in bars.__dataclass_fields__}
    return type(bars)(**fields | {name: np.array(column) for name, column in columns.items()})


def run_orders(lines, orders, *, terms=None, **settings):
    """Plays the orders (`{bar: line}`) over bars; positions stay open at the end."""
    text = ";".join(f"{bar}: {line}" for bar, line in orders.items())
    script = portfolio(strategy=script_of(text), **{"close_at_end": False, "sizing": TEN} | settings)
    return play([data(), execution("execution_1", **(terms or {})), script], bars_of(lines), listen=["portfolio_1"])


def script_of(text):
    """The strategy of a script, as a config names it."""
    return UserComponent(name="tests.scenarios.reading.Script", parameters={"text": text})


def bar_of(event):
    """The number of the bar at which something happened."""
    return (event.timestamp - FIRST) // DAY + 1


def fills_of(run):
    """Fills as a scenario writes them."""
    return [
        f"{bar_of(fill)} {fill.side} {fill.quantity:g} @ {fill.price:g}"
        + (" ambiguous" if fill.ambiguous_bar else "")
        + (" late" if fill.exit_after_entry_bar else "")
        for fill in run.events("portfolio_1", "FILL")
    ]


def fates_of(run):
    """What became of orders after they were accepted, or in its place."""
    orders = run.events("portfolio_1", "ORDER")
    return [
        f"{bar_of(event)} {event.status}" + (f": {event.reason}" if event.reason else "")
        for event in orders
        if event.status != "accepted"
    ]


class Words:
    """A bar strategy of whole decisions by name: `<bar> <word>` pairs in `text`, bars counted from 1."""

    NAMED: ClassVar = {
        "bid": Decision("long", order=OrderTerms(order_type="limit", limit_price=98.0)),
        "stop": Decision("long", exits=ExitTerms(stop_loss=96.0)),
        "elsewhere": Decision("long", symbol="NOWHERE"),
        "nothing": Decision("long", order=OrderTerms(quantity=float("nan"))),
    }

    def __init__(self, text):
        words = text.split()
        self.words = {int(bar): word for bar, word in zip(words[::2], words[1::2], strict=True)}
        self.count = 0

    def on_bar(self, bar, features, position):
        self.count += 1
        word = self.words.get(self.count)
        return self.NAMED.get(word, word)
