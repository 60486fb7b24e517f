"""What users' code gives: plain numbers are taken in any dress, mistakes fail their own lane with the user's line (rules Y3, E6)."""

import gzip
import re

import pytest

from engine.containers.desk import Desk
from engine.containers.portfolio import PortfolioContainer
from engine.lanes.portfolio import LanePortfolio
from engine.metrics.observer import MetricsObserver
from engine.orchestration.part import Part
from engine.orchestration.simulation import Simulation
from tests.run_command import files_of, read_json, results_of, run
from tracing.tracer import EventTracer

HEAD = '''
import json
from datetime import date, datetime
from decimal import Decimal

import numpy as np

from engine.order_terms import ExitTerms, OrderTerms
from engine.strategies.decision import Decision


class Broken(Exception):
    def __str__(self):
        raise ValueError("not even this")


class Base(BaseException):
    pass


class Float:
    def __float__(self):
        return 1.0


def boom(error):
    raise error


def deep(n=0):
    return deep(n + 1)


class Says:
    """Decides at its second bar what the kind stands for, and nothing else."""

    def __init__(self, kind):
        self.kind, self.bars = kind, 0

    def on_bar(self, bar, features, position):
        self.bars += 1
        return SAYINGS[self.kind](bar) if self.bars == 2 else None


class Steady:
    """In and out by stops and targets."""

    def on_bar(self, bar, features, position):
        if position.quantity:
            return None
        exits = ExitTerms(stop_loss=bar.close * 0.97, take_profit=bar.close * 1.02)
        return Decision("long", order=OrderTerms(quantity=3.0), exits=exits)


class Opens:
    """A model that cannot be made."""

    def __init__(self):
        open("no such file")

    def units(self, entry):
        return 1.0


def answer(asked, kind, for_units=7.0):
    """Goes wrong for orders of so many units alone."""
    return ANSWERS[kind](asked) if asked.quantity == for_units else 0.0


def units(entry, kind):
    return ANSWERS[kind](entry)


def targets(columns, kind):
    return TARGETS[kind](columns["close"])


'''
NOT_NUMBERS = {
    "decimal": "Decimal(5)",
    "text": "'5'",
    "list": "[5.0]",
    "true": "True",
    "np_true": "np.bool_(True)",
    "complex": "1j",
    "huge": "10**400",
    "class": "Float()",
    "array": "np.array([1.0, 2.0])",
}
LINES = {  # raised where the value is made: at the user's line
    **{
        f"order_{field}_{kind}": f"Decision('long', order=OrderTerms(order_type={order_type!r}, {field}={value}))"
        for field, order_type in {
            "limit_price": "limit",
            "stop_price": "stop",
            "trail_amount": "trailing_stop",
            "trail_percent": "trailing_stop",
            "quantity": "market",
        }.items()
        for kind, value in NOT_NUMBERS.items()
    },
    **{
        f"exits_{field}_{kind}": f"Decision('long', exits=ExitTerms({field}={value}))"
        for field in ("stop_loss", "take_profit", "trail_amount", "trail_percent")
        for kind, value in NOT_NUMBERS.items()
    },
    **{f"strength_{kind}": f"Decision('long', strength={value})" for kind, value in NOT_NUMBERS.items()},
    **{
        f"{field}_{number}": f"Decision('long', order=OrderTerms({field}={value}))"
        for field in ("order_type", "time_in_force")
        for number, value in enumerate(("'IOC '", "'fok'", "None", "5", "['gtc']", "b'gtc'", "np.float64(1)"))
    },
    **{
        f"good_till_{number}": f"Decision('long', order=OrderTerms(time_in_force='gtd', good_till={value}))"
        for number, value in enumerate(
            (
                *("'2020-02-01'", "datetime(2020, 2, 1)", "date(2020, 2, 1)", "-1", "2**63", "1.5", "True", "[1]"),
                *("float('nan')", "np.datetime64('NaT')", "Decimal(1)", "None"),
            )
        )
    },
    **{f"direction_{n}": f"Decision({value})" for n, value in enumerate(("'Long'", "'buy'", "None", "1", "[]", "2.5"))},
    **{f"strength_{n}": f"Decision('long', strength={v})" for n, v in enumerate(("2", "-0.1", "float('nan')", "None"))},
    **{
        f"reason_{n}": f"Decision('long', reason={value})" for n, value in enumerate(("5", "None", "b'x'", "'\\ud800'"))
    },
    **{f"symbol_{n}": f"Decision('long', symbol={value})" for n, value in enumerate(("5", "'\\ud800'", "['X']"))},
    **{
        f"{field}_{n}": f"Decision('long', {field}={value})"
        for field in ("order", "exits", "otherwise")
        for n, value in enumerate(("{'order_type': 'limit'}", "5", "'limit'", "OrderTerms", "Decision('long')"))
    },
    "swapped": "Decision('long', order=ExitTerms())",
    "limit_without_price": "Decision('long', order=OrderTerms(order_type='limit'))",
    "stop_limit_without_limit": "Decision('long', order=OrderTerms(order_type='stop_limit', stop_price=1.0))",
    "market_with_price": "Decision('long', order=OrderTerms(limit_price=99.0))",
    "limit_with_stop": "Decision('long', order=OrderTerms(order_type='limit', limit_price=1.0, stop_price=2.0))",
    "trail_without_distance": "Decision('long', order=OrderTerms(order_type='trailing_stop'))",
    "trail_twice": "Decision('long', exits=ExitTerms(trail_amount=1.0, trail_percent=1.0))",
    "unknown_field": "Decision('long', order=OrderTerms(limit=99.0))",
    "till_without_gtd": "Decision('long', order=OrderTerms(good_till=bar.timestamp))",
    "flat_with_exits": "Decision('flat', exits=ExitTerms(stop_loss=1.0))",
    "flat_both_ways": "Decision('flat', otherwise=OrderTerms())",
    **{
        f"raises_{n}": f"boom({error})"
        for n, error in enumerate(
            (
                *(
                    "ValueError('x')",
                    "SystemExit(3)",
                    "MemoryError()",
                    "GeneratorExit()",
                    "StopIteration()",
                    "Broken()",
                ),
                *("Base('x')", "OSError(28, 'full')", "ValueError('\\ud800')", "KeyError('x')", "ValueError('')"),
                *("ValueError('one\\ntwo')", "BrokenPipeError()"),
            )
        )
    },
    "recursion": "deep()",
}
RETURNED = {  # returned by on_bar: at the line where that begins
    **{
        f"returns_{n}": value
        for n, value in enumerate(
            ("'sideways'", "2", "float('nan')", "[1]", "Float()", "Decimal(3)", "OrderTerms()", "'\\ud800'")
        )
    },
    "stop_above": "Decision('long', exits=ExitTerms(stop_loss=bar.close * 1.1))",
    "stop_at": "Decision('long', exits=ExitTerms(stop_loss=bar.close))",
    "target_below": "Decision('long', exits=ExitTerms(take_profit=bar.close * 0.9))",
    "stop_below": "Decision('short', exits=ExitTerms(stop_loss=bar.close * 0.9))",
    "stop_above_limit": (
        "Decision('long', order=OrderTerms(order_type='limit', limit_price=bar.close * 0.9), "
        "exits=ExitTerms(stop_loss=bar.close * 0.95))"
    ),
}
ANSWERS = {  # of cost models and sizings: at the line where they begin, or at that which raises
    **{f"answers_{kind}": value for kind, value in NOT_NUMBERS.items() if kind != "class"},
    "answers_none": "None",
    "answers_nothing_like": "object()",
    "raises_system_exit": "boom(SystemExit(1))",
    "raises_generator_exit": "boom(GeneratorExit())",
    "raises_broken": "boom(Broken())",
    "raises_stop_iteration": "boom(StopIteration())",
}
TARGETS = {
    "shape": "close[1:]",
    "none": "None",
    "two": "np.full(len(close), 2)",
    "ragged": "[[1], [1, 2]]",
    "decimals": "[Decimal(1)] * len(close)",
    "raises_base": "boom(Base('x'))",
    "raises_broken": "boom(Broken())",
    "raises_exit": "boom(SystemExit(1))",
}
NUMBERS = {
    **{
        f"np_{kind}": f"np.{kind}({{}})"
        for kind in (
            "float64",
            "float32",
            "float16",
            "longdouble",
            "int8",
            "int16",
            "int32",
            "int64",
            "uint8",
            "uint64",
        )
    },
    "int": "int({})",
    "shape_nothing": "np.array({})",
    "where": "np.where(True, {}, 0.0)",
    "minimum": "np.min([{}, 1000.0])",
}
ACCEPTED = {
    name: (
        f"Decision(np.str_('long'), strength={number.format(1)}, reason=np.str_('x'), order=OrderTerms("
        f"order_type=np.str_('limit'), limit_price={number.format(99)}, quantity={number.format(5)}, "
        f"time_in_force='gtd', good_till=np.int64(bar.timestamp + 10 * 86400 * 10**9)), "
        f"exits=ExitTerms(stop_loss={number.format(95)}, take_profit={number.format(103)}))"
    )
    for name, number in {"float": "float({})", **NUMBERS}.items()
}
FEES = ("commission", "slippage")


