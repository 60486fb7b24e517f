"""A config file and the files that it extends, each once, what is extended before what extends it (rule C4)."""

import os
from pathlib import Path

from cli.config.compose import Composer, UnusableTextError
from cli.config.text import LARGEST_BYTES, read_text
from engine.config.errors import ConfigProblem, Guess, Problems, shown
from engine.config.fields import EXTENDS
from engine.config.files import ConfigFile, Files
from engine.config.node import Mapping, Node, Scalar, Sequence, as_mapping
from engine.config.node import Path as Keys
from engine.config.readers import INVALID, Walk
from engine.config.variables import Variables

MOST_FILES = 100


class FileGatherer:
    """Reads files, lowest layer first: a file comes after all that it extends."""

    def __init__(self, problems: Problems, variables: Variables) -> None:
        self._problems = problems
        self._variables = variables
        self._finished: dict[Path, ConfigFile] = {}
        self._open: dict[Path, str] = {}
        self._characters = 0

    def gather(self, path: Path, shown_as: str) -> Files:
        """The file at `path` and what it extends; messages call it `shown_as`.

        Raises:
            ConfigErrors: if one of the files is no config at all.
            OSError: if the file itself cannot be read.
        """
        self._gather(path, shown_as)
        return Files(tuple(self._finished.values()))

    def _gather(self, path: Path, shown_as: str) -> None:
        target = path.resolve()
        self._open[target] = shown_as
        root = self._composed(path, shown_as)
        failed = False
        for item, keys in self._extended(root):
            failed |= not self._extend(item, keys, target.parent, shown_as)
        if failed:
            self._problems.raise_if_any()
        del self._open[target]
        self._finished[target] = ConfigFile(root, shown_as, target)

    def _composed(self, path: Path, shown_as: str) -> Mapping:
        text = read_text(path, shown_as)
        try:
            root = Composer(shown_as, self._problems, self._variables).compose(text)
        except UnusableTextError as error:
            raise self._problems.errors(error.problem) from None
        mapping = as_mapping(root)
        if mapping is None:
            expected = "expected a mapping at the top level of the file: name, containers and other keys"
            raise self._problems.errors(ConfigProblem(root.at, "", shown(root), expected))
        self._characters += len(text)
        if self._characters > LARGEST_BYTES:
            expected = f"with the files it extends this config is larger than {LARGEST_BYTES // 1_000_000} MB"
            raise self._problems.errors(ConfigProblem(root.at, "", None, expected))
        return mapping

    def _extended(self, root: Mapping) -> list[tuple[Scalar, Keys]]:
        """The paths under `extends`, each with its place."""
        node = root.value("extends")
        if node is None:
            return []
        self._variables.report(node, ("extends",))
        if EXTENDS.read(node, ("extends",), Walk(self._problems)) is INVALID:
            self._problems.raise_if_any()
        items: list[tuple[Node, Keys]] = [(node, ("extends",))]
        if isinstance(node, Sequence):
            items = [(item, ("extends", index)) for index, item in enumerate(node.items)]
        return [(item, keys) for item, keys in items if isinstance(item, Scalar) and item.text]

    def _extend(self, item: Scalar, keys: Keys, folder: Path, shown_as: str) -> bool:
        """Reads one file that another extends, unless that is done; False if it cannot be."""
        path = folder / item.text
        shown_path = os.path.join(os.path.dirname(shown_as), item.text)  # noqa: PTH118, PTH120 - as typed, `./` too
        try:
            wrong, guess = self._fault(path, shown_path)
            if not wrong and path.resolve() not in self._finished:
                self._gather(path, shown_path)
        except OSError as error:
            wrong, guess = f"this file cannot be read: {error.strerror or error}", None
        except RuntimeError:  # what pathlib raises for links in a circle before Python 3.13
            wrong, guess = "this file cannot be read: its links lead in a circle", None
        if wrong:
            self._problems.add(item, keys, wrong, guess)
        return not wrong

    def _fault(self, path: Path, shown_path: str) -> tuple[str, Guess | None]:
        target = path.resolve()
        if target in self._open:
            chain = list(self._open.values())[list(self._open).index(target) :]
            return f"files extend one another in a circle: {' -> '.join([*chain, shown_path])}", None
        if len(self._finished) + len(self._open) >= MOST_FILES and target not in self._finished:
            return f"a config extends at most {MOST_FILES - 1} files", None
        if not target.exists():
            return "there is no such file", Guess(path.name, self._names(path.parent))
        return ("" if target.is_file() else "expected the path of a file"), None

    def _names(self, folder: Path) -> list[str]:
        """The config files of a folder that could be extended."""
        if not folder.is_dir():
            return []
        own = {target.name for target in self._open if target.parent == folder.resolve()}
        return sorted(
            each.name for each in folder.iterdir() if each.suffix in {".yaml", ".yml"} and each.name not in own
        )
