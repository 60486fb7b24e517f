"""Rule S8: an id is a folder name on every system."""

import pytest

from engine.config.identity import id_fault
from tracing.storage.paths import same_folder


@pytest.mark.parametrize(
    "text",
    ["portfolio_1", "1_12", "010", "NO", "a.b-c+d=e", "émile", "e\u0301mile", "日本", "x" * 128, "-", "null", "a."],
)
def test_s8_accepted(text):
    assert id_fault(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("../x", "not '/'"),
        ("a b", "not ' '"),
        ("a/b", "not '/'"),
        ("a\\b", "letters, digits"),
        ("{a}", "not '{'"),
        ("a:b", "not ':'"),
        ("a\0", "x00"),
        ("a\n", "letters, digits"),
        ("\u202ea", "letters, digits"),
        ("\u0301", "letters, digits"),
        (".hidden", "dot"),
        ("..", "dot"),
        ("x" * 129, "128 bytes"),
        ("é" * 65, "128 bytes"),
        ("CON", "device"),
        ("con.txt", "device"),
        ("lpt1", "device"),
        ("root_container", "itself"),
        ("Execution_Default", "itself"),
        ("run.json", "itself"),
    ],
)
def test_s8_refused(text, said):
    assert said in str(id_fault(text))


@pytest.mark.parametrize(
    ("one", "other"), [("a", "A"), ("é", "e\u0301"), ("Straße", "STRASSE"), ("가", "\u1100\u1161"), ("a", "a.")]
)
def test_s8_ids_that_share_a_folder_somewhere(one, other):
    assert same_folder(one) == same_folder(other)


def test_s8_other_ids_do_not():
    assert same_folder("a_1") != same_folder("a_2")
