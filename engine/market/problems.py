"""What is wrong with market data, said with the file and the line as the user sees them."""

import difflib
from collections.abc import Collection
from pathlib import Path

import msgspec

LISTED = 20


class DataProblem(msgspec.Struct, frozen=True):
    """One thing wrong with one file.

    Attributes:
        path: the path as typed in the config.
        line: line of the file as an editor counts it (the header is line 1), row number of a Parquet file,
            or None where the fault is not in one line.
        column: name of the file's column, if one is to blame.
        reason: what is wrong, in one line.
        location: where the config names the file, for faults that are mended there.
    """

    path: str
    line: int | None
    column: str | None
    reason: str
    location: str = ""

    def __str__(self) -> str:
        """`<path>:<line>: <reason>`, or `<config location>: <path>: <reason>` if no line is to blame."""
        if self.line is not None:
            return f"{self.path}:{self.line}: {self.reason}"
        place = f"{self.location}: " if self.location else ""
        return f"{place}{self.path}: {self.reason}"


class BadData(ValueError):  # noqa: N818 - the name says what was found
    """Market data that must not be used; `problems` holds every fault of every file of the run."""

    def __init__(self, problems: list[DataProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class Flaw(msgspec.Struct, frozen=True):
    """One fault before it is known how the user spelled the path: line, column, reason as in DataProblem."""

    reason: str
    line: int | None = None
    column: str | None = None


class FileRefused(Exception):  # noqa: N818 - an answer, not an accident
    """A file cannot be used; `flaws` says why, in file order, `more` counts those that are not listed."""

    def __init__(self, flaws: list[Flaw], more: int = 0) -> None:
        super().__init__("; ".join(flaw.reason for flaw in flaws))
        self.flaws = flaws
        self.more = more


def refuse(reason: str, line: int | None = None, column: str | None = None) -> FileRefused:
    """The exception for a single fault."""
    return FileRefused([Flaw(reason, line, column)])


def absent(path: Path) -> str:
    """Why a path leads to nothing: its folder is not there, or there is none of this name in it, but one like it."""
    if "~" in path.parts:
        return "there is no such file; for your home folder write ${HOME}"
    if not path.parent.is_dir():
        return f"there is no such file, nor a folder {path.parent.name!r} for it"
    near = difflib.get_close_matches(path.name, sorted(each.name for each in path.parent.iterdir()), n=1)
    return "there is no such file" + (f"; did you mean {near[0]!r}?" if near else "")


def no_rows(symbol: str, others: Collection[str], header_line: int | None) -> FileRefused:
    """The exception for a file without rows, or without rows of the symbol but with those of others."""
    if not others:
        return refuse("the file has no rows of data", header_line)
    near = difflib.get_close_matches(symbol, others, n=1) or sorted(others)
    shown = ", ".join(repr(other) for other in near[:LISTED])
    return refuse(f"no row has the symbol {symbol!r}; the file has {shown}")
