"""How a date and a time may be written: regular expressions whose groups name the fields."""

import re

_ZONE = r"(?:\s*(?P<offset>[Zz]|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?"
_FRACTION = r"(?:[.,](?P<fraction>\d{1,9}))?"
_CLOCK = (
    r"(?:(?:[Tt]|\s+)(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})" + _FRACTION + r")?)?"
    r"(?:\s*(?P<half>[AaPp]\.?[Mm]\.?))?" + _ZONE + r")?"
)
_COMPACT_CLOCK = (
    r"(?:(?:[Tt]|\s+)?(?P<hour>\d{2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})" + _FRACTION + r")?" + _ZONE + r")?"
)
_MONTH_NAME = r"(?P<monthname>[A-Za-z]{3,9})\.?"


def _compiled(*texts: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(text, re.ASCII) for text in texts)


YEAR_FIRST = _compiled(
    r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})" + _CLOCK,
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})" + _COMPACT_CLOCK,
    r"(?P<day>\d{1,2})[-/. ]" + _MONTH_NAME + r"[-/., ]+(?P<year>\d{4})" + _CLOCK,
    _MONTH_NAME + r"[- ](?P<day>\d{1,2})(?:,\s*|[- ])(?P<year>\d{4})" + _CLOCK,
)
DAY_FIRST = _compiled(r"(?P<day>\d{1,2})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4})" + _CLOCK)
MONTH_FIRST = _compiled(r"(?P<month>\d{1,2})(?P<mark>[-/.])(?P<day>\d{1,2})(?P=mark)(?P<year>\d{4})" + _CLOCK)
EPOCH = re.compile(r"(?P<sign>[+-]?)(?P<whole>\d{1,18}|[0-8]\d{18})(?:\.(?P<part>\d{0,9})\d*)?", re.ASCII)

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_DIRECTIVES = {
    "Y": r"(?P<year>\d{4})",
    "y": r"(?P<shortyear>\d{2})",
    "m": r"(?P<month>\d{1,2})",
    "b": r"(?P<monthname>[A-Za-z]{3})",
    "B": r"(?P<monthname>[A-Za-z]{3,9})",
    "d": r"(?P<day>\d{1,2})",
    "H": r"(?P<hour>\d{1,2})",
    "I": r"(?P<hour>\d{1,2})",
    "M": r"(?P<minute>\d{1,2})",
    "S": r"(?P<second>\d{1,2})",
    "f": r"(?P<fraction>\d{1,9})",
    "p": r"(?P<half>[AaPp][Mm])",
    "z": r"(?P<offset>[Zz]|[+-]\d{2}:?\d{2})",
    "a": r"[A-Za-z]{3}",
    "A": r"[A-Za-z]{6,9}",
    "%": "%",
}
_PIECE = re.compile(r"%(.?)|(\s+)|([^%\s]+)", re.DOTALL)


def strptime_pattern(timestamp_format: str) -> re.Pattern[str]:
    """The pattern of a format in strptime's letters.

    Known are %Y %y %m %b %B %d %H %I %M %S %f %p %z %a %A and %%; names are English, %f takes up to nine digits.

    Raises:
        ValueError: a letter is unknown or stands twice, or year, month or day is missing.
    """
    try:
        pattern = re.compile("".join(_piece(match) for match in _PIECE.finditer(timestamp_format.strip())), re.ASCII)
    except re.error:
        raise ValueError(f"{timestamp_format!r} names a field twice") from None
    fields = set(pattern.groupindex)
    if not ({"year", "shortyear"} & fields and {"month", "monthname"} & fields and "day" in fields):
        raise ValueError(f"{timestamp_format!r} needs a year (%Y or %y), a month (%m, %b or %B) and a day (%d)")
    return pattern


def _piece(match: re.Match[str]) -> str:
    if match[2]:
        return r"\s+"
    if match[3]:
        return re.escape(match[3])
    if match[1] not in _DIRECTIVES:
        known = " ".join(f"%{letter}" for letter in _DIRECTIVES)
        raise ValueError(f"%{match[1]} is not understood (known: {known})")
    return _DIRECTIVES[match[1]]
