"""Rule C4: a file lies over the files that it extends."""

import pytest

from cli.config_file import read_config
from engine.config.errors import ConfigErrors

CONTAINERS = """\
containers:
  - {id: data_x, type: data, source: {path: bars.csv, symbol: X}}
  - {id: portfolio_1, type: portfolio, inputs: [data_x], strategy: {name: buy_and_hold}}
"""


@pytest.fixture
def files(tmp_path):
    """Writes files by name, and reads one of them as if it had been typed from the folder above."""

    class Files:
        folder = tmp_path

        def write(self, **texts):
            for name, text in texts.items():
                path = tmp_path / f"{name.replace('__', '/')}.yaml"
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)

        def load(self, name="c", **options):
            return read_config(tmp_path / f"{name}.yaml", f"in/{name}.yaml", variables={}, **options)

        def problems(self, name="c", **options):
            with pytest.raises(ConfigErrors) as caught:
                self.load(name, **options)
            return str(caught.value).split("\n")

    return Files()


def test_c4_the_file_lies_over_what_it_extends_key_by_key(files):
    files.write(
        base=f"name: base\nseed: 1\nresults: {{trades: true, equity: true}}\n{CONTAINERS}",
        c="extends: base.yaml\nseed: 2\nresults: {equity: false}\n",
    )
    config = files.load().config
    assert (config.name, config.seed, config.results.trades, config.results.equity) == ("base", 2, True, False)
    assert [container.id for container in config.containers] == ["data_x", "portfolio_1"]


def test_c4_the_list_of_containers_is_replaced_as_lists_are(files):
    files.write(
        base=CONTAINERS, c="extends: base.yaml\ncontainers: [{id: y, type: data, source: {path: y.csv, symbol: Y}}]"
    )
    assert [container.id for container in files.load().config.containers] == ["y"]


def test_c4_of_several_files_the_later_wins_and_each_may_extend_others(files):
    files.write(
        root="seed: 1\nblock_size: 1\nname: root\nresults: {trades: true}\n" + CONTAINERS,
        a="extends: root.yaml\nseed: 2\nblock_size: 2\n",
        b="seed: 3\n",
        c="extends: [a.yaml, b.yaml]\n",
    )
    config = files.load().config
    assert (config.seed, config.block_size, config.name, config.results.trades) == (3, 2, "root", True)


def test_c4_a_file_that_two_extend_counts_once_beneath_both(files):
    files.write(
        common="seed: 1\nblock_size: 1\n" + CONTAINERS,
        a="extends: common.yaml\nseed: 2\n",
        b="extends: common.yaml\nblock_size: 3\n",
        c="extends: [a.yaml, b.yaml]\n",
    )
    config = files.load().config
    assert (config.seed, config.block_size) == (2, 3)


def test_c4_the_environment_block_of_any_file_lies_over_all_files(files):
    files.write(
        base="development: {seed: 5, block_size: 5}\n" + CONTAINERS,
        c="extends: base.yaml\nseed: 2\nenvironment: development\n",
    )
    assert (files.load().config.seed, files.load(environment="production").config.seed) == (5, 2)
    files.write(c="extends: base.yaml\nenvironment: development\ndevelopment: {seed: 6}\n")
    assert (files.load().config.seed, files.load().config.block_size) == (6, 5)


def test_paths_are_relative_to_the_file_they_stand_in(files):
    files.write(shared__base=CONTAINERS, shared__more="extends: base.yaml\n", c="extends: shared/more.yaml\n")
    loaded = files.load()
    assert loaded.base_folder == files.folder.resolve()
    assert loaded.config.containers[0].source.path == "shared/bars.csv"
    assert loaded.config.name == "c"
    files.write(own=CONTAINERS)
    assert files.load("own").config.containers[0].source.path == "bars.csv"


def test_an_absolute_path_stays_as_it_is(files):
    files.write(shared__base=CONTAINERS.replace("bars.csv", "/srv/bars.csv"), c="extends: shared/base.yaml\n")
    assert files.load().config.containers[0].source.path == "/srv/bars.csv"


def test_values_and_mistakes_are_located_in_the_file_they_stand_in(files):
    files.write(shared__base="seed: 1\n" + CONTAINERS, c="\nextends: shared/base.yaml\nblock_size: 7\n")
    where = files.load().locations.of
    assert str(where("seed")) == "in/shared/base.yaml:1:7"
    assert str(where("block_size")) == "in/c.yaml:3:13"
    assert str(where("containers.1.strategy.name")) == "in/shared/base.yaml:4:75"
    files.write(shared__base="seed: x\nsed: 1\n" + CONTAINERS, c="extends: shared/base.yaml\nblock_size: y\n")
    assert [line.rpartition(": ")[0] for line in files.problems()] == [
        "in/c.yaml:2:13: block_size: y",
        "in/shared/base.yaml:1:7: seed: x",
        "in/shared/base.yaml:2:1: sed",
    ]


