"""Lengths of time as users write them: `1m`, `4h`, `1d`, `1w`."""

import re

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_FORM = re.compile(r"([1-9]\d{0,4})([mhdw])", re.ASCII)


def duration_ns(text: str) -> int:
    """Nanoseconds of a length such as `5m` (minutes), `1h`, `1d` or `1w`.

    Raises:
        ValueError: the text is not a whole number above zero followed by m, h, d or w.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a length of time (expected a number and m, h, d or w, such as 5m or 1h)")
    return int(match[1]) * _UNITS[match[2]]


def duration_text(ns: int) -> str:
    """The shortest way to write a length of `ns` nanoseconds: `90m`, `1d`; seconds if it is no whole minute."""
    for letter in ("w", "d", "h", "m"):
        if ns and ns % _UNITS[letter] == 0:
            return f"{ns // _UNITS[letter]}{letter}"
    return f"{ns / SECOND:g}s"
