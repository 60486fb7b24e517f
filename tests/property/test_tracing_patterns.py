"""Pattern specificity against an independent reading of rule R2."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracing.patterns import Pattern, specificity

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
@settings(deadline=None, max_examples=1000)
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
