"""From a config file on disk to the config it means, or to everything that is wrong with it."""

import re
from pathlib import Path

import msgspec

from cli.config.compose import Composer, UnusableTextError
from engine.config.errors import ConfigErrors, ConfigProblem, Problems
from engine.config.load import load_config
from engine.config.locations import Locations
from engine.config.node import Mark
from engine.config.schema import RunConfig

LARGEST_BYTES = 10 * 1000 * 1000
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class LoadedConfig(msgspec.Struct, frozen=True):
    """A config and what belongs to it.

    Attributes:
        config: what the file means, sweeps expanded and defaults filled.
        locations: where each value was written.
        warnings: what is odd without being wrong, each with its place.
        base_folder: the folder of the file, absolute: relative paths in it start there.
    """

    config: RunConfig
    locations: Locations
    warnings: tuple[ConfigProblem, ...]
    base_folder: Path


def read_config(path: Path, shown_as: str) -> LoadedConfig:
    """Reads the config file at `path`; messages call it `shown_as`, the path as the user typed it.

    Raises:
        ConfigErrors: with every mistake in the file.
        OSError: if the file cannot be read.
    """
    with path.open("rb") as file:
        raw = file.read(LARGEST_BYTES + 1)
    text = _decoded(raw, shown_as)
    problems = Problems()
    try:
        root = Composer(shown_as, problems).compose(text)
    except UnusableTextError as error:
        raise problems.errors(error.problem) from None
    loaded = load_config(root, path.stem, problems)
    return LoadedConfig(loaded.config, loaded.locations, loaded.warnings, path.resolve().parent)


def _decoded(raw: bytes, shown_as: str) -> str:
    if len(raw) > LARGEST_BYTES:
        raise _refused(shown_as, "", f"the file is larger than {LARGEST_BYTES // 1_000_000} MB")
    wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("latin-1" if wide else "utf-8-sig")
        raise _refused(shown_as, before, "this is not UTF-8: save the file in that encoding") from None
    odd = _UNPRINTABLE.search(text)
    if odd is not None:
        raise _refused(shown_as, text[: odd.start()], f"the character {odd[0]!a} cannot stand in a text file")
    return text


def _refused(shown_as: str, before: str, expected: str) -> ConfigErrors:
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return ConfigErrors([ConfigProblem(Mark(shown_as, line, column), "", None, expected)])
