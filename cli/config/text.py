"""The text of a config file, or what keeps it from being one."""

from pathlib import Path

from engine.config.characters import odd_character
from engine.config.errors import ConfigErrors, ConfigProblem
from engine.config.node import Mark

LARGEST_BYTES = 10 * 1000 * 1000


def read_text(path: Path, shown_as: str) -> str:
    """The text of the file at `path`; messages call it `shown_as`.

    Raises:
        ConfigErrors: if it is too large, is not UTF-8 or UTF-16, or holds control characters.
        OSError: if it cannot be read.
    """
    with path.open("rb") as file:
        raw = file.read(LARGEST_BYTES + 1)
    if len(raw) > LARGEST_BYTES:
        raise _refused(shown_as, "", f"the file is larger than {LARGEST_BYTES // 1_000_000} MB")
    wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("latin-1" if wide else "utf-8-sig")
        raise _refused(shown_as, before, "this is not UTF-8: save the file in that encoding") from None
    odd = odd_character(text)
    if odd is not None:
        raise _refused(shown_as, text[: odd.start()], f"the character {odd[0]!a} cannot stand in a text file")
    return text


def _refused(shown_as: str, before: str, expected: str) -> ConfigErrors:
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return ConfigErrors([ConfigProblem(Mark(shown_as, line, column), "", None, expected)])
