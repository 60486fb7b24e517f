"""No key of a config is without effect: every field of every struct is changed alone, and the run must differ.

The rows are in `tests/config_fields.py`. What only repeats the config (trace_settings of metrics.json, the run's
correlation id, run.json) does not count as a difference.
"""

import ast
import gzip
from functools import cache
from pathlib import Path

import msgspec
import pytest
import zstandard

from cli.config_file import read_config
from engine.config.reference import structs
from engine.config.schema import UserComponent
from engine.features.spec import FeatureSpec
from engine.market.problems import BadData
from engine.orchestration.prepare import prepare
from engine.orchestration.results_folder import ResultsFolder
from engine.orchestration.run import Run
from engine.orchestration.simulation import Simulation
from tests.building import data, play, walk, wishing
from tests.config_changes import FILES, STRATEGIES, Change
from tests.config_fields import FIELDS

ROOT = Path(__file__).resolve().parents[2]
CHANGES = {name: row for name, row in FIELDS.items() if isinstance(row, Change)}
WATCHED = {name: row for name, row in FIELDS.items() if isinstance(row, str)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fields")
    for name, text in {**FILES, "strategies_of_fields.py": STRATEGIES}.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def loaded(folder):
    """A config with settings over it; each is read once."""

    @cache
    def loaded(config, settings):
        (folder / "c.yaml").write_text(config)
        return read_config(folder / "c.yaml", "c.yaml", assignments=settings)

    return loaded


@pytest.fixture(scope="module")
def outcome(folder, loaded):
    """What a run leaves, None if its data is refused; each is run once. Files are read in this process."""

    @cache
    def left(config, settings):
        out = folder / f"out_{left.cache_info().misses}"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("engine.orchestration.run.versions", dict)
            return simulated(loaded(config, settings), folder, out)

    return left


def simulated(config, folder, out):
    try:
        prepared = prepare(config.config, config.locations, folder)
    except BadData:
        return None
    with ResultsFolder(out, prepared.folders, overwrite=False, durable=False) as claimed:
        run = Run(prepared, claimed, {}, lambda _: None, 1)
        run.finish(run.execute(lambda *_: None))
    return contents(out)


def contents(out):
    """The files of a results folder, unpacked, without what only repeats the config."""
    found = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    run_id = msgspec.json.decode(found.pop("run.json"))["correlation_id"].encode()
    for name, raw in found.items():
        content = unpacked(name, raw).replace(run_id, b"run")
        if name.endswith("metrics.json"):
            document = msgspec.json.decode(content)
            del document["trace_settings"]
            content = msgspec.json.encode(document)
        found[name] = content
    return found


def unpacked(name, raw):
    if name.endswith(".gz"):
        return gzip.decompress(raw)
    return zstandard.ZstdDecompressor().decompressobj().decompress(raw) if name.endswith(".zst") else raw


def all_fields():
    """Every field that a config may hold, those of features and users' own strategies among them."""
    classes = [*(reader.cls for reader in structs()), FeatureSpec, UserComponent]
    return {f"{cls.__name__}.{field}" for cls in classes for field in cls.__struct_fields__}


def differences(one, other, above=()):
    """The chains of fields, outermost first, that lead to where two configs differ."""
    if type(one) is type(other) and isinstance(one, msgspec.Struct):
        for field in one.__struct_fields__:
            chain = (*above, f"{type(one).__name__}.{field}")
            yield from differences(getattr(one, field), getattr(other, field), chain)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for left, right in zip(one, other, strict=True):
            yield from differences(left, right, above)
    elif isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            yield from differences(one[key], other[key], above)
    elif one != other:
        yield above


def test_every_field_has_a_row_and_every_row_a_field():
    assert sorted(all_fields() - set(FIELDS)) == [], "add a row for each to tests/config_fields.py"
    assert sorted(set(FIELDS) - all_fields()) == []


@pytest.mark.parametrize("name", CHANGES)
def test_a_field_that_is_changed_alone_changes_the_run(name, loaded, outcome):
    row = CHANGES[name]
    before, after = (loaded(row.config, settings).config for settings in (row.given, row.given + row.changed))
    (chain,) = differences(before, after)
    assert name in chain
    assert outcome(row.config, row.given) != outcome(row.config, row.given + row.changed)
    assert outcome(row.config, row.given + row.changed) is not None


@pytest.mark.parametrize("name", WATCHED)
def test_a_field_that_changes_no_result_is_watched_by_a_test_that_names_it(name):
    """The test exists, and its own words or its module's name the field."""
    path, _, function = WATCHED[name].partition("::")
    source = (ROOT / path).read_text(encoding="utf-8")
    tests = {node.name: node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}
    assert function in tests
    assert name.partition(".")[2] in source


@pytest.mark.parametrize("block_size", [7, 20, 100])
def test_l6_block_size_bounds_what_is_done_at_once(monkeypatch, block_size):
    """The books are settled at the end of each block."""
    ends = []
    settled = Simulation._each
    monkeypatch.setattr(
        Simulation,
        "_each",
        lambda self, work: (ends.append(getattr(work, "keywords", {}).get("step")), settled(self, work)),
    )
    play([data(), wishing()], walk(50, wish=[0.0] * 50), block_size=block_size)
    assert [end for end in ends if end is not None] == [*range(block_size, 50, block_size), 50]
