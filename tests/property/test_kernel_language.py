"""Random expressions in the kernel's language give the same bits interpreted and compiled."""

import tempfile
from itertools import product
from math import inf, nan
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kernel_modules import BothForms, needs_compiler

HEAD = "from math import inf, isfinite, isnan, nan\n\nfrom engine.kernel.language import divide, entry, root, truncate, whole\n"
FLOATS = (0.0, -0.0, 1.25, -3e200, inf, -inf, nan, 5e-324)
INTS = (0, 1, -7, 50)


def joined(*parts):
    return st.tuples(*(st.just(part) if isinstance(part, str) else part for part in parts)).map("".join)


def conditions(ints, floats):
    compared = st.sampled_from([" < ", " <= ", " > ", " >= ", " == ", " != "])
    simple = st.one_of(
        joined("(", ints, compared, ints, ")"),
        joined("(", floats, compared, floats, compared, floats, ")"),
        joined("isnan(", floats, ")"),
        joined("isfinite(", floats, ")"),
    )
    return st.one_of(simple, joined("(", simple, " and ", simple, " or not ", simple, ")"))


def deeper(level):
    """Expressions of ints and of floats that nest so deep."""
    if level == 0:
        numbers = st.floats(allow_nan=False, allow_infinity=False).map(lambda x: f"({x!r})")
        names = st.sampled_from(["x", "y", "z", "inf", "nan"])
        return st.one_of(st.sampled_from(["i", "j"]), st.integers(-50, 50).map(lambda n: f"({n})")), names | numbers
    ints, floats = deeper(level - 1)
    tests = conditions(ints, floats)
    operation = st.sampled_from([" + ", " - ", " * "])
    further_ints = st.one_of(
        joined("(", ints, operation, ints, ")"),
        joined("(", ints, st.sampled_from([" // ", " % "]), st.integers(1, 9).map(str), ")"),
        joined(st.sampled_from(["min(", "max("]), ints, ", ", ints, ")"),
        joined("abs(", ints, ")"),
        joined("(-", ints, ")"),
        joined("min(max(truncate(", floats, "), -50), 50)"),
        joined("(", ints, " if ", tests, " else ", ints, ")"),
    )
    further_floats = st.one_of(
        joined("(", floats, operation, floats, ")"),
        joined("(", ints, operation, floats, ")"),
        joined("(", floats, " / ", st.sampled_from(["3.0", "100.0", "5e-324", "1e308"]), ")"),
        joined("divide(", floats, ", ", floats, ")"),
        joined(st.sampled_from(["min(", "max("]), floats, ", ", floats, ")"),
        joined(st.sampled_from(["abs(", "root(", "whole(", "(-"]), floats, ")"),
        joined("float(", ints, ")"),
        joined("(", floats, " if ", tests, " else ", floats, ")"),
    )
    return ints | further_ints, floats | further_floats


INT_EXPRESSIONS, FLOAT_EXPRESSIONS = deeper(3)
functions = st.lists(
    st.tuples(st.just("int"), INT_EXPRESSIONS) | st.tuples(st.just("float"), FLOAT_EXPRESSIONS),
    min_size=10,
    max_size=30,
)


@needs_compiler
@pytest.mark.examples(5, 15)
@given(functions)
def test_random_expressions(expressions):
    text = HEAD
    for number, (kind, expression) in enumerate(expressions):
        text += f"\n\n@entry\ndef f{number}(i: int, j: int, x: float, y: float, z: float) -> {kind}:\n    return {expression}\n"
    with tempfile.TemporaryDirectory() as folder:
        both = BothForms(Path(folder), text)
        for number in range(len(expressions)):
            for i, j, x, y in product(INTS, INTS[::-1], FLOATS, FLOATS[::-1]):
                both.same(f"f{number}", i, j, x, y, 2.5)
