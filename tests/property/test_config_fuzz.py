"""Any YAML either loads or is refused with located lines (rule C5)."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.config_file import read_config
from engine.config.errors import ConfigErrors

WHOLE = """\
name: fuzzed
environment: development
containers:
  - id: data_x
    type: data
    source: {path: bars.csv, symbol: X, columns: {volume: v}}
  - id: "portfolio_{fast}"
    type: portfolio
    inputs: [data_x]
    cash: 1000000
    sweep:
      fast: {range: {from: 5, to: 8, step: 1}}
      where: "fast < 7 and not fast == 6"
    features:
      fast: {indicator: SMA, timeperiod: "{fast}"}
      slow: {indicator: SMA, timeperiod: 50}
    strategy: {name: crossover, fast: fast, slow: slow, direction: long}
    sizing: {name: fixed_quantity, quantity: 1}
    event_tracing: [FILL]
  - id: analysis_1
    type: analysis
    inputs: [data_x, "portfolio_*"]
    event_tracing: {mode: full, storage_config: {compression: true}}
trace_settings:
  container_settings:
    "portfolio_*": &p {enabled: true, events_to_trace: ALL}
development:
  trace_settings:
    overrides:
      - {pattern: "data_*", <<: *p}
"""
WORDS = re.findall(r"[\w.*]+", WHOLE)
PIECES = st.sampled_from(
    [
        *[
            "~",
            "",
            "[]",
            "{}",
            "- ",
            "NO",
            "12:30",
            "1e-4",
            "-1",
            "0",
            "'",
            '"',
            "{",
            "}",
            "[",
            "]",
            "*p",
            "&p ",
            "!!str ",
            "!x ",
        ],
        *[
            "<<: ",
            ": ",
            "\t",
            "\n",
            "\n  ",
            "#",
            "|",
            "> \n",
            "1e999",
            ".inf",
            "é",
            "\u2028",
            "%",
            "@",
            "? ",
            "...\n",
            "---\n",
        ],
        *[
            '"{fast}"',
            "{fast}",
            "[1, 2]",
            "0x1F",
            "010",
            "1_000",
            "9" * 30,
            "*",
            "[!]",
            "sweep: {a: [1,2]}",
            "where: a",
            "../x",
        ],
        *[
            "extends: c.yaml",
            "extends: ",
            "${",
            "${A}",
            "${A:-1}",
            "$${A}",
            "random: {samples: 3}",
            "sobol: {samples: 2}",
        ],
        *["{uniform: {from: 1, to: 2}}", "{integers: {from: 1, to: 2}}", "{choice: [1, 2]}", "zip: {a: [1], b: [2]}"],
        *["environments: [qa]", "qa: {}", '"\\0"', "\0", "\ufeff", "😀", *WORDS],
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=8)
KEYS = st.sampled_from([word for word in WORDS if word.isidentifier()]) | st.text(max_size=3)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)


@pytest.fixture(scope="module")
def config_file(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "c.yaml"


def check(file, text):
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    lines = len(re.split("\r\n|[\r\n\x85\u2028\u2029]", text)) + 1
    for problem in answer(file):
        place = re.match(r"c\.yaml:(\d+):(\d+): \S", problem)
        assert place, problem
        assert 1 <= int(place[1]) <= lines
        assert problem.isprintable()


def answer(file, *assignments, environment=None):
    """What is wrong with the file and the options; nothing if it loads."""
    options = {"assignments": assignments, "environment": environment, "variables": {"A": "{fast}"}}
    try:
        return [] if read_config(file, "c.yaml", **options).config.containers else ["loaded without containers"]
    except ConfigErrors as error:
        return str(error).split("\n")


@given(edits=st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 12), PIECES), min_size=1, max_size=5))
@pytest.mark.examples(100, 400)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_c5_a_config_with_anything_cut_out_and_put_in_is_answered(config_file, edits):
    text = WHOLE
    for at, length, piece in edits:
        text = text[:at] + piece + text[at + length :]
    check(config_file, text)


@given(tree=st.dictionaries(KEYS, TREES, max_size=6) | TREES)
@pytest.mark.examples(80, 300)
def test_c5_a_tree_of_anything_is_answered(config_file, tree):
    check(config_file, flow(tree))


@given(text=st.text(max_size=60))
@pytest.mark.examples(80, 300)
def test_c5_any_text_is_answered(config_file, text):
    check(config_file, text.encode("utf-8", "ignore").decode())


STEPS = st.lists(st.sampled_from([*WORDS, "0", "2", "portfolio_{fast}", "portfolio_5", "{", "", "-1"]), max_size=5)


@given(
    assignments=st.lists(st.tuples(STEPS, st.sampled_from([".", "=", ""]), PIECES) | st.text(max_size=12), max_size=3),
    environment=st.none() | st.sampled_from(["production", "x", ""]) | st.text(max_size=3),
)
@pytest.mark.examples(80, 300)
def test_c5_any_option_is_answered_in_one_line_that_names_it(config_file, assignments, environment):
    config_file.write_text(WHOLE, encoding="utf-8")
    texts = [each if isinstance(each, str) else ".".join(each[0]) + each[1] + "=" + each[2] for each in assignments]
    for problem in answer(config_file, *texts, environment=environment):
        assert problem.startswith(("--set ", "--env ", "c.yaml:"))
        assert problem.isprintable()


def flow(tree):
    """A tree in YAML's flow style; texts sometimes quoted, sometimes not."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(flow, tree)) + "]"
    if isinstance(tree, str) and not tree.isidentifier():
        return "'" + tree.encode("utf-8", "ignore").decode().replace("'", "''") + "'"
    return "~" if tree is None else str(tree)
