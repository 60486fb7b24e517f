"""Pattern specificity against an independent reading of rule R2."""

from fnmatch import fnmatchcase
from functools import cmp_to_key

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracing.patterns import Pattern, specificity
from tracing.resolve import TraceResolver
from tracing.settings import PartialTraceSettings, PatternSettings, TraceSettingsBlock

texts = st.text("ab[]!*?-_é", max_size=12)


def counted(pattern):
    """(literal characters, wildcards), read from left to right the way fnmatch documents it."""
    literals = wildcards = at = 0
    while at < len(pattern):
        if pattern[at] == "[":
            first = at + 1 + (pattern[at + 1 : at + 2] == "!")
            end = pattern.find("]", first + 1)
            if end > 0:
                wildcards, at = wildcards + 1, end + 1
                continue
        if pattern[at] in "*?":
            wildcards += 1
        else:
            literals += 1
        at += 1
    return literals, wildcards


@given(texts)
@pytest.mark.examples(250, 1000)
def test_r2_literals_and_wildcards_are_counted_as_fnmatch_reads_them(pattern):
    literals, wildcards = counted(pattern)
    assert specificity(pattern) == (literals, -wildcards)


@given(texts, st.text("ab-_é", max_size=8))
@settings(deadline=None)
def test_r2_matching_is_fnmatch_over_the_whole_id_with_case(pattern, container_id):
    assert Pattern(pattern).matches(container_id) == fnmatchcase(container_id, pattern)
    assert not Pattern("A*").matches("a1")


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        ("portfolio_aggressive_*", "portfolio_*"),
        ("portfolio_?", "portfolio_**"),
        ("portfolio_[12]", "portfolio_?*"),
        ("a", "*"),
        ("ab*", "a?*"),
    ],
)
def test_r2_the_more_specific_pattern(winner, loser):
    assert specificity(winner) > specificity(loser)


# --- the order of the rules of a whole config ------------------------------------------------------------------------------

near = st.sampled_from(
    ["*", "a*", "*b", "a*b", "a?b", "a[xy]b", "?*", "??b", "a**", "axb", "a*b*", "[a]xb", "*x*", "**"]
)
rule_sets = st.lists(st.tuples(near, st.sampled_from(["max_events", "storage_path"])), min_size=1, max_size=8)


def more_specific(one, other):
    """Rule R2 read aloud, of two (pattern, line): 1 if the first wins, -1 if the second does, never 0 for two rules."""
    (literals, wildcards), (other_literals, other_wildcards) = counted(one[0]), counted(other[0])
    if literals != other_literals:
        return 1 if literals > other_literals else -1
    if wildcards != other_wildcards:
        return 1 if wildcards < other_wildcards else -1
    return (one[1] > other[1]) - (one[1] < other[1])


def resolved(rules, lines):
    """What `axb` comes to; the rule of index k stands in line lines[k] and sets its field to k."""
    overrides = [
        PatternSettings(pattern=pattern, **{field: k if field == "max_events" else f"folder{k}"})
        for k, (pattern, field) in enumerate(rules)
    ]
    block = TraceSettingsBlock(overrides=overrides)
    place = {f"trace_settings.overrides.{k}": line for k, line in enumerate(lines)}
    found = TraceResolver(block, {}, (), lambda path: place.get(path, 0)).resolve("axb", "data").settings
    return {"max_events": found.max_events, "storage_path": found.storage_path}


@given(rule_sets, st.randoms(use_true_random=False))
@pytest.mark.examples(80, 300)
def test_r2_of_all_rules_that_match_the_winner_of_a_field_is_the_one_an_independent_reading_names(rules, chance):
    lines = list(range(len(rules)))
    chance.shuffle(lines)
    expected = {"max_events": None, "storage_path": None}
    for field in expected:
        rivals = [
            (pattern, line, k)
            for k, ((pattern, of), line) in enumerate(zip(rules, lines, strict=True))
            if of == field and fnmatchcase("axb", pattern)
        ]
        if rivals:
            k = max(rivals, key=cmp_to_key(more_specific))[2]
            expected[field] = k if field == "max_events" else f"folder{k}"
    assert resolved(rules, lines) == expected


@given(st.lists(near, min_size=2, max_size=2), st.permutations([1, 2]))
@settings(deadline=None)
def test_r2_two_rules_never_tie_and_swapping_them_swaps_the_winner_only_where_all_else_is_equal(patterns, lines):
    one, other = zip(patterns, lines, strict=True)
    assert more_specific(one, other) == -more_specific(other, one) != 0
    swapped = more_specific((one[0], other[1]), (other[0], one[1]))
    alike = specificity(one[0]) == specificity(other[0])
    assert (swapped == more_specific(one, other)) is not alike
    if fnmatchcase("axb", one[0]) and fnmatchcase("axb", other[0]):
        winner = resolved([(pattern, "max_events") for pattern in patterns], lines)["max_events"]
        assert winner == (0 if more_specific(one, other) > 0 else 1)


@given(st.lists(near, unique_by=specificity, min_size=1), st.data())
@settings(deadline=None)
def test_r2_where_no_two_are_equally_specific_the_order_of_the_file_decides_nothing(patterns, data):
    rules = [PartialTraceSettings(max_events=k) for k in range(len(patterns))]
    written = dict(zip(patterns, rules, strict=True))
    moved = {pattern: written[pattern] for pattern in data.draw(st.permutations(patterns))}
    first, second = (
        TraceResolver(TraceSettingsBlock(container_settings=table), {}, (), lambda _: 0).resolve("axb", "data")
        for table in (written, moved)
    )
    assert first.settings == second.settings
