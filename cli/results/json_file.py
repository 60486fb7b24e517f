"""Reading one JSON file of a results tree: whole and of the expected form, or damaged for a stated reason."""

from pathlib import Path
from stat import S_ISREG
from typing import TypeVar

import msgspec

NEWEST_SCHEMA = 1
"""The `schema_version` this program writes; older ones are read, newer ones are not."""
_MIB = 1024 * 1024
LARGEST_RUN = 256 * _MIB
LARGEST_METRICS = 16 * _MIB


class Versioned(msgspec.Struct, frozen=True):
    """What every JSON file of a results tree begins with."""

    schema_version: int


Form = TypeVar("Form", bound=Versioned)


class DamagedFileError(ValueError):
    """A file that cannot be used; the text names it and says why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: damaged: {reason}")


def read_text(path: Path, largest: int) -> str:
    """The text of a file of at most `largest` bytes.

    Raises:
        DamagedFileError: if it is missing, empty, unreadable, no regular file, larger, or not UTF-8.
    """
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):
            raise DamagedFileError(path, "this is not a file")
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except FileNotFoundError:
        raise DamagedFileError(path, "it is missing") from None
    except OSError as error:
        raise DamagedFileError(path, f"it cannot be read ({error.strerror})") from error
    if not data:
        raise DamagedFileError(path, "it is empty")
    if len(data) > largest:
        raise DamagedFileError(path, f"it is larger than {largest // _MIB} MiB, and no run writes that")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise DamagedFileError(path, f"it is not UTF-8 from byte {error.start} on") from error


def parsed(text: str, path: Path, form: type[Form]) -> Form:
    """What the JSON of a file means; only the fields of `form` are built.

    Raises:
        DamagedFileError: if it is no JSON, of another form, or written by a newer version.
    """
    try:
        found = msgspec.json.decode(text, type=form)
    except msgspec.ValidationError as error:
        _refuse_newer(_version(text), path)
        raise DamagedFileError(path, f"it is not what a run writes ({error})") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise DamagedFileError(path, f"it is not whole JSON ({error})") from error
    _refuse_newer(found.schema_version, path)
    return found


def _version(text: str) -> int:
    try:
        return msgspec.json.decode(text, type=Versioned).schema_version
    except msgspec.DecodeError:
        return NEWEST_SCHEMA


def _refuse_newer(version: int, path: Path) -> None:
    if version > NEWEST_SCHEMA:
        reason = f"a newer admf wrote it (schema_version {version}; this one reads up to {NEWEST_SCHEMA})"
        raise DamagedFileError(path, reason)
