"""Every construct of the kernel's language gives the same interpreted and compiled."""

from itertools import product
from math import inf, isnan, nan

import pytest

from engine.kernel.language import LEAST_INT, MOST_INT
from tests.kernel_modules import BothForms, needs_compiler

pytestmark = needs_compiler

TEXT = '''"""Constructs, one function each."""

from math import inf, isfinite, isnan, nan
from typing import Annotated

from engine.kernel.language import F64, I64, divide, entry, root, struct, truncate, whole

FOUR = 4
"""A size."""
MINUS = -7
TENTH = 0.1
SMALLEST = 5e-324
LARGEST = 1.7976931348623157e308
ON = True


@struct
class Item:
    """In an array."""

    count: int
    double: float
    is_on: bool


@struct
class Inner:
    """In a struct."""

    item: Item
    numbers: Annotated[list[float], FOUR]


@struct
class Outer:
    """With all kinds of fields; some are named as words of C are."""

    long: int
    inner: Inner
    items: Annotated[list[Item], 3]
    places: Annotated[list[int], FOUR]
    flags: Annotated[list[bool], 2]
    floats: F64
    ints: I64
    others: list[Item]
    void: float


@entry
def constants(which: int) -> float:
    if which == 0:
        return TENTH
    if which == 1:
        return SMALLEST
    if which == 2:
        return LARGEST
    if which == 3:
        return -0.0
    if which == 4:
        return inf
    if which == 5:
        return nan
    return -1e-310 if ON else 0.0


@entry
def int_operations(which: int, a: int, b: int) -> int:
    if which == 0:
        return a + b
    if which == 1:
        return a - b
    if which == 2:
        return a * b
    if which == 3:
        return a // 3
    if which == 4:
        return a % FOUR
    if which == 5:
        return min(a, b)
    if which == 6:
        return max(a, b, MINUS)
    return abs(a) + -b


@entry
def float_operations(which: int, a: float, b: float) -> float:
    if which == 0:
        return a + b
    if which == 1:
        return a - b
    if which == 2:
        return a * b
    if which == 3:
        return a / 3.0
    if which == 4:
        return divide(a, b)
    if which == 5:
        return min(a, b)
    if which == 6:
        return max(a, b)
    if which == 7:
        return abs(a)
    if which == 8:
        return root(a)
    if which == 9:
        return whole(a)
    return -a


@entry
def truncated(a: float) -> int:
    return truncate(a)


@entry
def mixed(a: int, b: float) -> float:
    return a * b + float(a) - (a + b)


@entry
def comparisons(a: float, b: float, c: float) -> int:
    found = 0
    if a < b:
        found += 1
    if a <= b:
        found += 2
    if a > b:
        found += 4
    if a >= b:
        found += 8
    if a == b:
        found += 16
    if a != b:
        found += 32
    if a < b <= c:
        found += 64
    if a == b == c:
        found += 128
    if isnan(a) or not isfinite(b):
        found += 256
    if not (a < b) and not b < c:
        found += 512
    return found


@entry
def truth(a: bool, b: bool) -> bool:
    return a and b or not a and not b


def bump(outer: Outer, by: int) -> bool:
    outer.long += by
    return by > 0


@entry
def short_circuit(outer: Outer, a: int, b: int) -> int:
    if bump(outer, a) and bump(outer, b):
        outer.long += 100
    if bump(outer, a) or bump(outer, b):
        outer.long += 1000
    if not bump(outer, b):
        outer.long += 10000
    return outer.long


@entry
def loops(end: int, skip: int, stop: int) -> int:
    total = 0
    i = 0
    for i in range(end):
        if i == skip:
            continue
        if i == stop:
            break
        total = total * 3 % 1000 + i
        i = 100
    for j in range(2, end):
        for k in range(j, end - 1):
            total += j * k
    while total > 50:
        total -= 7
        if total % 11 == 0:
            break
    return total * 1000 + i


@entry
def changing_end(outer: Outer, end: int) -> int:
    outer.long = end
    total = 0
    for i in range(outer.long):
        outer.long = 0
        total += i
    return total


@entry
def branches(a: int) -> int:
    if a > 10:
        size = 1
    elif a > 5:
        size = 2
    else:
        if a < 0:
            return -1
        size = 3
    return size if a != 7 else bumped(size)


def bumped(size: int) -> int:
    return size + 10


@entry
def structs(outer: Outer, at: int, number: float) -> float:
    item = outer.items[at]
    item.count += 2
    item.double = number
    item.is_on = not item.is_on
    same = outer.items[at]
    chosen = outer.inner.item if number < 0.0 else same
    chosen.double *= 2.0
    outer.inner.numbers[at] += chosen.double - 1.0
    outer.places[outer.places[at]] = at
    outer.flags[at % 2] = item.is_on
    outer.void = pick(outer, at).double
    return outer.void + outer.inner.numbers[at] + outer.items[at].double


def pick(outer: Outer, at: int) -> Item:
    return outer.items[at]


@entry
def arrays(outer: Outer, count: int) -> float:
    floats = outer.floats
    total = 0.0
    for i in range(count):
        total += floats[i] * outer.ints[i]
        outer.others[i].count = outer.ints[i] + i
        floats[i] = total
    outer.ints[0] = count
    return total


@entry
def nothing(outer: Outer) -> None:
    """Says nothing."""
    if outer.long > 0:
        return
    pass
    bump(outer, 1)
'''

