"""Numbers, booleans and null from literal text (rule C5).

YAML 1.1 reads some plain texts as nobody means them: `1e-4` is text, `12:30` is 750, `010` is 8, `NO` is false. Here the
text is read as the type demands; what could mean two things is refused with a hint.
"""

import math
import re

from engine.config.node import Scalar

_DECIMAL = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,4})?", re.ASCII)
_GROUPED = re.compile(r"([+-]?\d{1,3})((?:_\d{3}){1,10})(\.\d{1,40})?", re.ASCII)
_LEADING_ZERO = re.compile(r"[+-]?0\d+", re.ASCII)
_OTHER_BASE = re.compile(r"[+-]?0[xXoObB][0-9a-fA-F_]+", re.ASCII)
_CLOCK = re.compile(r"[+-]?\d{1,20}(?::\d{1,2})+(?:\.\d*)?", re.ASCII)
_UNDERSCORED = re.compile(r"[+-]?\d[\d_]*_[\d_]*(?:\.\d*)?", re.ASCII)
_INFINITE = re.compile(r"[+-]?\.(?:inf|nan)", re.IGNORECASE)
_BOOLEANS = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False}
_LARGEST = 2**63


class NotReadableError(ValueError):
    """The text is not of the type; the message says what was expected and perhaps how to write it."""


def read_float(scalar: Scalar) -> float:
    """The text as a finite number.

    Raises:
        NotReadableError: if it is none, or is quoted.
    """
    value = float(_decimal_text(scalar, "a number"))
    if not math.isfinite(value):
        raise NotReadableError("expected a finite number")
    return value


def read_int(scalar: Scalar) -> int:
    """The text as a whole number; `1e3` and `10.0` are whole.

    Raises:
        NotReadableError: if it is none, is quoted, or does not fit 64 bits.
    """
    text = _decimal_text(scalar, "a whole number")
    try:
        return _fitting(int(text))
    except ValueError:
        value = float(text)
    if not value.is_integer():
        raise NotReadableError("expected a whole number")
    return _fitting(int(value)) if abs(value) < _LARGEST else _fitting(_LARGEST)


def read_number(scalar: Scalar) -> int | float:
    """The text as a whole number where it is written as one, else as a finite number.

    Raises:
        NotReadableError: if it is neither, or is quoted.
    """
    text = _decimal_text(scalar, "a number")
    return read_float(scalar) if any(mark in text for mark in ".eE") else _fitting(int(text))


def read_bool(scalar: Scalar) -> bool:
    """The text as true or false; yes, no, on and off count too, in any case.

    Raises:
        NotReadableError: if it is none of these, or is quoted.
    """
    value = _BOOLEANS.get(scalar.text.lower())
    if value is None:
        raise NotReadableError("expected true or false")
    if _is_text(scalar):
        raise NotReadableError("expected true or false: remove the quotes")
    return value


def read_any(scalar: Scalar) -> str | int | float | bool | None:
    """The value of a text whose type nobody states, such as a parameter of a user's own strategy.

    Raises:
        NotReadableError: if YAML's versions disagree about the text; the hint is to quote it or to write it otherwise.
    """
    if scalar.quoted:
        return scalar.text
    if scalar.is_null:
        return None
    if scalar.text.lower() in ("true", "false"):
        return scalar.text.lower() == "true"
    if scalar.text.lower() in _BOOLEANS:
        raise NotReadableError("could be text or true/false: quote it, or write true or false")
    if _INFINITE.fullmatch(scalar.text):
        raise NotReadableError("expected a finite number")
    return _number_or_text(scalar)


def _number_or_text(scalar: Scalar) -> str | int | float:
    try:
        return read_number(scalar)
    except NotReadableError as error:
        if _hint(scalar.text) or _DECIMAL.fullmatch(scalar.text):
            raise NotReadableError(f"{error}, or quote it if it is text") from None
        return scalar.text


def _decimal_text(scalar: Scalar, kind: str) -> str:
    text = scalar.text
    if _is_text(scalar):
        unquoted = _DECIMAL.fullmatch(text) is not None
        raise NotReadableError(f"expected {kind}" + (": remove the quotes" if unquoted else ""))
    grouped = _GROUPED.fullmatch(text)
    if grouped:
        text = text.replace("_", "")
    hint = _hint(text)
    if hint or not _DECIMAL.fullmatch(text):
        raise NotReadableError(f"expected {kind}{hint}")
    return text


def _hint(text: str) -> str:
    if _CLOCK.fullmatch(text):
        return ": YAML reads a text like 12:30 as a number to the base 60; write it as a decimal number"
    if _LEADING_ZERO.fullmatch(text):
        return ": YAML reads a leading zero as octal; write it without"
    if _OTHER_BASE.fullmatch(text):
        return " in decimal digits"
    if _UNDERSCORED.fullmatch(text) and not _GROUPED.fullmatch(text):
        return ": write it without underscores, or with groups of three digits"
    return ""


def _is_text(scalar: Scalar) -> bool:
    """Whether quotes say that it is a text; around `${...}` they are only what YAML needs."""
    return scalar.quoted and scalar.pieces is None


def _fitting(value: int) -> int:
    if not -_LARGEST <= value < _LARGEST:
        raise NotReadableError("expected a whole number that fits 64 bits")
    return value
