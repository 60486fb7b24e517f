"""Rule C4: `--set a.b.c=value` over everything, and `--env NAME` over the environment of the file."""

import pytest

from cli.config_file import read_config
from engine.config.errors import ConfigErrors

CONFIG = """\
seed: 1
environment: test
containers:
  - {id: data_x, type: data, source: {path: bars.csv, symbol: X}}
  - id: portfolio_0.1
    type: portfolio
    inputs: [data_x]
    cash: 100
    strategy: {name: buy_and_hold}
    event_tracing: [FILL]
  - id: "p_{n}"
    type: portfolio
    inputs: [data_x]
    sweep: {n: [1, 1.5, 2]}
    cash: "{n}"
    strategy: {name: my.Own, n: "{n}"}
  - {id: c=d, type: execution, commission: [{name: percent, percent: 1}, {name: percent, percent: 2}]}
trace_settings:
  container_settings:
    "p.*": {max_events: 1}
    "p": {max_events: 2}
test: {block_size: 5}
production: {block_size: 6, seed: 6}
"""


def load(tmp_path, *assignments, environment=None, config=CONFIG):
    file = tmp_path / "c.yaml"
    file.write_text(config)
    return read_config(file, "c.yaml", environment=environment, assignments=assignments, variables={"V": "77"})


def problems(tmp_path, *assignments, **options):
    with pytest.raises(ConfigErrors) as caught:
        load(tmp_path, *assignments, **options)
    return str(caught.value).split("\n")


def by_id(loaded):
    return {container.id: container for container in loaded.config.containers}


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        ("seed=7", lambda c: c.seed == 7),
        ("seed= 7 # yaml", lambda c: c.seed == 7),
        ("seed=${V}", lambda c: c.seed == 77),
        ("name=a=b.c", lambda c: c.name == "a=b.c"),
        ("name='5'", lambda c: c.name == "5"),
        ("results={trades: true}", lambda c: c.results.trades),
        ("results.trades=true", lambda c: c.results.trades),
        ("portfolio_settings.storage_config.compression=zstd", lambda c: c.portfolio_settings.storage_config.compression == "zstd"),
        ("block_size=9", lambda c: c.block_size == 9),
        ("containers.0.source.symbol=Y", lambda c: c.containers[0].source.symbol == "Y"),
        ("containers.data_x.source.path=y.csv", lambda c: c.containers[0].source.path == "y.csv"),
        ("containers.data_x.id=portfolio_1", lambda _: True),
        ("containers.portfolio_0.1.cash=5", lambda c: c.containers[1].cash == 5),
        ("containers.1.cash=5", lambda c: c.containers[1].cash == 5),
        ("containers.1.inputs.0=data_x", lambda c: c.containers[1].inputs == ["data_x"]),
        ("containers.1.inputs=[data_x]", lambda c: c.containers[1].inputs == ["data_x"]),
        ("containers.1.event_tracing.0=BAR", lambda c: c.containers[1].event_tracing == ["BAR"]),
        ("containers.1.event_tracing={max_events: 3}", lambda c: c.containers[1].event_tracing.max_events == 3),
        ("containers.1.cash=", None),
        ("containers.c=d.commission.1.percent=3", lambda c: c.containers[5].commission[1].percent == 3),
        ("trace_settings.container_settings.p.*.max_events=8", lambda c: c.trace_settings.container_settings["p.*"].max_events == 8),
        ("trace_settings.container_settings.p.max_events=8", lambda c: c.trace_settings.container_settings["p"].max_events == 8),
        ("trace_settings.default.enabled=true", lambda c: c.trace_settings.default.enabled),
    ],
)  # fmt: skip
def test_c4_one_value_is_set_over_everything(tmp_path, assignment, value):
    if value is None:
        assert problems(tmp_path, assignment) == [
            f"--set {assignment}: containers.1.cash: nothing: expected a number greater than 0"
        ]
    elif ".id=" in assignment:
        assert problems(tmp_path, assignment)[0].startswith("c.yaml:7:14: containers.1.inputs.0: data_x: no container")
    else:
        assert value(load(tmp_path, assignment).config)