FLOATS = [0.0, -0.0, 1.0, -1.5, 3.0, 1e308, -1e308, 5e-324, 0.1, inf, -inf, nan, 2.0**53 + 2, -(2.0**52) - 0.5, 1e-310]
INTS = [0, 1, -1, 2, 3, -3, 7, -8, 1_000_003, -1_000_003]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    return BothForms(tmp_path_factory.mktemp("both"), TEXT)


def test_constants_are_the_same_to_the_bit(both):
    assert both.same("constants", 0) == 0.1
    for which in range(1, 7):
        both.same("constants", which)


def test_ints_are_divided_towards_minus_infinity(both):
    for which, a, b in product(range(8), INTS, INTS):
        both.same("int_operations", which, a, b)
    assert both.same("int_operations", 3, -1, 0) == -1
    assert both.same("int_operations", 4, -1, 0) == 3


def test_floats_nan_and_minus_zero_included(both):
    for which, a, b in product(range(11), FLOATS, FLOATS):
        both.same("float_operations", which, a, b)
    assert str(both.same("float_operations", 5, 0.0, -0.0)) == "0.0"
    assert isnan(both.same("float_operations", 6, nan, 1.0))
    assert both.same("float_operations", 6, 1.0, nan) == 1.0
    assert both.same("float_operations", 4, -1.0, 0.0) == -inf


def test_a_float_is_truncated_within_64_bits(both):
    for number in (*FLOATS, 2.0**63, -(2.0**63), 9.3e18, -9.3e18, 1.9, -1.9):
        both.same("truncated", number)
    assert both.same("truncated", nan) == 0
    assert both.same("truncated", inf) == 9223372036854774784
    assert both.same("truncated", -inf) == LEAST_INT


def test_ints_beside_floats_become_floats(both):
    for a, b in product(INTS, FLOATS):
        both.same("mixed", a, b)


def test_comparisons_chains_and_logic(both):
    for a, b, c in product(FLOATS, FLOATS, FLOATS):
        both.same("comparisons", a, b, c)
    for a, b in product((False, True), repeat=2):
        both.same("truth", a, b)


def test_an_operand_that_is_not_needed_is_not_evaluated(both):
    for a, b in product((-1, 1), repeat=2):
        python, compiled = both.python.Outer(), both.compiled.struct(both.python.Outer)
        function = both.python.short_circuit
        assert function(python, a, b) == both.compiled.function(function)(compiled, a, b)
        assert python.long == compiled.long


def test_loops_and_branches(both):
    for end, skip, stop in product(range(-1, 9), (0, 3), (2, 5, 20)):
        both.same("loops", end, skip, stop)
    for number in range(-2, 14):
        both.same("branches", number)
    compiled = both.compiled.struct(both.python.Outer)
    function = both.python.changing_end
    assert function(both.python.Outer(), 5) == both.compiled.function(function)(compiled, 5) == 10


def test_structs_are_the_same_object_wherever_they_are_named(both):
    python, compiled = both.python.Outer(), both.compiled.struct(both.python.Outer)
    function = both.python.structs
    for at, number in product(range(3), (1.5, -2.25, 1e300)):
        assert function(python, at, number) == both.compiled.function(function)(compiled, at, number)
    for at in range(3):
        for name in ("count", "double", "is_on"):
            assert getattr(python.items[at], name) == getattr(compiled.items[at], name)
    assert python.inner.item.double == compiled.inner.item.double
    assert [python.places, python.inner.numbers, python.flags] == [
        list(compiled.places),
        list(compiled.inner.numbers),
        list(compiled.flags),
    ]


def test_arrays_of_the_caller_are_read_and_written_in_place(both):
    python, compiled = both.python.Outer(), both.compiled.struct(both.python.Outer)
    function = both.python.arrays
    for outer, kernel in ((python, None), (compiled, both.compiled)):
        outer.floats = kernel.floats([1.5, 2.5, -3.0]) if kernel else [1.5, 2.5, -3.0]
        outer.ints = kernel.ints([2, -3, 4]) if kernel else [2, -3, 4]
        outer.others = kernel.structs(both.python.Item, 3) if kernel else [both.python.Item() for _ in range(3)]
    assert function(python, 3) == both.compiled.function(function)(compiled, 3)
    assert python.floats == compiled.floats[:3]
    assert python.ints == compiled.ints[:3]
    assert [item.count for item in python.others] == [compiled.others[i].count for i in range(3)]


def test_a_function_may_return_nothing(both):
    compiled = both.compiled.struct(both.python.Outer)
    assert both.compiled.function(both.python.nothing)(compiled) is None
    assert compiled.long == 1


def test_ints_wrap_where_python_goes_on(both):
    """The one difference there is left: a checked build stops there (see the sanitized builds)."""
    assert both.call("int_operations", 0, MOST_INT, 1) == (2**63, LEAST_INT)


def test_a_struct_has_no_other_fields(both):
    with pytest.raises(AttributeError):
        both.python.Item().other = 1
