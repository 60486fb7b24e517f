"""Rule R5: the closed grammar of conditions."""

import pytest

from tracing.expression import DEEPEST, LONGEST, Expression
from tracing.expression_tokens import ExpressionError

NAMES = ("fast", "slow", "mode", "metrics.total_pnl", "nothing")
VALUES = {"fast": 5, "slow": 20.0, "mode": "trend", "metrics.total_pnl": -2.5, "nothing": None}


def holds(text):
    return Expression(text, NAMES).evaluate(VALUES.__getitem__)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fast < slow", True),
        ("fast >= slow", False),
        ("1 < fast <= 5 < slow", True),
        ("1 < fast < 5", False),
        ("fast * 4 == slow", True),
        ("slow - fast - 5 == 10", True),
        ("slow / fast / 2 == 2", True),
        ("2 + 3 * fast == 17", True),
        ("(2 + 3) * fast == 25", True),
        ("-fast + 6 > 0", True),
        ("- - fast == 5", True),
        ("not fast > slow", True),
        ("not (fast > slow) and fast > 9", False),
        ("fast > 9 or slow > 9 and fast > 1", True),
        ("(fast > 9 or slow > 9) and fast > 9", False),
        ("mode == 'trend'", True),
        ('mode != "trend"', False),
        ("mode == fast", False),
        ("metrics.total_pnl<0", True),
        ("1e-4 < .5", True),
        ("fast\n  <\n slow", True),
    ],
)
def test_r5_means_what_arithmetic_means(text, expected):
    assert holds(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        "fast / 0 > 1",
        "not fast / 0 > 1",
        "nothing > 1",
        "not nothing > 1",
        "nothing == nothing",
        "nothing != 1",
        "mode > 1",
        "not mode + 1 > 1",
        "1e300 * 1e300 > 1",
        "not 1e300 * 1e300 < 1",
    ],
)
def test_r5_what_has_no_value_makes_the_whole_condition_false(text):
    assert holds(text) is False


def test_r5_what_decides_is_enough():
    assert holds("fast == 5 or fast / 0 > 1") is True
    assert holds("fast == 6 and fast / 0 > 1") is False


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "expected a name or a number, not the end"),
        ("fast < slw", 8, "no such name: slw; did you mean 'slow'?"),
        ("fast <", 7, "not the end"),
        ("(fast < slow", 13, "expected )"),
        ("fast < slow)", 12, "expected an operator"),
        ("fast = 1", 6, "compare with =="),
        ("fast > 1 && slow > 1", 10, "write and"),
        ("fast", 1, "expected a comparison"),
        ("fast > 1 and slow", 14, "expected a comparison"),
        ("(fast < 1) + 1 > 0", 2, "expected a number, not a condition"),
        ("(fast < 1) == (slow < 1)", 2, "cannot be compared"),
        ("'a' < fast", 5, "a text can only be compared"),
        ("'a' + 1 > 2", 1, "expected a number, not a text"),
        ("fast ** 9 > 1", 7, "not '*'"),
        ("open('x') > 1", 1, "cannot be called"),
        ("__import__('os') > 1", 1, "cannot be called"),
        ("fast.__class__ > 1", 1, "no such name"),
        ("fast[0] > 1", 5, "no meaning"),
        ("lambda: 1", 7, "no meaning"),
        ("fast < 'x", 8, "a quote is not closed"),
        ("9e999 > 1", 1, "too large"),
        ("fast > 1; slow", 9, "no meaning"),
        ("fast > 1 \0", 10, "no meaning"),
        ("fäst > 1", 1, "did you mean 'fast'?"),
        ("mode == 'ä' and fäst > 1", 17, "did you mean 'fast'?"),
    ],
)
def test_r5_a_fault_is_refused_at_its_column(text, column, said):
    with pytest.raises(ExpressionError) as caught:
        Expression(text, NAMES)
    assert caught.value.column == column
    assert said in caught.value.message


def test_r5_length_and_depth_are_limited():
    with pytest.raises(ExpressionError, match="at most 10000 characters"):
        Expression("1" * (LONGEST + 1), ())
    with pytest.raises(ExpressionError, match="nested more than 64 deep"):
        Expression("(" * (DEEPEST + 1) + "1 > 0" + ")" * (DEEPEST + 1), ())
    with pytest.raises(ExpressionError, match="nested more than 64 deep"):
        Expression("-" * (LONGEST - 10) + "1 > 0", ())


@pytest.mark.parametrize(
    "text",
    [
        "1" + "+1" * 4990 + " > 0",
        "fast > 9 or " * 800 + "fast > 1",
        "1 <= " + "fast - fast + 1 <= " * 400 + "99",
        "(" * DEEPEST + "fast > 1" + ")" * DEEPEST,
        "0 < " + "1 + 2 * (" * DEEPEST + "1" + ")" * DEEPEST,
        "fast > 9 or slow > 1 and (" * DEEPEST + "fast > 1" + ")" * DEEPEST,
    ],
)
def test_r5_long_and_deep_texts_within_the_limits_are_evaluated(text):
    assert holds(text) is True


def test_names_are_those_used_and_numbers_those_that_must_be_numbers():
    expression = Expression("slow > 1 and mode == 'x' and fast + 1 > slow", NAMES)
    assert expression.names == ("slow", "mode", "fast")
    assert expression.numbers == ("slow", "fast")