def test_c4_the_last_of_several_wins_and_they_build_on_one_another(tmp_path):
    loaded = load(tmp_path, "seed=7", "seed=8", "results={trades: true}", "results.equity=true")
    assert (loaded.config.seed, loaded.config.results.trades, loaded.config.results.equity) == (8, True, True)


def test_c4_the_id_as_it_is_written_means_every_copy(tmp_path):
    containers = by_id(load(tmp_path, "containers.p_{n}.cash=9", "containers.2.strategy.extra=x"))
    assert [containers[id_].cash for id_ in ("p_1", "p_1.5", "p_2")] == [9, 9, 9]
    assert {containers[id_].strategy.parameters["extra"] for id_ in ("p_1", "p_1.5", "p_2")} == {"x"}


def test_c4_the_sweep_itself_can_be_set(tmp_path):
    assert list(by_id(load(tmp_path, "containers.p_{n}.sweep.n=[7, 8]")))[2:4] == ["p_7", "p_8"]
    assert list(by_id(load(tmp_path, "containers.p_{n}.sweep.n.1=9")))[2:5] == ["p_1", "p_9", "p_2"]


def test_c4_an_id_that_the_sweep_gives_means_that_copy(tmp_path):
    containers = by_id(load(tmp_path, "containers.p_1.5.cash=9", "containers.p_1.strategy.n=4"))
    assert [containers[id_].cash for id_ in ("p_1", "p_1.5", "p_2")] == [1, 9, 2]
    assert [containers[id_].strategy.parameters["n"] for id_ in ("p_1", "p_1.5", "p_2")] == [4, 1.5, 2]


def test_c4_a_copy_is_set_over_its_template_whatever_the_order(tmp_path):
    containers = by_id(load(tmp_path, "containers.p_2.cash=9", "containers.p_{n}.cash=8"))
    assert [containers[id_].cash for id_ in ("p_1", "p_1.5", "p_2")] == [8, 8, 9]


def test_the_place_of_a_value_is_the_option(tmp_path):
    loaded = load(tmp_path, "containers.p_1.5.cash=9", "seed=7", "results.trades=true", environment="production")
    where = loaded.locations.of
    assert str(where("containers.3.cash")) == "--set containers.p_1.5.cash=9"
    assert str(where("containers.2.cash")) == "c.yaml:15:11"
    assert str(where("seed")) == "--set seed=7"
    assert str(where("results.trades")) == "--set results.trades=true"
    assert str(where("environment")) == "--env production"


