"""Text from files is shown, never obeyed (design 5; promise 19)."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.render.safe_text import visible, visible_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ünïcode 漢字", "plain ünïcode 漢字"),
        ("[bold]markup[/bold]", "[bold]markup[/bold]"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("two\nlines\tand\rmore", r"two\nlines\tand\rmore"),
        ("\x7f\x85\x9b0m", r"\x7f\x85\x9b0m"),
        ("abc\u202etxt.exe", r"abc\u202etxt.exe"),
        ("\u2066isolate\u2069", r"\u2066isolate\u2069"),
        ("line\u2028separator", r"line\u2028separator"),
        ("half\ud800pair", r"half\ud800pair"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(text, shown):
    assert visible(text) == shown


@given(st.text())
def test_what_is_left_can_be_printed_on_one_line(text):
    shown = visible(text)
    assert not {unicodedata.category(letter) for letter in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert shown.splitlines() in ([], [shown])
    assert text.isprintable() == (shown == text)


@given(st.dictionaries(st.text(), st.text()))
def test_json_means_the_same_with_its_control_characters_escaped(data):
    text = visible_json(json.dumps(data, ensure_ascii=False, indent=2))
    assert json.loads(text) == data
    assert all(letter.isprintable() or letter == "\n" for letter in text)
