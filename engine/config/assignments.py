"""`--set a.b.c=value`: one value put into the tree, over whatever the files say there (rule C4)."""

from collections.abc import Callable, Collection, Iterable
from collections.abc import Sequence as Ordered

import msgspec

from engine.config.characters import odd_character
from engine.config.errors import Guess, Problems
from engine.config.node import Entry, Mapping, Mark, Node, Path, Scalar, Sequence, as_mapping, option

ValueReader = Callable[[str, Mark], Node | None]
"""Turns the text behind the equals sign into a node; None after a mistake, which it has reported."""

DEEPEST = 64
_FORM = "expected a.b.c=value"
_LONGEST_NAME = 1_000
_MOST_DIGITS = 9
_ELSEWHERE = {
    "extends": "this says which files are read: it stands in a file",
    "environment": "choose an environment by --env",
    "environments": "choose an environment by --env",
}


class Assignment(msgspec.Struct, frozen=True):
    """What was typed behind `--set`; the option as a whole is its place in messages. `by` is another that means the same."""

    text: str
    by: str | None = None

    @property
    def at(self) -> Mark:
        """The place of its value."""
        return option(self.by or f"--set {self.text}")


class _RefusedError(Exception):
    """An assignment that leads nowhere: how far it got, what is wrong there, and what may have been meant."""

    def __init__(self, path: Path, value: str | None, message: str, guess: Guess | None = None) -> None:
        super().__init__(message)
        self.path, self.value, self.message, self.guess = path, value, message, guess


class Assignments:
    """Puts assignments into a tree, in order, so that the last one of a value wins.

    A name of a path is the longest one known at its place, since keys and ids have dots and equals signs of their own.
    A container is named by its number or its id. The id as it is written, `portfolio_{fast}`, means all the copies that
    a sweep makes; an id that only a sweep gives means that copy: it waits for `applied`.
    """

    def __init__(self, given: Iterable[str | Assignment], read_value: ValueReader, problems: Problems) -> None:
        self._given = [Assignment(each) if isinstance(each, str) else each for each in given]
        self._read_value = read_value
        self._problems = problems
        self._waiting: list[Assignment] = []
        self._containers: Node | None = None

    def into(self, root: Mapping, blocks: Collection[str]) -> Mapping:
        """The tree with the assignments made, but for those to containers that are not written in it.

        `blocks` are the names of the environment blocks, which are merged already.
        """
        for each in self._given:
            root = self._assigned(root, each, blocks)
        self._containers = root.value("containers")
        return root

    def applied(self, containers: Node, expanded: list[Node]) -> list[Node]:
        """The containers that the list `containers` was expanded to, with the assignments to single copies made."""
        if containers is not self._containers or not self._waiting:
            return expanded
        copies = list(expanded)
        for each in self._waiting:
            self._assign_copy(copies, each)
        return copies

    def _assigned(self, root: Mapping, each: Assignment, blocks: Collection[str]) -> Mapping:
        try:
            _check_text(each.text)
            _check_key(_step(each.text, (*root.entries, *blocks), ())[0], blocks)
            return self._in_mapping(root, each.text, (), each)
        except _RefusedError as error:
            self._problems.at(each.at, error.path, error.value, error.message, error.guess)
            return root

    def _assign_copy(self, copies: list[Node], each: Assignment) -> None:
        ids = _ids(copies)
        _, _, rest = each.text.partition("containers.")
        try:
            name, tail, last = _step(rest, ids, ("containers",))
            index = _copy(name, ids)
            copies[index] = self._put(copies[index], tail, ("containers", name), each, last=last)
        except _RefusedError as error:
            # Where the ids of copies are not known, for a mistake in their sweep, any might be among them.
            if not any(map(_has_unsure_id, copies)):
                self._problems.at(each.at, error.path, error.value, error.message, error.guess)

    def _put(self, node: Node | None, rest: str, path: Path, each: Assignment, *, last: bool) -> Node:
        """What stands at `path` once the rest of the text is done: the value, or the node with the value inside."""
        if last:
            value = self._read_value(rest, each.at)
            return Scalar("", quoted=True, at=each.at, unsure=True) if value is None else value
        if len(path) >= DEEPEST:
            raise _RefusedError(path[:3], None, f"nested more than {DEEPEST} deep")
        if isinstance(node, Sequence):
            return self._in_list(node, rest, path, each)
        mapping = Mapping({}, each.at) if node is None else as_mapping(node)
        if mapping is None:
            raise _RefusedError(path, None, f"a single value stands here: it has no {rest.partition('=')[0]}")
        return self._in_mapping(mapping, rest, path, each)

    def _in_mapping(self, mapping: Mapping, rest: str, path: Path, each: Assignment) -> Mapping:
        name, tail, last = _step(rest, mapping.entries, path)
        if (*path, name) == ("containers",) and not last:
            return self._in_containers(mapping, tail, each)
        value = self._put(mapping.value(name), tail, (*path, name), each, last=last)
        key = Scalar(name, quoted=True, at=each.at)
        return Mapping({**mapping.entries, name: Entry(key, value)}, mapping.at)

    def _in_containers(self, root: Mapping, rest: str, each: Assignment) -> Mapping:
        node = root.value("containers")
        if not isinstance(node, Sequence):
            return root  # there are no containers, which is reported when they are read
        ids = _ids(node.items)
        name, tail, last = _step(rest, ids, ("containers",))
        if name not in ids and not _is_number(name):
            self._waiting.append(each)
            return root
        index = _index(name, len(node.items), ("containers",)) if name not in ids else ids[name]
        if name in ids and _is_number(name) and int(name) != index and int(name) < len(node.items):
            message = "this is the id of one container and the number of another: use the other's id, or its own number"
            raise _RefusedError(("containers",), name, message)
        value = self._put(node.items[index], tail, ("containers", index), each, last=last)
        items = Sequence((*node.items[:index], value, *node.items[index + 1 :]), node.at)
        return Mapping({**root.entries, "containers": Entry(root.entries["containers"].key, items)}, root.at)

    def _in_list(self, node: Sequence, rest: str, path: Path, each: Assignment) -> Sequence:
        name, tail, last = _step(rest, (), path)
        index = _index(name, len(node.items), path)
        value = self._put(node.items[index], tail, (*path, index), each, last=last)
        return Sequence((*node.items[:index], value, *node.items[index + 1 :]), node.at)