def test_what_is_missing_is_missing_in_the_file_that_was_named(files):
    files.write(base="seed: 1\n", c="# nothing\nextends: base.yaml\n")
    assert files.problems() == [
        "in/c.yaml:2:1: containers: missing: expected a list of containers (the containers of the run)"
    ]


def test_places_are_ordered_by_layer_before_they_are_by_line(files):
    files.write(
        base="\n\n\n\ntrace_settings: {max_events: 1}\n" + CONTAINERS,
        c="extends: base.yaml\nresults: {trades: true}\n",
    )
    order = files.load(assignments=["seed=1"]).locations.order_of
    assert order("trace_settings.max_events") < order("results.trades") < order("seed")


def test_a_circle_is_reported_with_its_chain(files):
    files.write(a="extends: [b.yaml]", b="extends: c.yaml", c="extends: a.yaml\n" + CONTAINERS)
    assert files.problems("a") == [
        (
            "in/c.yaml:1:10: extends: a.yaml: files extend one another in a circle: "
            "in/a.yaml -> in/b.yaml -> in/c.yaml -> in/a.yaml"
        )
    ]
    files.write(own="extends: ./own.yaml\n")
    assert "in/own.yaml -> in/./own.yaml" in files.problems("own")[0]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("extends: bse.yaml", "in/c.yaml:1:10: extends: bse.yaml: there is no such file; did you mean 'base.yaml'?"),
        ("extends: [base.yaml, none]", "in/c.yaml:1:22: extends.1: none: there is no such file"),
        ("extends: .", "in/c.yaml:1:10: extends: .: expected the path of a file"),
        ("extends: ", "in/c.yaml:1:9: extends: nothing: expected the path of a config file"),
        ("extends: []", "in/c.yaml:1:10: extends: a list: expected at least 1 in the list"),
        ("extends: {a: b}", "in/c.yaml:1:10: extends: a mapping: expected the path of a config file, or a list"),
        ("extends: ['', base.yaml]", "in/c.yaml:1:11: extends.0: nothing: expected the path of a config file"),
        ('extends: "a\\0b"', "expected the path of a config file without null characters"),
        ("extends: " + "x" * 300, "this file cannot be read: File name too long"),
        ("extends: ${NONE}", "in/c.yaml:1:10: extends: ${NONE}: NONE is not set"),
        ("extends: loop.yaml", "in/c.yaml:1:10: extends: loop.yaml: "),
        ("extends: torn.yaml", "in/torn.yaml:1:4: YAML syntax: a list in [ ] is not closed"),
        ("extends: list.yaml", "in/list.yaml:1:1: a list: expected a mapping at the top level of the file"),
        ("extends: odd.yaml", "in/odd.yaml:1:7: the character '\\x07' cannot stand in a text file"),
    ],
)
def test_a_file_that_cannot_be_extended_is_one_located_line(files, written, said):
    files.write(base=CONTAINERS, torn="a: [1", list="- 1", odd="name: \a", c=written + "\n" + CONTAINERS)
    (files.folder / "loop.yaml").symlink_to("loop.yaml")
    (line,) = files.problems()
    assert said in line


def test_every_file_that_is_missing_is_reported(files):
    files.write(base="extends: [x.yaml, y.yaml]", c="extends: [base.yaml, z.yaml]\nname: a\nname: b")
    assert [line.split(": ")[1] for line in files.problems()] == ["extends.0", "extends.1", "name"]


def test_very_many_files_are_refused(files):
    files.write(**{f"f{n}": f"extends: f{n + 1}.yaml" for n in range(120)})
    (line,) = files.problems("f0")
    assert line == "in/f99.yaml:1:10: extends: f100.yaml: a config extends at most 99 files"


def test_files_are_limited_in_size_together(files):
    files.write(a="#" * 6_000_000, b="#" * 6_000_000, c="extends: [a.yaml, b.yaml]\n" + CONTAINERS)
    assert files.problems() == ["in/b.yaml:1:1: with the files it extends this config is larger than 10 MB"]


def test_extends_is_no_name_of_an_environment(files):
    files.write(c="environments: [extends]\n" + CONTAINERS)
    assert "environments.0: extends: this is a key of its own" in files.problems()[0]
