"""docs/configuration.md says what the readers take, and is current."""

import re
from pathlib import Path

import pytest

from engine.config.document import document
from engine.config.document_texts import CHAPTERS
from engine.config.reference import keys_of, structs

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == document(), (
        "run: python -m engine.config.document > docs/configuration.md"
    )


@pytest.mark.parametrize("reader", structs(), ids=lambda reader: reader.cls.__name__)
def test_every_key_has_a_row(reader):
    rows = set(re.findall(r"^\| `(\w+)` \|", document(), re.MULTILINE))
    assert {key.name for key in keys_of(reader)} <= rows


def test_every_key_says_what_it_means():
    silent = [
        f"{reader.cls.__name__}.{key.name}" for reader in structs() for key in keys_of(reader) if not key.description
    ]
    assert silent == []


def test_every_struct_has_its_chapter_once():
    told = [name for chapter in CHAPTERS for name in chapter.structs]
    assert sorted(told) == sorted(reader.cls.__name__ for reader in structs())