def module():
    """The user's file: each saying on a line of its own."""
    said = {
        "SAYINGS": ("bar", {**LINES, **RETURNED, **ACCEPTED}),
        "ANSWERS": ("asked", ANSWERS),
        "TARGETS": ("close", TARGETS),
    }
    parts = [HEAD]
    for name, (parameter, sayings) in said.items():
        parts += [f"{name} = {{\n", *(f"    {k!r}: lambda {parameter}: {v},\n" for k, v in sayings.items()), "}\n"]
    return "".join(parts)


MODULE = module()
SHARED = """
name: sayings
containers:
  - {id: data_x, type: data, source: {path: bars.csv, symbol: X}}
  - {id: broker, type: execution, commission: {name: per_share, amount: 0.01}}
"""
INNOCENT = """
  - {id: innocent, type: portfolio, inputs: [data_x], execution: broker, event_tracing: {mode: full}, strategy: {name: sayings.Steady}}
  - {id: holds, type: portfolio, inputs: [data_x], execution: broker, strategy: {name: buy_and_hold}}
"""
OF_MODELS = "".join(
    f"  - {{id: fees_{key}_{kind}, type: execution, {key}: {{name: sayings.answer, kind: {kind}}}}}\n"
    f"  - {{id: beside_{key}_{kind}, type: portfolio, inputs: [data_x], execution: fees_{key}_{kind}, "
    "sizing: {name: fixed_quantity, quantity: 1}, strategy: {name: sayings.Steady}}\n"
    for key in FEES
    for kind in ANSWERS
)