def _check_text(text: str) -> None:
    odd = odd_character(text)
    if odd is not None:
        raise _RefusedError((), None, f"the character {odd[0]!a} cannot stand in a config")
    if "=" not in text:
        raise _RefusedError((), None, f"{_FORM}: there is no equals sign")


def _check_key(name: str, blocks: Collection[str]) -> None:
    """Refuses what is read before there is anything to set."""
    if name in _ELSEWHERE:
        raise _RefusedError((name,), None, _ELSEWHERE[name])
    if name in blocks:
        raise _RefusedError((name,), None, "this block is merged already: set the value itself")


def _copy(name: str, ids: dict[str, int]) -> int:
    if name not in ids:
        raise _RefusedError(("containers",), name, "no container has this id", Guess(name, ids))
    return ids[name]


def _step(rest: str, known: Collection[str], path: Path) -> tuple[str, str, bool]:
    """The next name, what comes behind it, and whether that is the value: the longest known name, or any."""
    ends = [index for index, character in enumerate(rest[:_LONGEST_NAME]) if character in ".="]
    if not ends or "=" not in rest:
        raise _RefusedError(path, None, f"{_FORM}: there is no equals sign behind this")
    end = next((end for end in reversed(ends) if rest[:end] in known and _leads_on(rest, end)), ends[0])
    if end == 0:
        raise _RefusedError(path, None, f"{_FORM}: a name is missing")
    return rest[:end], rest[end + 1 :], rest[end] == "="


def _leads_on(rest: str, end: int) -> bool:
    return rest[end] == "=" or "=" in rest[end:]


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit()


def _index(name: str, count: int, path: Path) -> int:
    if not _is_number(name) or len(name) > _MOST_DIGITS or int(name) >= count:
        raise _RefusedError(
            path, name, f"expected the number of an item, 0 to {count - 1}" if count else "this list is empty"
        )
    return int(name)


def _ids(containers: Ordered[Node]) -> dict[str, int]:
    """The place of each container by its id, as far as it has one; the first of several."""
    ids: dict[str, int] = {}
    for index, node in enumerate(containers):
        value = node.value("id") if isinstance(node, Mapping) else None
        if isinstance(value, Scalar) and value.text:
            ids.setdefault(value.text, index)
    return ids


def _has_unsure_id(node: Node) -> bool:
    value = node.value("id") if isinstance(node, Mapping) else None
    return isinstance(value, Scalar) and value.unsure
