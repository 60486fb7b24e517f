"""Rule C5: what the loader refuses before anything is read into types, and what it takes literally."""

import itertools

import pytest

from cli.config.compose import DEEPEST, Composer, UnusableTextError
from cli.config.text import LARGEST_BYTES
from cli.config_file import read_config
from engine.config.errors import ConfigErrors, Problems
from engine.config.node import Mapping, Scalar, Sequence

DATA = "{id: data_x, type: data, source: {path: bars.csv, symbol: X}}"


def compose(text):
    problems = Problems()
    root = Composer("c.yaml", problems).compose(text)
    return root, [str(problem) for problem in problems.found]


def refused(text):
    with pytest.raises(UnusableTextError) as caught:
        compose(text)
    return str(caught.value.problem)


def errors(tmp_path, content):
    file = tmp_path / "c.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigErrors) as caught:
        read_config(file, "c.yaml")
    return str(caught.value).split("\n")


def laughs(link):
    letters = "abcdefghijk"
    lines = [f"{x}: &{x} {link.format(','.join([f'*{before}'] * 9))}" for before, x in itertools.pairwise(letters)]
    return "a: &a {k: v}\n" + "\n".join(lines)


@pytest.mark.parametrize("link", ["[{}]", "{{<<: [{}]}}"])
def test_c5_bombs_of_aliases_and_of_merge_keys_are_refused_by_counting(link):
    line = refused(laughs(link))
    assert line.startswith("c.yaml:7:")
    assert "more than 1,000,000 values" in line


def test_c5_aliases_below_the_limit_are_shared_not_copied():
    root, found = compose("a: &a {x: [1, 2]}\nb: *a\nc: [*a, *a]")
    assert found == []
    assert root.value("b") is root.value("a")
    assert root.value("c").items[1] is root.value("a")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[" * (DEEPEST + 1), "c.yaml:1:65: "),
        ("{a: " * (DEEPEST + 1), "c.yaml:1:257: "),
        ("[" * 1_000_000, "c.yaml:1:65: "),
        ("".join(" " * depth + "a:\n" for depth in range(200)), "c.yaml:65:65: "),
        ("k: &a " + "[" * 40 + "]" * 40 + "\nl: " + "[" * 30 + "*a" + "]" * 30, "c.yaml:2:34: "),
    ],
)
def test_c5_nesting_beyond_64_is_refused_aliases_followed(text, place):
    line = refused(text)
    assert line.startswith(place)
    assert "nested more than 64 deep" in line


def test_c5_nesting_of_64_is_fine():
    root, _ = compose("[" * DEEPEST + "]" * DEEPEST)
    assert isinstance(root, Sequence)


@pytest.mark.parametrize("text", ["&a [*a]", "a: &a {b: *a}", "a: &a {<<: *a}"])
def test_an_alias_inside_its_own_anchor_is_refused(text):
    assert "inside its own anchor" in refused(text)


def test_an_alias_without_an_anchor_is_refused():
    assert refused("a: 1\nb: *x") == "c.yaml:2:4: b: there is no anchor of this name before it"


def test_c5_files_over_10_mb_are_refused(tmp_path):
    assert errors(tmp_path, b"#" * (LARGEST_BYTES + 1)) == ["c.yaml:1:1: the file is larger than 10 MB"]


def test_c5_duplicate_keys_are_all_reported():
    root, found = compose("a: 1\nb: {x: 1, x: 2}\na: 3\n<<: {c: 1}\n<<: {d: 1}")
    assert found == [
        "c.yaml:2:11: b.x: this key stands here twice, first in line 2",
        "c.yaml:3:1: a: this key stands here twice, first in line 1",
        "c.yaml:5:1: <<: this key stands here twice",
    ]
    assert root.value("a").text == "1"


def test_very_many_duplicates_end_the_reading():
    assert "too many mistakes" in refused("a: 1\n" * 5000)


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system", "!mine", "!!binary", "!!set", "!<tag:x,2000:y>"])
def test_c5_tags_beyond_plain_yaml_are_refused(tag):
    _, found = compose(f"name: {tag} x")
    assert len(found) == 1
    assert found[0].startswith("c.yaml:1:7: name: ")
    assert "this tag is not accepted" in found[0]


def test_c5_a_tag_of_another_kind_of_value_is_refused():
    assert len(compose("a: !!map [1]\nb: !!str {x: 1}")[1]) == 2


def test_c5_plain_yamls_own_tags_are_fine():
    root, found = compose("a: !!str 5\nb: !!int 5\nc: !!map {}\nd: ! 5\ne: !!seq []")
    assert found == []
    assert [root.value(key).quoted for key in "abd"] == [True, False, True]


def test_merge_keys_add_what_is_not_said():
    root, found = compose("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\nd: {'<<': 1}")
    assert found == []
    assert {entry.key.text: entry.value.text for entry in root.value("c")} == {"x": "3", "y": "1", "z": "2"}
    assert list(root.value("d").entries) == ["<<"]