def culprits():
    """Portfolios whose code goes wrong, all of them at the innocent ones' execution container."""
    for kind in (*LINES, *RETURNED):
        yield f"  - {{id: odd_{kind}, type: portfolio, inputs: [data_x], execution: broker, strategy: {{name: sayings.Says, kind: {kind!r}}}}}\n"
    for kind in ANSWERS:
        sizing = f"sizing: {{name: sayings.units, kind: {kind}}}"
        yield f"  - {{id: odd_size_{kind}, type: portfolio, inputs: [data_x], execution: broker, {sizing}, strategy: {{name: buy_and_hold}}}}\n"
        for key in FEES:
            yield (
                f"  - {{id: odd_{key}_{kind}, type: portfolio, inputs: [data_x], execution: fees_{key}_{kind}, "
                "sizing: {name: fixed_quantity, quantity: 7}, strategy: {name: buy_and_hold}}\n"
            )
    for kind in TARGETS:
        yield f"  - {{id: odd_targets_{kind}, type: portfolio, inputs: [data_x], execution: broker, strategy: {{name: sayings.targets, kind: {kind}}}}}\n"
    yield "  - {id: odd_unmade, type: portfolio, inputs: [data_x], execution: broker, sizing: {name: sayings.Opens}, strategy: {name: buy_and_hold}}\n"


def write(folder, containers, models=OF_MODELS):
    """A folder with the user's file, bars that go up and down, and a config."""
    closes = [100.0, 100.0, 98.0, 101.0, 104.0, 100.0, 97.0, 99.0, 103.0, 106.0, 101.0, 100.0]
    rows = [f"2020-01-{day:02},{c},{c + 1},{c - 1.5},{c},1000" for day, c in enumerate(closes, 1)]
    (folder / "bars.csv").write_text("\n".join(["date,open,high,low,close,volume", *rows]) + "\n")
    (folder / "sayings.py").write_text(MODULE, encoding="utf-8", errors="surrogatepass")
    (folder / "sayings.yaml").write_text(
        SHARED + INNOCENT + models + containers + "results: {trades: true, equity: true}\n"
    )
    return folder / "sayings.yaml"


def without_run_id(tree):
    """The files of a run, but for what names the run, which depends on the config."""
    id_ = read_json(tree / "run.json")["correlation_id"].encode()
    return {name: data.replace(id_, b"") for name, data in files_of(tree, without=["run.json"]).items()}


