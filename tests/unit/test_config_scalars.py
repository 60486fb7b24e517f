"""Rule C5: literal texts as the type of the field demands, or refused with a hint."""

import pytest

from engine.config.node import Mark, Scalar
from engine.config.scalars import NotReadableError, read_any, read_bool, read_float, read_int, read_number

AT = Mark("c.yaml", 1, 1)


def plain(text):
    return Scalar(text, quoted=False, at=AT)


def quoted(text):
    return Scalar(text, quoted=True, at=AT)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        ("1e-4", 1e-4),
        (".5", 0.5),
        ("-2.50", -2.5),
        ("+3", 3.0),
        ("1E3", 1000.0),
        ("1_000_000", 1e6),
        ("5.", 5.0),
    ],
)
def test_c5_a_number_is_read_as_written(text, value):
    assert read_float(plain(text)) == value


@pytest.mark.parametrize(("text", "value"), [("10", 10), ("-3", -3), ("1e3", 1000), ("10.0", 10), ("12_345", 12345)])
def test_c5_a_whole_number_may_be_written_in_several_ways(text, value):
    read = read_int(plain(text))
    assert read == value
    assert type(read) is int


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("12:30", "base 60"),
        ("010", "octal"),
        ("0x1F", "in decimal digits"),
        ("1_12", "without underscores"),
        ("1e999", "finite"),
        (".inf", "a number"),
        ("nan", "a number"),
        ("abc", "a number"),
        ("", "a number"),
        ("1 000", "a number"),
        ("٣", "a number"),
    ],
)
def test_c5_what_could_mean_two_things_is_refused_with_a_hint(text, hint):
    with pytest.raises(NotReadableError, match=hint):
        read_float(plain(text))


def test_c5_a_quoted_number_is_a_text():
    with pytest.raises(NotReadableError, match="remove the quotes"):
        read_float(quoted("10"))
    assert read_any(quoted("10")) == "10"


@pytest.mark.parametrize("text", ["1.5", "1e-1", "1e300", str(2**63)])
def test_c5_what_is_not_whole_or_does_not_fit_is_no_whole_number(text):
    with pytest.raises(NotReadableError, match="whole number"):
        read_int(plain(text))


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("NO", False), ("Yes", True), ("off", False), ("ON", True), ("False", False)]
)
def test_c5_booleans_in_any_case(text, value):
    assert read_bool(plain(text)) is value


@pytest.mark.parametrize("text", ["1", "0", "", "y", "wahr"])
def test_c5_nothing_else_is_a_boolean(text):
    with pytest.raises(NotReadableError, match="true or false"):
        read_bool(plain(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("7", 7),
        ("true", True),
        ("null", None),
        ("", None),
        ("2020-01-31", "2020-01-31"),
        ("a_1", "a_1"),
    ],
)
def test_c5_an_untyped_text_is_what_it_looks_like(text, value):
    read = read_any(plain(text))
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize("text", ["NO", "on", "12:30", "010", "0x1F", "1_12", "1e999", ".NaN"])
def test_c5_an_untyped_text_that_yaml_versions_read_differently_must_be_quoted(text):
    with pytest.raises(NotReadableError):
        read_any(plain(text))
    assert read_any(quoted(text)) == text


def test_numbers_keep_being_whole_where_written_so():
    assert type(read_number(plain("5"))) is int
    assert type(read_number(plain("5.0"))) is float
