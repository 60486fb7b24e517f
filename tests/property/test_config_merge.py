"""Layers of a config merge the same however they are grouped, and the last that says something is heard (rule C4)."""

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from engine.config.layers import merge
from engine.config.node import Entry, Mapping, Mark, Scalar, Sequence

AT = Mark("c.yaml", 1, 1)
LEAVES = st.integers(0, 9) | st.lists(st.integers(0, 9), max_size=3)
# A key means the same in every layer: `m...` a mapping, anything else a value or a list.
TREES = st.recursive(
    st.dictionaries(st.sampled_from("abc"), LEAVES, max_size=3),
    lambda inner: st.builds(
        lambda values, mappings: values | mappings,
        st.dictionaries(st.sampled_from("abc"), LEAVES, max_size=3),
        st.dictionaries(st.sampled_from(["m1", "m2"]), inner, max_size=2),
    ),
    max_leaves=6,
)


def node(value):
    if isinstance(value, dict):
        entries = {key: Entry(Scalar(key, quoted=False, at=AT), node(each)) for key, each in value.items()}
        return Mapping(entries, AT)
    if isinstance(value, list):
        return Sequence(tuple(map(node, value)), AT)
    return Scalar(str(value), quoted=False, at=AT)


def plain(tree):
    if isinstance(tree, Mapping):
        return {entry.key.text: plain(entry.value) for entry in tree}
    return [plain(item) for item in tree.items] if isinstance(tree, Sequence) else int(tree.text)


def values(tree, path=()):
    """Every value and list of a tree by its path."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from values(value, (*path, key))
        else:
            yield (*path, key), value


@given(TREES, TREES, TREES)
def test_c4_merging_is_associative(a, b, c):
    a, b, c = node(a), node(b), node(c)
    assert plain(merge(merge(a, b), c)) == plain(merge(a, merge(b, c)))


@given(st.lists(TREES, min_size=1, max_size=5))
def test_c4_the_last_layer_that_says_something_wins_and_nothing_is_lost(layers):
    merged = dict(values(plain(reduce(merge, map(node, layers)))))
    heard = {path: value for layer in layers for path, value in values(layer)}
    assert merged == heard


@given(TREES)
def test_c4_an_empty_layer_changes_nothing(tree):
    assert plain(merge(node(tree), node({}))) == plain(merge(node({}), node(tree))) == tree


def test_c5_what_aliases_share_stays_shared():
    def ladder(levels):
        rung = node({"a": 1})
        for _ in range(levels):
            rung = Mapping({key: Entry(Scalar(key, quoted=False, at=AT), rung) for key in ("m1", "m2")}, AT)
        return rung

    merged = merge(ladder(60), ladder(60))
    assert merged.value("m1") is merged.value("m2")
