"""The files that make up a config, and what it means that a value stands in one of them."""

import os
from pathlib import Path

import msgspec

from engine.config.containers import Declared
from engine.config.layers import stacked
from engine.config.node import Mapping, Scalar
from engine.config.schema import AnyContainer, DataContainer
from engine.market.sources import FileSource


class ConfigFile(msgspec.Struct, frozen=True):
    """One file: what it says, how messages call it, and where it is, absolute and without links."""

    root: Mapping
    shown_as: str
    path: Path


class Files(msgspec.Struct, frozen=True):
    """The config file that was asked for, last, and before it what it extends, the lowest first."""

    layers: tuple[ConfigFile, ...]

    @property
    def name(self) -> str:
        """The name of the config file without its ending."""
        return self.layers[-1].path.stem

    @property
    def folder(self) -> Path:
        """The folder of the config file."""
        return self.layers[-1].path.parent

    @property
    def shown(self) -> tuple[str, ...]:
        """What messages call the files, in order."""
        return tuple(file.shown_as for file in self.layers)

    def stacked(self) -> Mapping:
        """All of them in one mapping."""
        return stacked([file.root for file in self.layers])

    def relocated(self, declared: Declared) -> AnyContainer:
        """The container; the path of data is made to start at `folder` if it stands in a file of another folder."""
        config: AnyContainer = declared.config
        if not isinstance(config, DataContainer) or not isinstance(config.source, FileSource):
            return config
        folder = self._folder_of(declared)
        if folder == self.folder:
            return config
        path = os.path.join(os.path.relpath(folder, self.folder), config.source.path)  # noqa: PTH118 - `..` stays
        return msgspec.structs.replace(config, source=msgspec.structs.replace(config.source, path=path))

    def _folder_of(self, declared: Declared) -> Path:
        """The folder of the file in which the path of the data stands; that of the config file for `--set`."""
        source = declared.field("source")
        written = source.value("path") if isinstance(source, Mapping) else None
        shown_as = written.at.path if isinstance(written, Scalar) else ""
        return next((file.path.parent for file in self.layers if file.shown_as == shown_as), self.folder)
