"""On a terminal the line of the file stands under a message, with a caret under the place."""

import io
import sys
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from cli.loading import of_data
from cli.render.excerpt import excerpt, source_line
from cli.render.messages import Messages
from engine.config.errors import ConfigProblem
from engine.config.node import Mark, option
from engine.market.problems import BadData, DataProblem
from tests.run_configs import FROM_FILE, write_config


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """The lines for a place in a file of this text."""
    monkeypatch.chdir(tmp_path)

    def shown(text, line, column, width=80):
        (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
        return excerpt(Mark("c.yaml", line, column), width)

    return shown


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ("a: 1\nb: x\n", 2, 4, ["  b: x", "     ^"]),
        ("b: x", 1, 1, ["  b: x", "  ^"]),
        ("b: x", 1, 5, ["  b: x", "      ^"]),
        ("日本: x\n", 1, 5, ["  日本: x", "        ^"]),
        ("a: '\x85b'\nc: 1", 2, 1, ["  b'", "  ^"]),
        ("\ufeffb: x", 1, 4, ["  b: x", "     ^"]),
        ("b:\t\u202ex", 1, 5, ["  b:\\t\\u202ex", "            ^"]),
        ("b: x", 2, 1, []),
    ],
)
def test_the_caret_stands_under_the_place_as_it_is_shown(shown, text, line, column, expected):
    assert shown(text, line, column) == expected


def test_of_a_long_line_the_part_around_the_place_is_shown(shown):
    line, caret = shown("x" * 200 + "HERE" + "y" * 200, 1, 201, width=40)
    assert line == "  " + "x" * 12 + "HERE" + "y" * 22
    assert line[caret.index("^")] == "H"


def test_characters_that_are_shown_escaped_take_their_room(shown):
    line, caret = shown("\U00018cd6" * 20 + "x", 1, 21, width=30)
    assert (line, caret.index("^")) == ("  " + "\\U00018cd6" + "x", 12)


@given(text=st.text(max_size=60).filter(lambda text: not set(text) & set("\r\n\x85\u2028\u2029")), data=st.data())
@pytest.mark.examples(15, 60)
def test_nothing_is_wider_than_the_terminal_or_obeyed_by_it(tmp_path_factory, text, data):
    file = tmp_path_factory.getbasetemp() / "c.yaml"
    file.write_text(text, encoding="utf-8", errors="replace", newline="")
    at = Mark(str(file), 1, data.draw(st.integers(1, len(text) + 1)))
    for line in excerpt(at, data.draw(st.integers(30, 60))):
        assert cell_len(line) <= 60
        assert line.isprintable()


@pytest.mark.parametrize("at", [option("--set a=b"), Mark("absent.yaml", 1, 1), Mark(".", 1, 1)])
def test_what_stands_in_no_file_has_no_line(at):
    assert excerpt(at, 80) == []


def said(monkeypatch, tmp_path, *, terminal):
    (tmp_path / "c.yaml").write_text("cahs: 5\n")
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    monkeypatch.setattr(sys, "stderr", stream)
    problem = ConfigProblem(Mark(str(tmp_path / "c.yaml"), 1, 1), "cahs", None, "unknown key")
    Messages(quiet=False).error(problem)
    Messages(quiet=False).warn(problem)
    Messages(quiet=True).warn(problem)
    return stream.getvalue().replace(str(tmp_path), "").splitlines()


def test_only_a_terminal_is_shown_the_line(monkeypatch, tmp_path):
    message = "/c.yaml:1:1: cahs: unknown key"
    excerpt = ["  cahs: 5", "  ^"]
    assert said(monkeypatch, tmp_path, terminal=True) == [message, *excerpt, f"warning: {message}", *excerpt]
    assert said(monkeypatch, tmp_path, terminal=False) == [message, f"warning: {message}"]


def test_a_wrong_path_is_shown_in_the_config(monkeypatch, tmp_path):
    config = write_config(tmp_path, FROM_FILE.replace("bars.csv", "barz.csv"))
    stream = io.StringIO()
    stream.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", stream)
    reasons = of_data(BadData([DataProblem("barz.csv", None, None, "there is no such file", f"{config}:4:50")]))
    for reason in reasons:
        Messages(quiet=False).error(reason)
    message, line, caret = stream.getvalue().splitlines()
    assert message == f"{config}:4:50: barz.csv: there is no such file"
    assert line.startswith("  ")
    assert caret.index("^") == 51


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (DataProblem("x.csv", 3, "open", "bad", "c.yaml:1:1"), "x.csv:3: bad"),
        (DataProblem("x.csv", None, None, "bad", "--set a.path=x:1"), "--set a.path=x:1: x.csv: bad"),
        (DataProblem("x.csv", None, None, "bad"), "x.csv: bad"),
    ],
)
def test_what_has_no_place_in_a_config_is_told_without(problem, said):
    assert list(of_data(BadData([problem]))) == [said]


@pytest.mark.parametrize(
    ("failure", "line"),
    [
        ("ValueError: no, at mine.py:2", "raise ValueError('no')"),
        ("ValueError: no, at mine.py:5", "helped()"),
        ("ValueError: no, at mine.py:9", None),
        ("ValueError: no", None),
    ],
)
def test_the_line_of_code_that_failed_is_that_of_the_traceback(tmp_path, failure, line):
    (tmp_path / "mine.py").write_text("def helped():\n    raise ValueError('no')\n\ndef go():\n    helped()\n")
    space = {}
    exec(compile((tmp_path / "mine.py").read_text(), str(tmp_path / "mine.py"), "exec"), space)  # noqa: S102
    with pytest.raises(ValueError, match="no") as raised:
        space["go"]()
    assert source_line(failure, ["", "".join(traceback.format_exception(raised.value))]) == line


def test_only_a_terminal_is_shown_the_code(monkeypatch):
    for terminal, shown in ((True, "p failed: no\n  raise\\x1b\n"), (False, "p failed: no\n")):
        stream = io.StringIO()
        stream.isatty = lambda terminal=terminal: terminal
        monkeypatch.setattr(sys, "stderr", stream)
        Messages(quiet=False).error("p failed: no", "raise\x1b")
        assert stream.getvalue() == shown
