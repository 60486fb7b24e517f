"""Rule C4: `${NAME}` and `${NAME:-default}` in the values of a config."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.config_file import read_config
from engine.config.errors import ConfigErrors, Problems
from engine.config.node import Mark, Scalar
from engine.config.variables import MOST_CHARACTERS, Variables

BASE = """\
name: "{name}"
containers:
  - {{id: data_x, type: data, source: {{path: bars.csv, symbol: X}}}}
  - id: portfolio_1
    type: portfolio
    inputs: [data_x]
    cash: {cash}
    days_per_year: {days}
    close_at_end: {close}
    strategy: {{name: my.Own, value: {value}}}
"""


def text(name="n", cash="1", days="252", close="true", value="1"):
    return BASE.format(name=name, cash=cash, days=days, close=close, value=value)


def load(tmp_path, written, **variables):
    file = tmp_path / "c.yaml"
    file.write_text(written)
    return read_config(file, "c.yaml", variables=variables).config


def problems(tmp_path, written, **variables):
    with pytest.raises(ConfigErrors) as caught:
        load(tmp_path, written, **variables)
    return str(caught.value).split("\n")


@pytest.mark.parametrize(
    ("written", "variables", "name"),
    [
        ("${A}", {"A": "x"}, "x"),
        ("${A}-${B_2}.", {"A": "x", "B_2": "y z"}, "x-y z."),
        ("${A:-d}", {}, "d"),
        ("${A:-d}", {"A": ""}, "d"),
        ("${A:-d}", {"A": "x"}, "x"),
        ("a${A:-}b", {}, "ab"),
        ("a${A}b", {"A": ""}, "ab"),
        ("${A:-a b:-c}", {}, "a b:-c"),
        ("$${A}", {"A": "x"}, "${A}"),
        ("$$${A}", {"A": "x"}, "$${A}"),
        ("$A {A} $ {A}", {"A": "x"}, "$A {A} $ {A}"),
        ("${A}", {"A": "${B}", "B": "no"}, "${B}"),
        ("${A}", {"A": "{fast}: [1, *x] # y"}, "{fast}: [1, *x] # y"),
    ],
)
def test_c4_variables_stand_in_texts(tmp_path, written, variables, name):
    assert load(tmp_path, text(name=written), **variables).name == name


def test_c4_the_text_is_read_as_the_type_of_the_field_in_quotes_or_not(tmp_path):
    written = text(cash='"${CASH}"', days="1${TENS}", close='"${CLOSE}"')
    portfolio = load(tmp_path, written, CASH="1e3", TENS="00", CLOSE="no").containers[1]
    assert (portfolio.cash, portfolio.days_per_year, portfolio.close_at_end) == (1000.0, 100, False)


def test_c4_where_no_type_is_stated_quotes_keep_it_text(tmp_path):
    assert load(tmp_path, text(value='"${V}"'), V="5").containers[1].strategy.parameters == {"value": "5"}
    block = text().replace("{name: my.Own, value: 1}", "\n      name: my.Own\n      value: ${V}")
    assert load(tmp_path, block, V="5").containers[1].strategy.parameters == {"value": 5}


@pytest.mark.parametrize("value", ["[1]", "{a: 1}", "&x 1", "*x", "!!int 1", "1 # one", "", "~"])
def test_c4_what_a_variable_holds_is_never_yaml(tmp_path, value):
    (line,) = problems(tmp_path, text(cash="${CASH}"), CASH=value)
    assert line.startswith("c.yaml:7:11: containers.1.cash: ")
    assert "expected a number" in line


def test_c4_nothing_is_no_mapping_when_it_comes_from_outside(tmp_path):
    (line,) = problems(tmp_path, text() + "results: ${R}\n", R="")
    assert line == "c.yaml:11:10: results: nothing: expected a mapping"
    assert load(tmp_path, text(days="${DAYS}"), DAYS="").containers[1].days_per_year is None


def test_c4_a_variable_that_is_not_set_is_a_located_mistake_with_the_nearest(tmp_path):
    assert problems(tmp_path, text(name="x ${DATA_DR}", cash="${Q}"), DATA_DIR="x") == [
        (
            "c.yaml:1:7: name: x ${DATA_DR}: DATA_DR is not set: set it, or give a default as in ${DATA_DR:-...}; "
            "did you mean 'DATA_DIR'?"
        ),
        "c.yaml:7:11: containers.1.cash: ${Q}: Q is not set: set it, or give a default as in ${Q:-...}",
    ]


def test_c4_it_is_none_where_its_value_does_not_count(tmp_path):
    written = text() + "environment: ${ENV:-test}\ntest: {name: t}\nproduction: {name: '${SECRET}', seed: '${S}'}\n"
    assert load(tmp_path, written).name == "t"
    assert [line.split(": ")[1] for line in problems(tmp_path, written, ENV="production")] == ["name", "seed"]
    assert load(tmp_path, written, ENV="production", SECRET="s", S="4").seed == 4  # noqa: S106 - no password


def test_c4_an_assignment_replaces_one_that_is_not_set(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text(text(cash="${CASH}"))
    config = read_config(file, "c.yaml", assignments=["containers.1.cash=7"], variables={}).config
    assert config.containers[1].cash == 7


@pytest.mark.parametrize(
    "written", ["${", "${}", "${1A}", "${A", "${A:d}", "${A-d}", "${A:-${B}}", "${A:-{b}}", "${ A }"]
)
def test_c4_a_malformed_reference_is_refused_in_unused_blocks_too(tmp_path, written):
    (line,) = problems(tmp_path, text() + f"production:\n  name: '{written}'\n", A="x", B="y")
    assert line.startswith("c.yaml:12:9: production.name: ")
    assert "expected ${NAME} or ${NAME:-default}" in line


@pytest.mark.parametrize("written", ["'${A}': 1", "? &k ${A}\n: 1", "name2: &k '${A}'\n*k : 1"])
def test_c4_keys_are_literal(tmp_path, written):
    assert any(
        "variables stand in values, not in keys" in line for line in problems(tmp_path, f"{written}\n" + text(), A="x")
    )


def test_control_characters_and_halves_of_characters_are_refused(tmp_path):
    for value, shown in (("a\x1b[31m", "'\\x1b'"), ("\udcff", "'\\udcff'")):
        (line,) = problems(tmp_path, text(name="${A}"), A=value)
        assert line == f"c.yaml:1:7: name: ${{A}}: A holds the character {shown}, which cannot stand in a text"


def test_variables_cannot_fill_the_memory(tmp_path):
    written = text() + "environments: [" + ", ".join(["'${A}'"] * 200) + "]\n"
    assert any(
        f"hold more than {MOST_CHARACTERS:,} characters" in line
        for line in problems(tmp_path, written, A="x" * 100_000)
    )


def test_sweep_parameters_stand_beside_variables_and_never_come_from_them(tmp_path):
    written = (
        text(value='"${DIR}/{s}"', cash='"{c}"')
        .replace("id: portfolio_1", "id: '${P:-p}_{s}'")
        .replace("    cash", "    sweep: {s: [a, '${S}'], c: ['${C}']}\n    cash")
    )
    containers = load(tmp_path, written, DIR="{s}", S="b", C="50").containers[1:]
    assert [each.id for each in containers] == ["p_a", "p_b"]
    assert [each.strategy.parameters["value"] for each in containers] == ["{s}/a", "{s}/b"]
    assert [each.cash for each in containers] == [50.0, 50.0]


def test_an_escaped_reference_is_no_sweep_parameter(tmp_path):
    written = (
        text(value='"$${s}{s}"').replace("portfolio_1", "p_{s}").replace("    cash", "    sweep: {s: [a]}\n    cash")
    )
    assert load(tmp_path, written).containers[1].strategy.parameters == {"value": "${s}a"}


def test_the_plan_sees_the_value_not_the_variable(tmp_path):
    assert load(tmp_path, text(cash="${CASH}"), CASH="5") == load(tmp_path, text(cash="5"))


PIECES = st.lists(st.sampled_from(["${A}", "${B:-d}", "$${A}", "{a}", "x", "$", "}"]), max_size=8)


@given(pieces=PIECES, a=st.text(max_size=5).filter(lambda text: text.isprintable()))
def test_every_piece_means_the_same_wherever_it_stands(pieces, a):
    meant = {"${A}": a, "${B:-d}": "d", "$${A}": "${A}"}
    written = "|".join(pieces)
    filled = Variables({"A": a}, Problems()).filled(Scalar(written, quoted=True, at=Mark("c", 1, 1)), ())
    assert filled.text == "|".join(meant.get(piece, piece) for piece in pieces)
