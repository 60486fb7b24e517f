"""Rule C2: one container written, many meant."""

import pytest

from cli.config_file import read_config
from engine.config.errors import ConfigErrors

HEAD = "containers:\n  - {id: data_x, type: data, source: {path: bars.csv, symbol: X}}\n"


def load(tmp_path, text):
    file = tmp_path / "c.yaml"
    file.write_text(HEAD + text)
    return read_config(file, "c.yaml")


def portfolio(sweep, **changes):
    fields = {
        "id": "portfolio_{fast}_{slow}",
        "type": "portfolio",
        "inputs": "[data_x]",
        "sweep": sweep,
        "features": '{fast: {indicator: SMA, timeperiod: "{fast}"}, slow: {indicator: SMA, timeperiod: "{slow}"}}',
        "strategy": "{name: crossover, fast: fast, slow: slow}",
        **changes,
    }
    lines = [f"{key}: {value}" for key, value in fields.items()]
    return "  - " + "\n    ".join(lines) + "\n"


def ids(loaded):
    return [container.id for container in loaded.config.containers[1:]]


def test_c2_lists_and_ranges_multiply_and_the_last_parameter_changes_fastest(tmp_path):
    loaded = load(tmp_path, portfolio("{fast: [5, 7], slow: {range: {from: 50, to: 60, step: 5}}}"))
    assert ids(loaded) == [f"portfolio_{fast}_{slow}" for fast in (5, 7) for slow in (50, 55, 60)]


def test_c2_where_keeps_the_combinations_that_meet_it(tmp_path):
    loaded = load(tmp_path, portfolio('{fast: [5, 70], slow: [50, 90], where: "fast < slow and slow / fast > 1.3"}'))
    assert ids(loaded) == ["portfolio_5_50", "portfolio_5_90"]


def test_c2_both_ends_are_included_and_whole_numbers_stay_whole(tmp_path):
    loaded = load(tmp_path, portfolio("{fast: {range: {from: 5, to: 44, step: 1}}, slow: [50]}"))
    assert len(ids(loaded)) == 40
    spec = loaded.config.containers[-1].features["fast"]
    assert spec.parameters == (("timeperiod", 44),)
    assert type(spec.parameters[0][1]) is int


def test_c2_decimal_steps_are_exact(tmp_path):
    text = portfolio(
        "{fast: {range: {from: 0.1, to: 0.7, step: 0.1}}, slow: [5]}",
        features="{}",
        cash='"{fast}"',
        strategy="{name: buy_and_hold}",
    )
    loaded = load(tmp_path, text)
    assert ids(loaded) == [f"portfolio_0.{n}_5" for n in range(1, 8)]
    assert [c.cash for c in loaded.config.containers[1:]] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]


def test_c2_ranges_may_go_down(tmp_path):
    assert ids(load(tmp_path, portfolio("{fast: {range: {from: 7, to: 5, step: -1}}, slow: [50]}"))) == [
        "portfolio_7_50",
        "portfolio_6_50",
        "portfolio_5_50",
    ]


def test_c2_a_range_that_does_not_reach_its_end_is_a_warning(tmp_path):
    loaded = load(tmp_path, portfolio("{fast: {range: {from: 5, to: 10, step: 3}}, slow: [50]}"))
    assert ids(loaded)[-1] == "portfolio_8_50"
    (warning,) = loaded.warnings
    assert "do not reach 10: the last value is 8" in str(warning)
    assert str(warning).startswith("c.yaml:6:27: containers.1.sweep.fast.range: ")


def test_c2_a_whole_value_takes_the_parameters_type_and_inside_a_text_it_is_formatted(tmp_path):
    own = '{name: my.Strategy, number: "{fast}", text: "{slow}", mixed: "v{fast}-{slow}", literal: "{"}'
    loaded = load(tmp_path, portfolio("{fast: [5, 0.5], slow: ['7']}", features="{}", strategy=own))
    first, second = (c.strategy.parameters for c in loaded.config.containers[1:])
    assert first == {"number": 5, "text": "7", "mixed": "v5-7", "literal": "{"}
    assert second["number"] == 0.5
    assert type(first["number"]) is int


def test_c2_a_formatted_value_is_a_text_never_a_number(tmp_path):
    with pytest.raises(ConfigErrors, match="cash: 15: expected a number"):
        load(tmp_path, portfolio("{fast: [5], slow: [50]}", cash='"1{fast}"'))


def test_c2_any_container_can_be_swept_and_others_name_its_copies(tmp_path):
    text = (
        '  - {id: "data_{s}", type: data, sweep: {s: [A, B]}, source: {path: "{s}.csv", symbol: "{s}"}}\n'
        + portfolio("{s: [A, B]}", id='"p_{s}"', inputs='["data_{s}"]', features="{}", strategy="{name: buy_and_hold}")
        + '  - {id: all, type: analysis, inputs: ["p_*", data_A]}\n'
    )
    containers = load(tmp_path, text).config.containers
    assert [c.id for c in containers] == ["data_x", "data_A", "data_B", "p_A", "p_B", "all"]
    assert [c.inputs for c in containers[3:]] == [["data_A"], ["data_B"], ["p_A", "p_B", "data_A"]]
    assert containers[2].source.path == "B.csv"


