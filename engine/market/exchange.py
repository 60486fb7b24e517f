"""What the run and its reading process say to each other, as JSON."""

import msgspec

from engine.market.problems import Flaw
from engine.market.sources import FileSource


class ReadJob(msgspec.Struct, frozen=True):
    """A file to read: its absolute path, the source as configured, and the folder for its columns."""

    path: str
    source: FileSource
    folder: str


class ReadReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a job.

    Attributes:
        columns: names of the columns written (see `moved_columns`), timestamps not among them. Empty if the file was refused.
        fingerprint: SHA-256 of the file's bytes, hex.
        rows: rows of the file that are bars of this source.
        bar_length: ns, 0 if unknown.
        zone: how timestamps became UTC, in words.
        dropped: rows left out, by reason.
        notices: remarks for the user.
        flaws: why the file was refused.
        more: faults that are not listed.
    """

    columns: list[str] = []
    fingerprint: str = ""
    rows: int = 0
    bar_length: int = 0
    zone: str = ""
    dropped: dict[str, int] = {}
    notices: list[str] = []
    flaws: list[Flaw] = []
    more: int = 0