def test_only_mappings_can_be_merged():
    assert compose("<<: [{a: 1}, 5]")[1] == ["c.yaml:1:14: <<: 5: expected a mapping to merge in, or a list of them"]


def test_keys_must_be_texts():
    root, found = compose("? [a]\n: 1\nb: 2")
    assert found == ["c.yaml:1:3: ?: a list: a key is a text"]
    assert list(root.entries) == ["b"]


def test_c5_keys_and_texts_are_literal():
    root, _ = compose("1_12: NO\n010: 12:30\nNO: '~'\n~: 1e-4")
    assert [(entry.key.text, entry.value.text) for entry in root] == [
        ("1_12", "NO"),
        ("010", "12:30"),
        ("NO", "~"),
        ("~", "1e-4"),
    ]
    assert root.value("NO").quoted


def test_marks_count_lines_and_columns_from_one_in_characters():
    root, _ = compose("# ä\né: [ü, 'x']\n")
    at = root.value("é").items[1].at
    assert (at.path, at.line, at.column) == ("c.yaml", 2, 8)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: b: c", "c.yaml:1:5: YAML syntax: a colon where none can be"),
        ("a:\n\tb: 1", "c.yaml:2:1: YAML syntax: a tab: indent with spaces"),
        ("a: [1, 2", "c.yaml:1:4: YAML syntax: a list in [ ] is not closed"),
        ("a: {b: 1\n", "c.yaml:1:4: YAML syntax: a mapping in { } is not closed"),
        ("a: 'x\nb: 1", "c.yaml:1:4: YAML syntax: a quote is not closed"),
        ("a: @x", "c.yaml:1:4: YAML syntax: a text cannot begin with @: quote it"),
        ("a: 1\n b: 2\n", "c.yaml:2:3: YAML syntax: a colon where none can be"),
        ("- a\nb: 1", "c.yaml:2:1: YAML syntax: the indentation does not fit"),
        ("%YAML 9.0\n---\na: 1", "c.yaml:1:1: YAML syntax: "),
        ("a: 1\n---\nb: 2", "c.yaml:2:1: a second document begins here"),
    ],
)
def test_syntax_errors_are_located_and_worded(text, line):
    assert refused(text).startswith(line)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"a: 1\nname: x\xff\n", "c.yaml:2:8: this is not UTF-8"),
        (b"name: a\0b\n", "c.yaml:1:8: the character '\\x00' cannot stand in a text file"),
        (b"name: \x1b[31m\n", "c.yaml:1:7: the character '\\x1b'"),
        (b"", "c.yaml:1:1: containers: missing"),
        (b"# nothing\n", "c.yaml:1:1: containers: missing"),
        (b"~", "c.yaml:1:1: containers: missing"),
        (b"{}", "c.yaml:1:1: containers: missing"),
        (b"- a", "c.yaml:1:1: a list: expected a mapping at the top level"),
        (b"hello", "c.yaml:1:1: hello: expected a mapping at the top level"),
        (b"containers:", "c.yaml:1:12: containers: nothing: expected a list of containers"),
        (b"containers: []", "c.yaml:1:13: containers: a list: expected a list of containers: at least one"),
        (b"containers: [5]", "c.yaml:1:14: containers.0: 5: expected a mapping"),
    ],
)
def test_a_file_that_is_no_config_is_refused_with_a_place(tmp_path, content, line):
    assert errors(tmp_path, content)[0].startswith(line)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks_are_understood(tmp_path, encoding):
    file = tmp_path / "früh.yaml"
    file.write_bytes(f"name: é\ncontainers: [{DATA}]".encode(encoding))
    assert read_config(file, "c.yaml").config.name == "é"


def test_a_line_break_of_any_system_ends_a_line(tmp_path):
    assert errors(tmp_path, f"name: x\r\nseed: y\r\ncontainers: [{DATA}]\r\n")[0].startswith("c.yaml:2:7: seed: y")


def test_mistakes_of_writing_and_of_meaning_are_reported_together(tmp_path):
    lines = errors(tmp_path, f"name: x\nname: y\nseed: z\ncontainers: [{DATA}]\nresults: !mine {{}}")
    assert [line.split(":")[1] for line in lines] == ["2", "3", "5"]


def test_very_many_mistakes_are_cut_off_with_their_number(tmp_path):
    lines = errors(tmp_path, f"containers: [{DATA}]\n" + "".join(f"k{n}: 1\n" for n in range(1500)))
    assert len(lines) == 1001
    assert lines[-1] == "... and 500 more"


def test_an_empty_tree_is_a_null_at_the_start():
    root, _ = compose("")
    assert isinstance(root, Scalar)
    assert root.is_null


def test_nodes_of_a_mapping_keep_their_order():
    root, _ = compose("b: 1\na: 2")
    assert isinstance(root, Mapping)
    assert list(root.entries) == ["b", "a"]
