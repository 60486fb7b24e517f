"""What tracing knows of an event, and the JSON line an event becomes."""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import date, timedelta
from typing import TYPE_CHECKING, ClassVar, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

NS_PER_SECOND = 1_000_000_000
NS_PER_MINUTE = 60 * NS_PER_SECOND
MINUTES_PER_DAY = 1440
NS_PER_DAY = MINUTES_PER_DAY * NS_PER_MINUTE
_SINCE_2001 = 10**18
_DIGITS_OF_OUR_TIME = 19
_EPOCH = date(1970, 1, 1)
_MINUTES = tuple(f"T{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60))
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{3}|\d{6}|\d{9}))?Z", re.ASCII)
_SECONDS = tuple(f"{second:02d}" for second in range(60))
_WHOLE_SECONDS = tuple(f"{second}Z".encode() for second in _SECONDS)
_TO_THE_MINUTE = -len(_WHOLE_SECONDS[0])
_WHOLE_MINUTES = tuple(f"{minute}00Z".encode() for minute in _MINUTES)
_MINUTES_OF_A_DAY = {n * NS_PER_MINUTE: text for n, text in enumerate(_WHOLE_MINUTES)}


class Stamped(Protocol):
    """A typed, timestamped record: what can become a line. `timestamp` is ns since the epoch, UTC."""

    type: ClassVar[str]

    @property
    def timestamp(self) -> int:
        """When it happened."""


class Record(Stamped, Protocol):
    """A typed, timestamped, correlated record: what can be traced."""

    @property
    def event_id(self) -> str:
        """Its name, unique within a run."""

    @property
    def correlation_id(self) -> str | None:
        """The trade it belongs to, if any."""

    @property
    def ends_correlation(self) -> bool:
        """Whether it is the last of its trade."""


class UnwritableRecordError(TypeError):
    """A record that cannot become a line: its struct is not tagged by `type` or does not begin with `timestamp`."""


class Clock:
    """Timestamps (ns since the epoch, UTC) as RFC 3339 with `Z`, exact.

    The fraction has the fewest of 0, 3, 6 or 9 digits that hold it. Timestamps come in order, so the text of a day is
    made once.
    """

    def __init__(self) -> None:
        self._day: int | None = None
        self._date = ""

    def text(self, timestamp: int) -> str:
        """`2020-01-01T09:30:00Z`."""
        day, nanoseconds = divmod(timestamp, NS_PER_DAY)
        if day != self._day:
            self._day = day
            self._date = (_EPOCH + timedelta(day)).isoformat()
        seconds, fraction = divmod(nanoseconds, NS_PER_SECOND)
        minute, second = divmod(seconds, 60)
        return f"{self._date}{_MINUTES[minute]}{_SECONDS[second]}{_fraction(fraction) if fraction else 'Z'}"


def _fraction(nanoseconds: int) -> str:
    digits = f".{nanoseconds:09d}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return digits + "Z"


def nanoseconds(text: str) -> int:
    """The timestamp (ns since the epoch, UTC) that `Clock` writes so.

    Raises:
        ValueError: if it is none of those.
    """
    found = _TIMESTAMP.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"{text!r} is no timestamp of a trace")
    hour, minute, second = map(int, found.group(2, 3, 4))
    seconds = (hour * 60 + minute) * 60 + second
    fraction = int((found[5] or "").ljust(9, "0"))
    return (date.fromisoformat(found[1]) - _EPOCH).days * NS_PER_DAY + seconds * NS_PER_SECOND + fraction


class Stamps:
    """Timestamps as `Clock` writes them, in bytes. Those of whole minutes, which most bars have, come from a table."""

    def __init__(self) -> None:
        self._clock = Clock()
        self._date = b""
        self._midnight = self._next_midnight = 0  # of that date, in minutes since the epoch

    def stamp(self, timestamp: int) -> bytes:
        """`2020-01-01T09:30:00Z`."""
        minutes, rest = divmod(timestamp, NS_PER_MINUTE)
        if not self._midnight <= minutes < self._next_midnight:
            return self._enter(timestamp)
        stamp = self._date + _WHOLE_MINUTES[minutes - self._midnight]
        if rest:
            seconds, fraction = divmod(rest, NS_PER_SECOND)
            return self._enter(timestamp) if fraction else stamp[:_TO_THE_MINUTE] + _WHOLE_SECONDS[seconds]
        return stamp

    def stamps(self, timestamps: Sequence[int]) -> list[bytes]:
        """`stamp` of each; they ascend."""
        texts: list[bytes] = []
        while len(texts) < len(timestamps):
            start = len(texts)
            self.stamp(timestamps[start])
            midnight, date = self._midnight * NS_PER_MINUTE, self._date
            of_day = timestamps[start : bisect_left(timestamps, midnight + NS_PER_DAY, start)]
            try:
                texts += [date + _MINUTES_OF_A_DAY[timestamp - midnight] for timestamp in of_day]
            except KeyError:  # they are not all of whole minutes
                texts += map(self.stamp, of_day)
        return texts

    def _enter(self, timestamp: int) -> bytes:
        text = self._clock.text(timestamp).encode()
        self._date = text[: text.index(b"T")]
        self._midnight = timestamp // NS_PER_DAY * MINUTES_PER_DAY
        self._next_midnight = self._midnight + MINUTES_PER_DAY
        return text


class LineEncoder:
    """Turns records into JSON lines: `{"seq":0,"type":"FILL","timestamp":"2020-01-01T00:00:00Z",...}`.

    The struct is encoded once by msgspec; `seq` and the text of the timestamp are spliced in before what follows its
    two first fields. Records of one moment come together, so the text is made once per moment. One encoder serves
    every tracer of a process.
    """

    def __init__(self) -> None:
        self._encode = msgspec.json.Encoder().encode
        self._heads: dict[type, tuple[bytes, int]] = {}
        self._stamps = Stamps()
        self._timestamp: int | None = None
        self._stamp = b""
        self._digits = 0

    def line(self, seq: int, record: Stamped) -> bytes:
        r"""The record as one line, ending in `\n`.

        Raises:
            UnwritableRecordError: if the record does not encode to `{"type":...,"timestamp":<int>,...}`.
        """
        encoded = self._encode(record)
        if record.timestamp != self._timestamp:
            self._enter(record.timestamp)
        head, start = self._heads.get(record.__class__) or self._learn(record, encoded)
        return b'{"seq":%d%b%b"%b\n' % (seq, head, self._stamp, encoded[start + self._digits :])

    def _enter(self, timestamp: int) -> None:
        self._timestamp = timestamp
        self._stamp = self._stamps.stamp(timestamp)
        self._digits = _DIGITS_OF_OUR_TIME if timestamp >= _SINCE_2001 else len(str(timestamp))

    def _learn(self, record: Stamped, encoded: bytes) -> tuple[bytes, int]:
        start = b'{"type":"%b","timestamp":' % record.type.encode()
        if not encoded.startswith(start + str(record.timestamp).encode()):
            raise UnwritableRecordError(
                f"{record.__class__.__name__}: an event must be a msgspec.Struct tagged by `type`, `timestamp` its first field"
            )
        self._heads[record.__class__] = b',"type":"%b","timestamp":"' % record.type.encode(), len(start)
        return self._heads[record.__class__]
