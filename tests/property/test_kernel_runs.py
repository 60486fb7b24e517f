"""Both paths write the same bytes, whatever a lane trades, pays, sizes and traces (rules B1, B2, B3)."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.config_file import read_config
from engine.containers.portfolio import PortfolioContainer
from engine.lanes.portfolio import LanePortfolio
from engine.orchestration.part import Part
from engine.orchestration.prepare import prepare
from engine.orchestration.results_folder import ResultsFolder
from engine.orchestration.scenery import Scenery
from tests.building import make_bars

OWN_CODE = """
import numpy as np

def threes(columns, first=0):
    return (np.arange(len(columns["close"])) // 3 + first) % 3 - 1

def rising(columns):
    return np.sign(np.diff(columns["close"], prepend=columns["close"][0])).astype(int)

def broken(columns):
    return columns["close"]

def highest(markets):
    closes = {symbol: columns["close"] for symbol, columns in markets.items()}
    best = np.fmax.reduce(list(closes.values()))
    return {symbol: (close >= best).astype(int) for symbol, close in closes.items()}
"""
TYPES = ["SIGNAL", "ORDER_REQUEST", "ORDER", "FILL", "POSITION_OPEN", "POSITION_CLOSE", "BAR", "PORTFOLIO_UPDATE"]

prices = st.lists(st.sampled_from([80.0, 99.5, 100.0, 100.25, 101.0, 140.0]), min_size=1, max_size=70)
strategies = st.one_of(
    st.fixed_dictionaries(
        {
            "name": st.just("crossover"),
            "fast": st.sampled_from(["close", "fast"]),
            "slow": st.sampled_from(["open", "slow"]),
            "direction": st.sampled_from(["long", "short", "both"]),
        }
    ),
    st.just({"name": "buy_and_hold"}),
    st.just({"name": "donchian_breakout", "upper": "fast", "lower": "slow"}),
    st.just({"name": "any_of", "of": [{"name": "buy_and_hold"}, {"name": "own_code.rising"}]}),
    st.sampled_from([{"name": f"own_code.{name}"} for name in ("threes", "rising", "broken")]),
)
distances = st.sampled_from([{"percent": 1.5}, {"amount": 2}, {"atr": 1.0, "timeperiod": 2}])
entries = st.one_of(
    st.just({"order": "market"}),
    st.builds(lambda d: {"order": "limit", "limit": d}, distances),
    st.builds(lambda d: {"order": "stop", "stop": d, "time_in_force": "day"}, distances),
)
exits = st.fixed_dictionaries({}, optional=dict.fromkeys(("stop_loss", "take_profit", "trailing_stop"), distances))
risks = st.lists(
    st.sampled_from(
        [
            {"name": "max_drawdown", "percent": 2},
            {"name": "daily_loss", "percent": 1, "action": "flatten"},
            {"name": "max_position", "percent": 60},
            {"name": "stop", "loss": {"percent": 1}, "cool_down": 2},
        ]
    ),
    max_size=2,
)
trading = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {
            "entry": entries,
            "exit": exits,
            "risk": risks,
            "account": st.sampled_from(
                [{"name": "margin"}, {"name": "cash"}, {"name": "margin", "leverage": 2, "interest_percent": 5}]
            ),
        }
    ),
)
"""Orders that wait, protection, risk rules and accounts; half of all portfolios have none of them."""

sizings = st.sampled_from(
    [
        {"name": "fixed_quantity", "quantity": 3},
        {"name": "fixed_quantity", "quantity": 12.5},
        {"name": "fixed_notional", "notional": 900},
        {"name": "percent_of_equity", "percent": 60},
        {"name": "percent_of_equity", "percent": 130},
        {"name": "all_in"},
        {"name": "volatility_target", "percent": 20, "bars": 3, "bars_per_year": 252},
    ]
)
executions = st.sampled_from(
    [
        {},
        {"fill_at": "next_close"},
        {"participation": 0.1},
        {"participation": 0.02, "fill_at": "next_close"},
        {"commission": {"name": "percent", "percent": 0.7, "minimum": 2, "maximum": 5}},
        {
            "commission": {
                "name": "tiered",
                "over": "month",
                "tiers": [{"above": 0, "percent": 1}, {"above": 900, "percent": 0.2}],
            },
            "slippage": {"name": "square_root_impact", "coefficient": 0.2},
        },
        {"commission": {"name": "per_trade", "amount": 1.5}, "slippage": {"name": "range_fraction", "fraction": 0.1}},
        {"slippage": {"name": "basis_points", "bps": 35}, "fill_at": "next_close"},
        {
            "commission": [{"name": "per_share", "amount": 0.3}, {"name": "percent", "percent": 0.1}],
            "slippage": [{"name": "basis_points", "bps": 5}, {"name": "basis_points", "bps": 1}],
        },
    ]
)
types = st.one_of(st.just("ALL"), st.lists(st.sampled_from(TYPES), min_size=1, unique=True))
told = st.fixed_dictionaries(
    {
        "mode": st.just("full"),
        "events_to_trace": types,
        "retention_policy": st.sampled_from(["none", "all", "trade_complete", "sliding_window"]),
        "max_events": st.sampled_from([None, 5]),
        "storage_backend": st.sampled_from(["disk", "disk", "memory"]),
    }
)
"""Where every event must be made: those written to disk, and most of those that are kept."""

tracings = st.one_of(
    st.just({"enabled": False}),
    told,
    st.fixed_dictionaries(
        {
            "enabled": st.just(True),
            "retention_policy": st.sampled_from(["none", "trade_complete"]),
            "events_to_trace": types,
        }
    ),
    st.fixed_dictionaries(
        {
            "retention_policy": st.just("sliding_window"),
            "max_events": st.integers(0, 40),
            "events_to_trace": types,
        }
    ),
)
portfolios = st.fixed_dictionaries(
    {
        "cash": st.sampled_from([250.0, 1000.0, 1e6]),
        "lot_size": st.sampled_from([None, 0.5, 2]),
        "minimum_notional": st.sampled_from([0, 300]),
        "sizing": sizings,
        "close_at_end": st.booleans(),
        "event_tracing": tracings,
    }
)


cases = st.fixed_dictionaries(
    {
        "strategy": strategies,
        "portfolio": portfolios,
        "trading": trading,
        "execution": executions,
        "others_trace": st.one_of(st.just({}), told),
        "has_strategy_container": st.booleans(),
        "block_size": st.sampled_from([1, 3, 10, 1000]),
        "results": st.fixed_dictionaries({"trades": st.booleans(), "equity": st.booleans()}),
    }
)


def config_of(folder, case):
    """A config of one lane with its own strategy, and one that follows a strategy container if the case says so."""
    features = {"fast": {"indicator": "SMA", "timeperiod": 2}, "slow": {"indicator": "SMA", "timeperiod": 4}}
    deciding = {"features": features, "strategy": case["strategy"]}
    traced = {"event_tracing": case["others_trace"]}
    executing = {} if case["has_strategy_container"] else traced  # the orders of one lane, or of several
    containers = [
        {"id": "data_x", "type": "data", "source": {"name": "synthetic", "symbol": "X", "bars": 2}, **traced},
        {"id": "execution_1", "type": "execution", **case["execution"], **executing},
        {
            "id": "portfolio_1",
            "type": "portfolio",
            "inputs": ["data_x"],
            **case["portfolio"],
            **deciding,
            **case["trading"],
        },
    ]
    if case["has_strategy_container"]:
        containers.append({"id": "strategy_1", "type": "strategy", "inputs": ["data_x"], **deciding, **traced})
        containers.append(
            {"id": "portfolio_2", "type": "portfolio", "inputs": ["strategy_1"], **case["portfolio"], **case["trading"]}
        )
    (folder / "own_code.py").write_text(OWN_CODE)
    (folder / "config.yaml").write_text(
        json.dumps({"containers": containers, **{key: case[key] for key in ("block_size", "results")}})
    )
    return folder / "config.yaml"


several = st.fixed_dictionaries(
    {
        "strategy": strategies | st.just({"name": "own_code.highest"}),
        "portfolio": portfolios,
        "limits": st.sampled_from(
            [
                *({}, {"account": {"name": "cash"}}, {"risk": [{"name": "max_open_positions", "count": 1}]}),
                {"risk": [{"name": "max_gross_exposure", "percent": 90}], "exit": {"stop_loss": {"percent": 1}}},
                {"weights": {"X": 0.6, "Y": 0.4, "Z": 0.2}, "entry": {"order": "market", "time_in_force": "day"}},
            ]
        ),
        "trading": trading,
        "execution": executions,
        "others_trace": st.one_of(st.just({}), told),
        "follows": st.sampled_from(["own", "all", "part"]),
        "portfolio_is_first": st.booleans(),
        "block_size": st.sampled_from([1, 7, 65536]),
        "at_once": st.sampled_from([1, 7, 1 << 14]),
        "results": st.fixed_dictionaries({"trades": st.booleans(), "equity": st.booleans()}),
    }
)


def config_of_several(folder, case, symbols):
    """A config of a portfolio over some symbols that has its own strategy, or follows one over all of them or over the last."""
    features = {"fast": {"indicator": "SMA", "timeperiod": 2}, "slow": {"indicator": "SMA", "timeperiod": 4}}
    deciding = {"features": features, "strategy": case["strategy"]}
    traced = {"event_tracing": case["others_trace"]}
    ids = [f"data_{symbol.lower()}" for symbol in symbols]
    source = {"name": "synthetic", "bars": 2}
    containers = [
        {"id": id_, "type": "data", "source": source | {"symbol": symbol}, **traced}
        for id_, symbol in zip(ids, symbols, strict=True)
    ]
    containers.append({"id": "execution_1", "type": "execution", **case["execution"], **traced})
    weights = {name: weight for name, weight in case["limits"].get("weights", {}).items() if name in symbols}
    portfolio = {"id": "portfolio_1", "type": "portfolio", "inputs": ids, **case["portfolio"], **case["trading"]}
    portfolio |= case["limits"] | ({"weights": weights} if weights else {})
    if case["follows"] == "own":
        containers.append(portfolio | deciding)
    else:
        seen = ids if case["follows"] == "all" else ids[-1:]
        strategy = {"id": "strategy_1", "type": "strategy", "inputs": seen, **deciding, **traced}
        portfolio["inputs"] = ["strategy_1", *([] if case["follows"] == "all" else ids[:-1])]
        both = [portfolio, strategy] if case["portfolio_is_first"] else [strategy, portfolio]
        containers += both
    (folder / "own_code.py").write_text(OWN_CODE)
    (folder / "config.yaml").write_text(
        json.dumps({"containers": containers, **{key: case[key] for key in ("block_size", "results")}})
    )
    return folder / "config.yaml"


@st.composite
def bars_of_several(draw):
    """Bars of two symbols or three by the ids of their data: some lack bars, begin late or end early; volumes are thin."""
    made, count = {}, draw(st.integers(2, 40))
    for symbol in "XYZ"[: draw(st.integers(2, 3))]:
        gaps = draw(st.sampled_from(["none", "none", "holes", "late", "early"]))
        days = {"late": range(count // 2, count), "early": range(1 + count // 2)}.get(gaps, range(count))
        days = [day for day in days if gaps != "holes" or draw(st.integers(0, 3))] or [0]
        price = st.sampled_from([80.0, 99.5, 100.0, 100.25, 101.0, 140.0])
        closes, opens = (draw(st.lists(price, min_size=len(days), max_size=len(days))) for _ in range(2))
        bars = make_bars(closes, opens=opens, symbol=symbol, days=days)
        volume = draw(st.lists(st.sampled_from([0.0, 30.0, 1000.0]), min_size=len(days), max_size=len(days)))
        made[f"data_{symbol.lower()}"] = replace(bars, volume=np.array(volume))
    return made


@pytest.mark.examples(25, 120)
@given(case=several, bars=bars_of_several())
def test_b2_both_paths_write_the_same_bytes_of_several_symbols(tmp_path_factory, case, bars):
    folder = tmp_path_factory.mktemp("paths")
    loaded = read_config(config_of_several(folder, case, [each.symbol for each in bars.values()]), "c")
    prepared = {
        path: replace(prepare(loaded.config, loaded.locations, loaded.base_folder, path=path), bars=bars)
        for path in ("kernel", "event")
    }
    assert prepared["kernel"].on_kernel == {"portfolio_1"}
    expected, made, _ = tree_of(prepared["event"], folder / "event")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.lanes.portfolio.SHOWN_AT_ONCE", min(case["at_once"], 512))
        patch.setattr(
            "engine.lanes.portfolio.BARS_AT_ONCE", dict.fromkeys(("compiled", "interpreted"), case["at_once"])
        )
        tree, made_on_kernel, _ = tree_of(prepared["kernel"], folder / "kernel")
    assert tree == expected
    assert LanePortfolio not in made
    is_broken = case["strategy"]["name"] == "own_code.broken"
    assert PortfolioContainer not in made_on_kernel or (is_broken and case["follows"] != "own")


def tree_of(prepared, folder):
    """The bytes of every file of a run with its remarks, the classes of its containers, and how many events it says there were."""
    made, remarks = set(), []
    with ResultsFolder(folder, prepared.folders, overwrite=True) as results:
        part = Part(
            prepared,
            Scenery(prepared.plan, prepared.bars),
            results.root,
            remarks.append,
            prepare=lambda containers: made.update(map(type, containers.values())) or containers,
        )
        part.report(part.run(lambda: None))
    files = {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.*") if file.is_file()}
    return files | {"remarks": sorted(remarks)}, made, part.simulation.events


@pytest.mark.examples(20, 60)
@given(case=cases, closes=prices, drawn=st.data())
def test_b2_both_paths_write_the_same_bytes(tmp_path_factory, case, closes, drawn):
    folder = tmp_path_factory.mktemp("paths")
    opens = drawn.draw(st.lists(st.sampled_from([99.0, 100.0, 103.0]), min_size=len(closes), max_size=len(closes)))
    loaded = read_config(config_of(folder, case), "c")
    in_columns, by_event = (
        replace(
            prepare(loaded.config, loaded.locations, loaded.base_folder, path=path),
            bars={"data_x": make_bars(closes, opens=opens)},
        )
        for path in ("kernel", "event")
    )
    assert in_columns.on_kernel == {"portfolio_1", *(["portfolio_2"] if case["has_strategy_container"] else [])}
    expected, made, events = tree_of(by_event, folder / "event")
    tree, made_for_columns, counted = tree_of(in_columns, folder / "kernel")
    assert tree == expected
    assert LanePortfolio not in made
    is_broken = (
        case["strategy"]["name"] == "own_code.broken"
    )  # event by event, the bar at which it failed was published
    assert PortfolioContainer not in made_for_columns or (is_broken and case["has_strategy_container"])
    if not (is_broken or case["has_strategy_container"] or counts_bars(case["portfolio"]["event_tracing"])):
        assert counted == events


def counts_bars(tracing):
    """Whether this tracer counts bars that it is not shown: those are not published."""
    types = tracing.get("events_to_trace", "ALL")
    is_shown = tracing.get("storage_backend") == "disk" or tracing.get("retention_policy") == "all"
    return not is_shown and tracing.get("enabled", True) and (types == "ALL" or "BAR" in types)
