"""What containers say of one another: ids, inputs, execution (rules L7, S8)."""

import fnmatch
import re
from collections.abc import Collection, Sequence

from engine.config.containers import Declared
from engine.config.errors import Guess, Problems
from engine.config.node import Path, Scalar
from engine.config.node import Sequence as SequenceNode
from engine.config.readers import INVALID
from engine.config.schema import PortfolioContainer
from tracing.storage.paths import same_folder

Inputs = dict[str, tuple[str, ...]]

_WILDCARD = re.compile(r"[*?\[]")
_LISTENS_TO = {
    "feature": ("data",),
    "strategy": ("data", "feature"),
    "portfolio": ("data", "feature", "strategy"),
    "analysis": ("data", "feature", "strategy", "portfolio", "execution", "analysis"),
}


class Directory:
    """All containers of a run by id; a container that could not be read has an id but no type."""

    def __init__(self, declared: Sequence[Declared], clashes: int) -> None:
        """Takes the containers, and how many of them have an id that another has."""
        self.by_id: dict[str, Declared] = {}
        for each in declared:
            if each.id:
                self.by_id.setdefault(each.id, each)
        self.vague = any(isinstance(node, Scalar) and node.unsure for node in (each.field("id") for each in declared))
        self._nameless = clashes + sum(each.id is None or each.config_id is INVALID for each in declared)
        self._dangling: list[tuple[Scalar, Path, str, Collection[str]]] = []
        self._matches: dict[str, tuple[str, ...]] = {}

    def owns(self, each: Declared) -> bool:
        """Whether a container is the one that its id means: the first that has it."""
        return each.id is not None and self.by_id[each.id] is each

    def unknown(self, item: Scalar, path: Path, message: str, known: Collection[str]) -> None:
        """Notes a reference to a container that is not there; `known` are those that are."""
        self._dangling.append((item, path, message, known))

    @property
    def dangling(self) -> int:
        """How many references were noted that lead nowhere."""
        return len(self._dangling)

    def report_unknown(self, problems: Problems) -> None:
        """Reports the references that lead nowhere, unless wrong ids, reported themselves, explain them all."""
        names = {item.text for item, *_ in self._dangling}
        if not self.vague and len(names) > self._nameless:
            for item, path, message, known in self._dangling:
                problems.add(item, path, message, Guess(item.text, known))

    def type_of(self, container_id: str) -> str | None:
        """The type of a container, None if it is not known."""
        config = self.by_id[container_id].config
        return None if config is INVALID else str(config.type)

    def ids(self, container_type: str | None = None) -> list[str]:
        """The ids in order, all or those of one type."""
        return [name for name in self.by_id if container_type in (None, self.type_of(name))]

    def matching(self, pattern: str) -> tuple[str, ...]:
        """The ids that match a pattern, in order."""
        if pattern not in self._matches:
            self._matches[pattern] = tuple(name for name in self.by_id if fnmatch.fnmatchcase(name, pattern))
        return self._matches[pattern]


def check_ids(declared: Sequence[Declared], problems: Problems) -> int:
    """Reports ids that two containers share, or that some file system would keep in one folder (rule S8): how many."""
    clashes = 0
    owners: dict[str, Declared] = {}
    for each in declared:
        node = each.field("id")
        if isinstance(node, Scalar) and node.text:
            owner = owners.setdefault(same_folder(node.text), each)
            if owner is not each:
                clashes += 1
                problems.add(node, (*each.path, "id"), _clash(each, owner))
    return clashes


def _clash(each: Declared, owner: Declared) -> str:
    if each.path == owner.path:
        return "the sweep gives this id more than once: put each of its parameters into it, such as {fast}_{slow}"
    if each.id == owner.id:
        return f"this id is taken by the container of line {owner.node.at.line}"
    return f"this id and {owner.id!r} of line {owner.node.at.line} would share a folder"


def resolve_inputs(declared: Sequence[Declared], directory: Directory, problems: Problems) -> Inputs:
    """The inputs of every container by id, patterns replaced by what they match.

    Mistakes are reported; a container that has one among its inputs is left out.
    """
    inputs: Inputs = {}
    for each in declared:
        node = each.field("inputs")
        if each.id and isinstance(node, SequenceNode) and each.config is not INVALID and hasattr(each.config, "inputs"):
            before = problems.count + directory.dangling
            resolved = tuple(_resolved(each, node, directory, problems))
            clean = problems.count + directory.dangling == before and each.config.inputs is not INVALID
            if clean and directory.owns(each):
                inputs[each.id] = resolved
    return inputs


