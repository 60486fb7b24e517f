"""docs/configuration.md names every key that a config may have."""

import re
import types
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
import pytest

from engine.config.schema import ENVIRONMENTS, RunConfig
from engine.features.spec import FeatureSpec

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
WRITTEN_FLAT = {"parameters", "feature", "number"}
"""Fields that stand for keys beside them, or for what a name means once it is looked up."""


def structs(annotation: Any, found: dict[type, None]) -> dict[type, None]:
    """Every struct that a value of this type may hold."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        if annotation not in found:
            found[annotation] = None
            for field in msgspec.structs.fields(annotation):
                structs(field.type, found)
    elif get_origin(annotation) is not Literal:
        for inside in get_args(annotation):
            structs(inside, found)
    return found


def words(annotation: Any) -> set[str]:
    """The words among which a value of this type may choose."""
    origin = get_origin(annotation)
    if origin is Literal:
        return {str(word) for word in get_args(annotation)}
    if origin is Annotated:
        return words(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return set().union(*(words(each) for each in get_args(annotation)))
    return set()


ALL = list(structs(RunConfig, {}))


def is_named(word):
    """Whether it stands as code, alone or with others of its kind, or at the start of such code."""
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", PAGE, flags=re.MULTILINE | re.DOTALL))
    return any(
        re.match(rf"{re.escape(word)}(?![\w])", span) or re.search(rf"[ .]{re.escape(word)}(?![\w])", span)
        for span in spans
    )


def test_all_kinds_of_structs_are_looked_at():
    assert {"PortfolioContainer", "FileSource", "Regime", "PerShare", "StorageConfig", "Crossover"} <= {
        struct.__name__ for struct in ALL
    }
    assert FeatureSpec in ALL


@pytest.mark.parametrize("struct", ALL, ids=lambda struct: struct.__name__)
def test_every_key_is_named(struct):
    missing = [f.name for f in msgspec.structs.fields(struct) if f.name not in WRITTEN_FLAT and not is_named(f.name)]
    assert missing == []


@pytest.mark.parametrize("struct", [s for s in ALL if s.__struct_config__.tag], ids=lambda struct: struct.__name__)
def test_every_name_and_type_that_chooses_is_named(struct):
    tag = struct.__struct_config__.tag
    assert is_named(tag) or f"`type: {tag}`" in PAGE or f"`name: {tag}`" in PAGE


@pytest.mark.parametrize("struct", ALL, ids=lambda struct: struct.__name__)
def test_every_word_to_choose_is_said(struct):
    choices = set().union(*(words(field.type) for field in msgspec.structs.fields(struct)))
    assert [word for word in sorted(choices) if not re.search(rf"\b{word}\b", PAGE)] == []


@pytest.mark.parametrize("key", ["sweep", *ENVIRONMENTS])
def test_keys_that_are_read_before_the_structs_are_named(key):
    assert is_named(key)