def test_texts_of_parameters_are_literal(tmp_path):
    text = portfolio("{s: ['NO', 1e-4, 5]}", id='"p_{s}"', features="{}", strategy="{name: buy_and_hold}")
    assert ids(load(tmp_path, text)) == ["p_NO", "p_1e-4", "p_5"]


def test_a_mistake_in_a_template_is_reported_once(tmp_path):
    with pytest.raises(ConfigErrors) as caught:
        load(tmp_path, portfolio("{fast: {range: {from: 1, to: 99}}, slow: [50, 60]}", cash="x", inputs="[data_y]"))
    assert len(caught.value.problems) == 2


def test_mistakes_in_a_sweep_and_beside_it_are_reported_together(tmp_path):
    with pytest.raises(ConfigErrors) as caught:
        load(
            tmp_path,
            portfolio("{fast: [], slow: [50]}", cash="x") + "  - {id: a, type: analysis, inputs: ['portfolio_*']}\n",
        )
    assert [p.dotted_path for p in caught.value.problems] == ["containers.1.sweep.fast", "containers.1.cash"]


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        ("{fast: {range: {from: 1, to: 1e12}}, slow: [5]}", "a parameter has at most 1,000,000"),
        ("{fast: {range: {from: 1, to: 2000}}, slow: {range: {from: 1, to: 2000}}}", "4,000,000 combinations"),
        ("{fast: {range: {from: 1, to: 317}}, slow: {range: {from: 1, to: 317}}}", "more than 100,000 containers"),
        ("{fast: {range: {from: 1, to: 1e-300, step: 1}}, slow: [5]}", "at most 30 digits"),
        ("{fast: [[1]], slow: [5]}", "expected a number or a text"),
        ("{fast: [NO], slow: [5]}", "quote it"),
        ("{product: [1], fast: [1], slow: [5]}", "product is no parameter"),
        ("{where: '1 > 0'}", "expected parameters with their values"),
        ("5", "expected parameters with their values"),
        ("{fast: [1], slow: [5], where: 7}", "expected a comparison"),
        ("{fast: [1], slow: [5], where: [x]}", "expected a condition"),
    ],
)
def test_c2_sweeps_that_are_refused(tmp_path, sweep, said):
    with pytest.raises(ConfigErrors, match=said):
        load(tmp_path, portfolio(sweep))


def test_what_a_faulty_sweep_would_fill_in_is_not_called_a_mistake(tmp_path):
    text = portfolio(
        "{fast: [], s: [data_x]}",
        id='"p_{fast}"',
        inputs='["{s}", "da{s}"]',
        features='{f: {indicator: "{s}"}, g: {indicator: SMA, timeperiod: "{fast}"}}',
        strategy='{name: crossover, fast: "{s}", slow: "x{s}"}',
        sizing='{name: "{s}"}',
    )
    with pytest.raises(ConfigErrors) as caught:
        load(tmp_path, text)
    assert [p.dotted_path for p in caught.value.problems] == ["containers.1.sweep.fast"]


def test_the_column_of_a_fault_in_where_is_that_of_the_file(tmp_path):
    with pytest.raises(ConfigErrors) as caught:
        load(tmp_path, portfolio('{fast: [1], slow: [5], where: "fast < slwo"}'))
    assert (caught.value.problems[0].at.line, caught.value.problems[0].at.column) == (6, 50)


def test_c2_zip_takes_a_value_twice_but_no_point_twice(tmp_path):
    loaded = load(tmp_path, portfolio("{zip: {fast: [6, 6], slow: [200, 220]}}"))
    assert ids(loaded) == ["portfolio_6_200", "portfolio_6_220"]
    with pytest.raises(ConfigErrors) as caught:
        load(tmp_path, portfolio("{zip: {fast: [6, 7, 6], slow: [200, 220, 200]}}"))
    assert str(caught.value.problems[0]) == (
        "c.yaml:6:32: containers.1.sweep.zip.fast.2: 6: "
        "these values stand in zip twice: item 3 of each list repeats item 1"
    )
    assert len(caught.value.problems) == 1


def test_c2_the_parameters_of_each_copy_are_what_the_file_says_in_its_order(tmp_path):
    text = portfolio(
        '{slow: [50, 6.5], zip: {fast: [6, 6], word: ["7", yes_please]}, on: [true]}',
        id='"p_{slow}_{word}"',
        cash='"{fast}"',
        features="{}",
        strategy='{name: my.Strategy, on: "{on}"}',
    )
    loaded = load(tmp_path, text)
    first, second, third, _ = loaded.parameters.values()
    assert list(loaded.parameters) == ["p_50_7", "p_50_yes_please", "p_6.5_7", "p_6.5_yes_please"]
    assert list(first.items()) == [("slow", 50), ("fast", 6), ("word", "7"), ("on", True)]
    assert [type(value) for value in first.values()] == [int, int, str, bool]
    assert (second["word"], third["slow"]) == ("yes_please", 6.5)
    assert "data_x" not in loaded.parameters
