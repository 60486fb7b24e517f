"""Rule C2: sweeps that go in step (`zip`), or are drawn by chance or by the Sobol sequence."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import qmc

from cli.config_file import read_config
from engine.config.distributions import SHARE_BITS, read_distribution
from engine.config.errors import ConfigErrors, Problems
from engine.config.node import Entry, Mapping, Mark, Scalar

DATA = "  - {id: data_x, type: data, source: {path: bars.csv, symbol: X}}\n"


def portfolio(sweep, id_="p", seed=1):
    names = [name for name in "abcd" if re.search(rf"\b{name}:", sweep)]
    strategy = ", ".join(f'{name}: "{{{name}}}"' for name in names)
    full = id_ + "".join(f"_{{{name}}}" for name in names)
    return (
        f"seed: {seed}\ncontainers:\n{DATA}  - id: '{full}'\n    type: portfolio\n    inputs: [data_x]\n"
        f"    sweep: {sweep}\n    strategy: {{name: my.Own, {strategy}}}\n"
    )


def points(tmp_path, sweep, **options):
    """The values of each copy, in the order of their names."""
    file = tmp_path / "c.yaml"
    file.write_text(portfolio(sweep, **options))
    return [tuple(each.strategy.parameters.values()) for each in read_config(file, "c.yaml").config.containers[1:]]


def problems(tmp_path, sweep):
    with pytest.raises(ConfigErrors) as caught:
        points(tmp_path, sweep)
    return str(caught.value).split("\n")


def test_c2_zip_takes_lists_in_step_and_multiplies_with_the_rest(tmp_path):
    assert points(tmp_path, "{zip: {a: [1, 2], b: {range: {from: 5, to: 6}}}, c: [x, y]}") == [
        (1, 5, "x"),
        (1, 5, "y"),
        (2, 6, "x"),
        (2, 6, "y"),
    ]


def test_c2_axes_come_in_the_order_of_the_file(tmp_path):
    assert points(tmp_path, "{c: [x, y], zip: {a: [1, 2], b: [5, 6]}}") == [
        (1, 5, "x"),
        (2, 6, "x"),
        (1, 5, "y"),
        (2, 6, "y"),
    ]


@pytest.mark.parametrize("method", ["random", "sobol"])
def test_c2_drawn_values_lie_within_their_ranges(tmp_path, method):
    sweep = (
        f"{{{method}: {{samples: 200}}, a: {{integers: {{from: -3, to: 40}}}}, b: {{uniform: {{from: 0.5, to: 1.5}}}}, "
        "c: {loguniform: {from: 1e-4, to: 1}}, d: {choice: [x, 7]}}"
    )
    found = points(tmp_path, sweep)
    assert len(found) == 200
    assert {type(value) for point in found for value in point[:1]} == {int}
    assert {type(value) for point in found for value in point[1:3]} == {float}
    assert all(-3 <= a <= 40 and 0.5 <= b <= 1.5 and 1e-4 <= c <= 1 for a, b, c, _ in found)
    assert {d for *_, d in found} == {"x", 7}
    assert {a for a, *_ in found} >= {-3, 40}
    below = sum(c < 0.01 for _, _, c, _ in found)
    assert 70 < below < 130  # half the decades, not a hundredth of the length


def test_c2_sobol_points_are_those_of_the_sequence(tmp_path):
    found = points(tmp_path, "{sobol: {samples: 64}, a: {uniform: {from: 0, to: 1}}, b: {uniform: {from: -2, to: 2}}}")
    expected = qmc.scale(qmc.Sobol(2, scramble=False).random(64), [0, -2], [1, 2])
    assert found == [(pytest.approx(a, abs=1e-6), pytest.approx(b, abs=1e-6)) for a, b in expected]


def test_c2_chance_starts_at_the_seed_and_at_nothing_else(tmp_path):
    sweep = "{random: {samples: 20}, a: {uniform: {from: 0, to: 1}}}"
    first = points(tmp_path, sweep, seed=1)
    assert points(tmp_path, sweep, seed=1) == first
    assert points(tmp_path, sweep, seed=2) != first
    assert points(tmp_path, sweep, seed=1, id_="other") != first


def test_c2_what_is_drawn_is_the_same_for_ever(tmp_path):
    sweep = "{random: {samples: 3}, a: {integers: {from: 1, to: 1000}}, b: {loguniform: {from: 0.001, to: 10}}}"
    assert points(tmp_path, sweep) == [(582, 9.135216), (570, 1.262868), (234, 0.2601007)]


def test_c2_a_seed_of_its_own_counts_alone(tmp_path):
    sweep = "{random: {samples: 20, seed: 9}, a: {uniform: {from: 0, to: 1}}}"
    assert points(tmp_path, sweep, seed=1) == points(tmp_path, sweep, seed=2, id_="other")
    assert points(tmp_path, sweep.replace("9", "8")) != points(tmp_path, sweep)


def test_c2_more_samples_begin_with_the_same_and_parameters_do_not_disturb_one_another(tmp_path):
    sweep = "{random: {samples: 30, seed: 9}, a: {uniform: {from: 0, to: 1}}}"
    found = points(tmp_path, sweep)
    assert points(tmp_path, sweep.replace("30", "10")) == found[:10]
    both = sweep.replace("a:", "b: {uniform: {from: 0, to: 1}}, a:")
    assert [(a,) for a, _ in points(tmp_path, both)] == found


def test_c2_no_combination_is_drawn_twice(tmp_path):
    for method in ("random", "sobol"):
        found = points(
            tmp_path, f"{{{method}: {{samples: 12}}, a: {{integers: {{from: 1, to: 4}}}}, b: {{choice: [x, y, z]}}}}"
        )
        assert len(set(found)) == len(found) == 12


def test_c2_what_is_drawn_multiplies_with_lists(tmp_path):
    found = points(tmp_path, "{c: [x, y], random: {samples: 5}, a: {uniform: {from: 0, to: 1}}}")
    assert [c for _, c in found] == ["x"] * 5 + ["y"] * 5
    assert [a for a, _ in found[:5]] == [a for a, _ in found[5:]]


@pytest.mark.parametrize(
    ("sweep", "count"),
    [
        ("{zip: {a: [1, 2, 3], b: [3, 2, 1]}, where: a <= b}", 2),
        ("{sobol: {samples: 64}, a: {uniform: {from: 0, to: 1}}, where: a < 0.5}", 32),
        ("{random: {samples: 100}, a: {integers: {from: 1, to: 100}}, where: a <= 50}", 50),
    ],
)
def test_c2_where_filters_every_kind(tmp_path, sweep, count):
    assert len(points(tmp_path, sweep)) == count


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        ("{zip: {a: [1, 2], b: [1, 2, 3]}}", "sweep.zip: a mapping: expected lists of one length: a has 2, b has 3"),
        ("{zip: {a: [1], b: 5}}", "sweep.zip.b: 5: expected a list of values"),
        ("{zip: {a: [1]}, a: [2]}", "sweep.zip.a: this parameter stands in the sweep twice"),
        ("{zip: {a: {uniform: {from: 1, to: 2}}}, random: {samples: 2}, b: {choice: [1, 2]}}", "sweep.zip.a.uniform: unknown key"),
        ("{zip: {}, a: [1]}", "sweep.zip: a mapping: expected lists of one length"),
        ("{zip: {where: [1]}, a: [1]}", "sweep.zip.where: unknown key: where is no parameter"),
        ("{zpi: {a: [1, 2]}, b: [1]}", "sweep.zpi: unknown key; did you mean 'zip'?"),
        ("{sobl: {samples: 2}, a: [1]}", "sweep.sobl: unknown key; did you mean 'sobol'?"),
        ("{product: {samples: 2}, a: [1]}", "sweep.product: unknown key: product is no parameter"),
        ("{random: {samples: 0}, a: {choice: [1]}}", "random.samples: 0: expected a whole number of at least 1 and of at most 100000"),
        ("{random: {samples: 100001}, a: {choice: [1]}}", "random.samples: 100001: expected a whole number"),
        ("{random: {seed: 1}, a: {choice: [1]}}", "sweep.random.samples: missing: expected how many combinations"),
        ("{random: {samples: 1, seed: -1}, a: {choice: [1]}}", "random.seed: -1: expected a whole number of at least 0"),
        ("{random: 5, a: {choice: [1]}}", "sweep.random: 5: expected {samples: 100}"),
        ("{random: {sampels: 5}, a: {choice: [1]}}", "sweep.random.sampels: unknown key; did you mean 'samples'?"),
        ("{sobol: {samples: 1, seed: 1}, a: {choice: [1]}}", "sweep.sobol.seed: unknown key"),
        ("{random: {samples: 1}, sobol: {samples: 1}, a: {choice: [1]}}", "sweep.sobol: random and sobol exclude each other"),
        ("{random: {samples: 1}, a: [1]}", "sweep.random: there is nothing to draw"),
        ("{a: {uniform: {from: 1, to: 2}}}", "sweep.a: this is drawn: expected random: {samples: 100} or sobol"),
        ("{random: {samples: 9}, a: {choice: [1, 2]}}", "sweep.random: a mapping: only 2 different combinations can be drawn"),
        ("{sobol: {samples: 9}, a: {integers: {from: 1, to: 1}}}", "only 1 different combinations can be drawn"),
        ("{random: {samples: 1}, a: {unifrm: {from: 1, to: 2}}}", "sweep.a.unifrm: unknown key; did you mean 'uniform'?"),
        ("{random: {samples: 1}, a: {uniform: {from: 1, to: 2}, choice: [1]}}", "sweep.a.choice: unknown key"),
        ("{random: {samples: 1}, a: {uniform: {from: 2, to: 2}}}", "a.uniform.to: 2: expected a number greater than 2"),
        ("{random: {samples: 1}, a: {integers: {from: 2, to: 1}}}", "a.integers.to: 1: expected a number greater than 2"),
        ("{random: {samples: 1}, a: {integers: {from: 1, to: 2.5}}}", "a.integers.to: 2.5: expected a whole number"),
        ("{random: {samples: 1}, a: {integers: {from: 1, to: 1e20}}}", "integers.to: 1e20: expected a whole number that fits 64 bits"),
        ("{random: {samples: 1}, a: {loguniform: {from: 0, to: 2}}}", "a.loguniform.from: 0: expected a number greater than 0"),
        ("{random: {samples: 1}, a: {uniform: {from: x, to: 2}}}", "a.uniform.from: x: expected a number"),
        ("{random: {samples: 1}, a: {uniform: {to: 2}}}", "a.uniform.from: missing: expected a number"),
        ("{random: {samples: 1}, a: {uniform: {from: 1, to: 2, step: 1}}}", "a.uniform.step: unknown key"),
        ("{random: {samples: 1}, a: {uniform: [1, 2]}}", "a.uniform: a list: expected {from: 1, to: 10}"),
        ("{random: {samples: 1}, a: {choice: 1}}", "a.choice: 1: expected a list of values"),
        ("{random: {samples: 2}, a: {choice: [1, y]}, where: a > 1}", "expected a number, since `where` compares it as one"),
        ("{random: {samples: 100}, a: {uniform: {from: 0, to: 1}}, where: a > 2}", "no combination of the parameters meets `where`"),
        ("{random: {samples: 10000}, a: {integers: {from: 0, to: 1e6}}, b: {range: {from: 1, to: 200}}}", "2,000,000 combinations"),
    ],
)  # fmt: skip
def test_c2_mistakes_are_located_and_the_nearest_is_named(tmp_path, sweep, said):
    lines = problems(tmp_path, sweep)
    assert len({line.partition(": ")[0] for line in lines}) == 1, lines
    assert said in lines[0]
    assert lines[0].startswith("c.yaml:7:")


def test_c2_sobol_has_so_many_dimensions(tmp_path):
    drawn = ", ".join(f"x{n}: {{choice: [1, 2]}}" for n in range(22))
    assert any(
        "22 parameters; sobol draws at most 21: use random" in line
        for line in problems(tmp_path, f"{{sobol: {{samples: 2}}, {drawn}}}")
    )


def test_c2_ten_thousand_are_drawn(tmp_path):
    found = points(
        tmp_path, "{random: {samples: 10000}, a: {integers: {from: 1, to: 100}}, b: {integers: {from: 1, to: 200}}}"
    )
    assert len(set(found)) == 10_000


NUMBERS = st.decimals(-1000, 1000, places=3)


def distribution(kind, low, high):
    at = Mark("c", 1, 1)

    def scalar(text):
        return Scalar(text, quoted=False, at=at)

    ends = {name: Entry(scalar(name), scalar(format(value, "f"))) for name, value in (("from", low), ("to", high))}
    return read_distribution(Entry(scalar(kind), Mapping(ends, at)), (), Problems())


@given(st.sampled_from(["uniform", "loguniform", "integers"]), NUMBERS, NUMBERS, st.integers(0, 2**SHARE_BITS - 1))
@settings(max_examples=300)
def test_a_drawn_number_lies_where_its_share_says(kind, low, high, share):
    low, high = sorted((low, high))
    if kind == "integers":
        low, high = low.to_integral_value(), high.to_integral_value()
    if kind == "loguniform":
        low, high = abs(low) + 1, abs(low) + 1 + abs(high)
    if low == high:
        return
    value = float(distribution(kind, low, high).value(share).text)
    first, last, part = float(low), float(high), share / 2**SHARE_BITS
    if kind == "integers":
        assert (
            value == min(last, math.floor(first + part * (last - first + 1)))
            or abs(value - (first + part * (last - first + 1))) < 1
        )
        return
    expected = first + part * (last - first) if kind == "uniform" else first * (last / first) ** part
    assert first <= value <= last
    assert value == pytest.approx(expected, rel=2e-6, abs=2e-6 * (last - first))