def line_of(text):
    """The number of the first line of the user's file that begins so."""
    return next(n for n, line in enumerate(MODULE.splitlines(), 1) if line.strip().startswith(text))


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The files of a run without those that go wrong."""
    folder = tmp_path_factory.mktemp("alone")
    assert run(write(folder, ""), "--output", folder / "out", "--quiet").exit_code == 0
    return without_run_id(folder / "out")


@pytest.fixture(
    scope="module", params=[(1, "auto"), (1, "event"), (2, "auto")], ids=["columns", "events", "two workers"]
)
def outcome(request, tmp_path_factory):
    """What a run comes to in which everything goes wrong that can, beside innocent portfolios."""
    folder, (workers, path) = tmp_path_factory.mktemp("all"), request.param
    config = write(folder, "".join(culprits()))
    came = run(config, "--output", folder / "out", "--quiet", "--workers", workers, "--path", path)
    return came, folder / "out"


@pytest.fixture(scope="module")
def results(outcome):
    return results_of(outcome[1])


def test_e6_the_run_ends_as_a_run_does_whose_lanes_failed(outcome):
    came, tree = outcome
    assert came.exit_code == 1, came.stderr
    assert read_json(tree / "run.json")["status"] == "failed"
    assert "Traceback" not in came.stderr


def test_e6_an_innocent_portfolio_leaves_the_bytes_that_it_leaves_alone(outcome, alone):
    files = without_run_id(outcome[1])
    theirs = [name for name in alone if name.startswith(("innocent", "holds", "beside_", "data_x"))]
    assert len(theirs) > 2 * len(ANSWERS)
    assert {name: files[name] for name in theirs} == {name: alone[name] for name in theirs}


def test_e6_the_execution_container_that_they_share_has_not_failed(results):
    shared = [result for id_, result in results.items() if id_.startswith(("broker", "fees_"))]
    assert {result["status"] for result in shared} == {"completed"}


def failed_at(results, id_, line):
    result = results[id_]
    assert result["status"] == "failed"
    assert re.search(rf", at sayings\.py:{line}(\n|$)", result["error"]), result["error"]
    return result["error"]


@pytest.mark.parametrize("kind", LINES)
def test_e6_a_wrong_value_fails_its_lane_at_the_line_that_made_it(results, kind):
    line = {"recursion": line_of("return deep")}.get(kind, line_of(f"{kind!r}:"))
    failed_at(results, f"odd_{kind}", line_of("raise error") if "boom" in LINES[kind] else line)


@pytest.mark.parametrize("kind", RETURNED)
def test_e6_a_wrong_decision_fails_its_lane_where_the_method_begins_that_returned_it(results, kind):
    failed_at(results, f"odd_{kind}", line_of("class Says") + 6)


@pytest.mark.parametrize("kind", ANSWERS)
def test_e6_a_wrong_answer_of_a_model_fails_the_lane_that_asked(results, kind):
    raises = line_of("raise error") if "boom" in ANSWERS[kind] else 0
    failed_at(results, f"odd_size_{kind}", raises or line_of("def units(entry, kind)"))
    for key in FEES:
        failed_at(results, f"odd_{key}_{kind}", raises or line_of("def answer"))


@pytest.mark.parametrize("kind", TARGETS)
def test_e6_wrong_targets_fail_their_lane(results, kind):
    failed_at(results, f"odd_targets_{kind}", line_of("raise error" if "boom" in TARGETS[kind] else "def targets"))


def test_e6_a_model_that_cannot_be_made_fails_its_lane(results):
    failed_at(results, "odd_unmade", line_of('open("no such file")'))


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("order_quantity_decimal", "OrderTerms: quantity is Decimal('5'): expected a number, such as float(...) of it"),
        ("order_limit_price_true", "OrderTerms: limit_price is True: expected a number"),
        ("order_stop_price_huge", "OrderTerms: stop_price is too large for a number"),
        ("time_in_force_0", "time_in_force is 'IOC ': expected day, gtc, ioc or gtd; did you mean 'ioc'?"),
        ("good_till_1", "good_till is datetime.datetime(2020, 2, 1, 0, 0): expected ns since 1970 in UTC"),
        ("till_without_gtd", "good_till and time_in_force 'gtd' belong together: one of them is missing"),
        ("direction_0", "direction is 'Long': expected long, flat or short; did you mean 'long'?"),
        ("reason_3", r"reason is '\ud800': expected a text without halves of characters"),
        ("order_0", "order is {'order_type': 'limit'}: expected OrderTerms(...) or None"),
        ("limit_with_stop", "a limit order takes no stop_price"),
        ("trail_without_distance", "needs a trail_amount or a trail_percent: neither is given"),
        ("stop_above_limit", "a stop loss at 95.0 is not below the price 90.0 at which the order enters long"),
        ("raises_5", "Broken, at"),
        ("raises_8", r"ValueError: \ud800, at"),
    ],
)
def test_the_message_says_what_is_wrong_and_what_is_expected(results, kind, message):
    assert message in results[f"odd_{kind}"]["error"]


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    """Portfolios that say the same in numbers of all kinds."""
    folder = tmp_path_factory.mktemp("taken")
    containers = "".join(
        f"  - {{id: takes_{name}, type: portfolio, inputs: [data_x], execution: broker, event_tracing: {{mode: full}}, "
        f"strategy: {{name: sayings.Says, kind: {name}}}}}\n"
        for name in ACCEPTED
    )
    assert run(write(folder, containers), "--output", folder / "out", "--quiet").exit_code == 0
    return files_of(folder / "out")


@pytest.mark.parametrize("name", NUMBERS)
def test_y3_a_number_is_a_number_in_any_dress(taken, name):
    def of(kind):
        own = {file: data for file, data in taken.items() if file.startswith(f"takes_{kind}/")}
        opened = {file: gzip.decompress(data) if file.endswith(".gz") else data for file, data in own.items()}
        return {file.partition("/")[2]: data.replace(f"takes_{kind}".encode(), b"") for file, data in opened.items()}

    assert any(b"FILL" in data for data in of(name).values())
    assert of(name) == of("float")


def broken(original, concerned, error):
    """A method that raises where what it does concerns the portfolio that is to fail, and else is what it was."""

    def method(self, *arguments, **named):
        if concerned(self, arguments):
            raise error
        return original(self, *arguments, **named)

    return method


def concerns_holds(self, arguments):
    """Whether this is about the portfolio `holds`, which is to fail, and has not yet."""
    if isinstance(self, EventTracer):
        return self.trace_id == "holds"
    if isinstance(self, Simulation):
        return "holds" in self.containers
    if isinstance(self, MetricsObserver):
        return arguments[0].correlation_id == "holds#1"
    about = [
        each
        for each in (self, *arguments)
        if "holds" in (getattr(each, "container_id", ""), getattr(each, "source", ""))
    ]
    return bool(about) and getattr(about[0], "status", "") != "failed"


@pytest.mark.parametrize(
    ("error", "path"),
    [(RuntimeError("no one foresaw this"), "auto"), (TypeError(), "event")],
    ids=["columns", "events"],
)
@pytest.mark.parametrize(
    "place",
    [
        (PortfolioContainer, "start"),
        (PortfolioContainer, "settle"),
        (PortfolioContainer, "_measure"),
        (PortfolioContainer, "_on_fill"),
        (PortfolioContainer, "_finish"),
        (LanePortfolio, "start"),
        (LanePortfolio, "settle"),
        (LanePortfolio, "_measure"),
        (LanePortfolio, "order_counts"),
        (MetricsObserver, "observe"),
        (EventTracer, "close"),
        (EventTracer, "observe"),
        (Desk, "take"),
        (Part, "_result"),
        (Simulation, "run"),
    ],
    ids=lambda place: f"{place[0].__name__}.{place[1]}",
)
def test_e6_whatever_goes_wrong_in_one_lane_wherever_costs_that_lane(tmp_path, monkeypatch, alone, place, error, path):  # noqa: PLR0917 - fixtures
    """The portfolio is also traced, so that what traces it can break."""
    owner, name = place
    monkeypatch.setattr(owner, name, broken(getattr(owner, name), concerns_holds, error))
    traced = "trace_settings: {container_settings: {holds: {enabled: true, mode: full}}}\n"
    config = write(tmp_path, traced, models="")
    came = run(config, "--output", tmp_path / "out", "--quiet", "--workers", 1, "--path", path)
    results, files = results_of(tmp_path / "out"), without_run_id(tmp_path / "out")
    assert read_json(tmp_path / "out" / "run.json")["status"] == ("failed" if came.exit_code else "completed")
    if results["holds"]["status"] == "failed":
        assert came.exit_code == 1
        assert results["holds"]["error"].startswith(type(error).__name__)
    else:
        assert came.exit_code == 0
        assert path == "auto" or owner is LanePortfolio  # it is not asked on that path
    theirs = [name for name in alone if name.startswith(("innocent", "data_x"))]
    assert {name: files[name] for name in theirs} == {name: alone[name] for name in theirs}