@pytest.mark.parametrize(
    ("assignment", "line"),
    [
        ("containers.portfolio_0.1.cash=x", "containers.1.cash: x: expected a number greater than 0"),
        ("containers.portfolio_0.1.csh=5", "containers.1.csh: unknown key; did you mean 'cash'?"),
        ("containers.portfolo_1.cash=5", "containers: portfolo_1: no container has this id; did you mean 'portfolio_0.1'?"),
        ("containers.p_3.cash=5", "containers: p_3: no container has this id; did you mean 'p_2'?"),
        ("containers.p_1.5.csh=5", "containers.2.csh: unknown key; did you mean 'cash'?"),
        ("containers.p_1.sweep=5", "containers.2.sweep: unknown key"),
        ("containers.9.cash=5", "containers: 9: expected the number of an item, 0 to 3"),
        ("containers.1.inputs.one=5", "containers.1.inputs: one: expected the number of an item, 0 to 0"),
        ("containers.1.inputs.99999999999=5", "containers.1.inputs: 99999999999: expected the number of an item"),
        ("contaners.0.id=5", "contaners: unknown key; did you mean 'containers'?"),
        ("trace_setings.default.enabled=true", "trace_setings: unknown key; did you mean 'trace_settings'?"),
        ("seed.x=5", "seed: a single value stands here: it has no x"),
        ("seed", "expected a.b.c=value: there is no equals sign"),
        ("containers.c=d", "containers: c: no container has this id"),
        ("=5", "expected a.b.c=value: a name is missing"),
        ("results..trades=5", "results: expected a.b.c=value: a name is missing"),
        (".".join("a" * 80) + "=5", "a.a.a: nested more than 64 deep"),
        ("seed=[1", "YAML syntax: a list in [ ] is not closed"),
        ("seed=a: 1", "expected one value: a list is written [a, b], a mapping {key: value}"),
        ("seed=- 1", "expected one value: a list is written"),
        ("seed=!mine 1", "!mine: this tag is not accepted"),
        ("seed=${W}", "seed: ${W}: W is not set"),
        ("name=\udcff", "the character '\\udcff' cannot stand in a config"),
        ("name=\x07", "the character '\\x07' cannot stand in a config"),
        ("extends=b.yaml", "extends: this says which files are read: it stands in a file"),
        ("environment=production", "environment: choose an environment by --env"),
        ("environments.0=x", "environments: choose an environment by --env"),
        ("production.seed=3", "production: this block is merged already: set the value itself"),
        ("staging={}", "staging: this block is merged already: set the value itself"),
        ("containers.p_{n}.sweep.n=5", "containers.2.sweep.n: 5: expected a list of values"),
        ("containers.p_{n}.sweep.where=n > m", "containers.2.sweep.where: n > m: no such name: m"),
    ],
)  # fmt: skip
def test_c4_mistakes_are_located_at_the_option(tmp_path, assignment, line):
    found = problems(tmp_path, assignment)
    assert len(found) == 1, found
    shown = assignment.encode("unicode_escape").decode() if not assignment.isprintable() else assignment
    assert found[0].startswith(f"--set {shown}: {line}") or line in found[0], found


def test_mistakes_in_options_and_in_the_file_are_reported_together(tmp_path):
    lines = problems(
        tmp_path, "seed=x", "block_size=y", config=CONFIG.replace("cash: 100", "cash: z"), environment="tets"
    )
    assert [line.split(": ")[0] for line in lines] == [
        "--env tets",
        "--set block_size=y",
        "--set seed=x",
        "c.yaml:8:11",
    ]


def test_a_number_that_is_also_an_id_must_say_which(tmp_path):
    config = CONFIG.replace("id: data_x", 'id: "1"').replace("[data_x]", '["1"]')
    assert (
        "this is the id of one container and the number of another"
        in problems(tmp_path, "containers.1.id=x", config=config)[0]
    )
    same = CONFIG.replace("id: data_x", 'id: "0"').replace("[data_x]", '["0"]')
    assert load(tmp_path, "containers.0.source.symbol=Z", config=same).config.containers[0].source.symbol == "Z"


def test_copies_of_a_faulty_sweep_are_not_called_unknown(tmp_path):
    (line,) = problems(tmp_path, "containers.p_1.cash=5", config=CONFIG.replace("{n: [1, 1.5, 2]}", "{n: []}"))
    assert "sweep.n: a list: expected at least one value" in line


def test_without_containers_only_that_is_reported(tmp_path):
    assert problems(tmp_path, "containers.p.cash=5", config="seed: 1") == [
        "c.yaml:1:1: containers: missing: expected a list of containers (the containers of the run)"
    ]


def test_c4_env_wins_over_the_environment_of_the_file(tmp_path):
    assert load(tmp_path).config.block_size == 5
    config = load(tmp_path, environment="production").config
    assert (config.environment, config.block_size, config.seed) == ("production", 6, 6)
    assert load(tmp_path, "seed=7", environment="production").config.seed == 7


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("prodution", "environment: prodution: no such environment; did you mean 'production'?"),
        ("qa", "environment: qa: no such environment: expected one of development, production, staging, test"),
        ("", "environment: nothing: no such environment"),
        ("null", "environment: null: no such environment"),
    ],
)
def test_c4_an_unknown_environment_is_refused_with_the_nearest(tmp_path, name, said):
    line, *_ = problems(tmp_path, environment=name)
    assert line.startswith(f"--env {name}: {said}")