def _resolved(each: Declared, node: SequenceNode, directory: Directory, problems: Problems) -> dict[str, None]:
    found: dict[str, None] = {}
    for index, item in enumerate(node.items):
        path = (*each.path, "inputs", index)
        if isinstance(item, Scalar) and item.unsure:
            problems.add(item, path, "expected an id")
        elif isinstance(item, Scalar) and item.text:
            for name in _named(each, item, path, directory, problems):
                if name in found and not _WILDCARD.search(item.text):
                    problems.add(item, path, "this container is among the inputs already")
                found[name] = None
    return found


def _named(each: Declared, item: Scalar, path: Path, directory: Directory, problems: Problems) -> tuple[str, ...]:
    if _WILDCARD.search(item.text):
        return _matched(each, item, path, directory)
    if item.text == each.id and directory.owns(each):
        problems.add(item, path, "a container cannot listen to itself")
        return ()
    if item.text not in directory.by_id:
        directory.unknown(item, path, "no container has this id", directory.by_id)
        return ()
    kind, allowed = directory.type_of(item.text), _LISTENS_TO.get(each.config.type, ())
    if kind is not None and kind not in allowed:
        problems.add(
            item, path, f"a container of type {each.config.type} listens to {' or '.join(allowed)}, not to {kind}"
        )
        return ()
    return (item.text,)


def _matched(each: Declared, item: Scalar, path: Path, directory: Directory) -> tuple[str, ...]:
    """What a pattern matches: among these, the types that the container can listen to."""
    allowed = _LISTENS_TO.get(each.config.type, ())
    others = [name for name in directory.matching(item.text) if name != each.id]
    fitting = tuple(name for name in others if directory.type_of(name) in (None, *allowed))
    if not fitting:
        directory.unknown(item, path, f"this pattern matches no container of type {' or '.join(allowed)}", ())
    return fitting


def check_cycles(declared: Sequence[Declared], inputs: Inputs, problems: Problems) -> None:
    """Reports containers that listen to themselves by way of others."""
    done: set[str] = set()
    for each in declared:
        if each.id in inputs and each.id not in done:
            circle = _circle(each.id, inputs, done)
            node = each.field("inputs")
            if circle and node is not None:
                problems.add(node, (*each.path, "inputs"), f"containers listen in a circle: {' -> '.join(circle)}")


def _circle(start: str, inputs: Inputs, done: set[str]) -> list[str]:
    """The first circle found by walking from `start` against the flow of events, without recursion."""
    trail = [start]
    open_inputs = [iter(inputs.get(start, ()))]
    while trail:
        name = next(open_inputs[-1], None)
        if name is None:
            done.add(trail.pop())
            open_inputs.pop()
        elif name in trail:
            done.update(trail)
            return [*trail[trail.index(name) :], name]
        elif name not in done:
            trail.append(name)
            open_inputs.append(iter(inputs.get(name, ())))
    return []


def check_executions(declared: Sequence[Declared], directory: Directory, problems: Problems) -> None:
    """Reports portfolios whose execution container is not one, or is not said where there are several."""
    executions = directory.ids("execution")
    for each in declared:
        if isinstance(each.config, PortfolioContainer):
            node = each.field("execution")
            if node is None or (isinstance(node, Scalar) and node.is_null):
                if len(executions) > 1:
                    expected = f"expected one of {', '.join(executions[:10])}: there are several"
                    problems.missing(each.node, (*each.path, "execution"), expected)
            else:
                _check_reference(each, "execution", "an execution container", directory, problems)


def check_benchmarks(declared: Sequence[Declared], directory: Directory, problems: Problems) -> None:
    """Reports portfolios whose benchmark is no data container."""
    for each in declared:
        if isinstance(each.config, PortfolioContainer):
            _check_reference(each, "benchmark", "a data container", directory, problems)


def _check_reference(each: Declared, key: str, kind: str, directory: Directory, problems: Problems) -> None:
    """Reports a key that names no container, or one of another type than `kind` says."""
    node, path, wanted = each.field(key), (*each.path, key), kind.split()[1]
    if not isinstance(node, Scalar) or node.is_null or not node.text:
        return
    if node.text not in directory.by_id:
        directory.unknown(node, path, f"expected the id of {kind}", directory.ids(wanted))
        return
    found = directory.type_of(node.text)
    if found not in (None, wanted):
        problems.add(node, path, f"expected the id of {kind}: this one is of type {found}")
