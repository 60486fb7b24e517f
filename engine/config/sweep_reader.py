"""What stands under `sweep:`: parameters with their values, `zip`, `random` or `sobol`, and `where` (rule C2)."""

import re

from engine.config.combinations import Axis, Sweep, plain
from engine.config.distributions import Distribution, read_distribution
from engine.config.errors import Problems, shown
from engine.config.keys import unknown_key
from engine.config.node import Entry, Mapping, Node, Path, Scalar, as_mapping, place_in
from engine.config.ranges import FORMS, LARGEST, parameter_values
from engine.config.samples import METHODS, Chance, Sampling, check_drawn, read_sampling
from engine.guesses import nearest
from tracing.expression import Expression
from tracing.expression_tokens import ExpressionError

_NAME = re.compile(r"[A-Za-z_]\w{0,60}", re.ASCII)
_OWN_KEYS = ("zip", *METHODS, "where")
_RESERVED = frozenset({*_OWN_KEYS, "product"})
_EXPECTED = "expected parameters with their values: {fast: [5, 10], slow: [50, 100]}"


def parameter_names(node: Node) -> tuple[str, ...]:
    """The names of the parameters, those under `zip` included, and those under what may be meant as that."""
    mapping = as_mapping(node)
    if mapping is None:
        return ()
    own = (name for name in mapping.entries if name not in _OWN_KEYS)
    together = [as_mapping(entry.value) for entry in mapping if entry.key.text == "zip" or _slip(entry)]
    return tuple(dict.fromkeys([*own, *(name for each in together if each for name in each.entries)]))


def written_order(node: Node) -> tuple[str, ...]:
    """The names of the parameters of a sweep without mistakes, in the order of the file."""
    mapping = as_mapping(node)
    names: list[str] = []
    for entry in mapping or ():
        if isinstance(entry.value, Mapping) and entry.key.text == "zip":
            names += entry.value.entries
        elif entry.key.text not in _OWN_KEYS:
            names.append(entry.key.text)
    return tuple(names)


def read_sweep(node: Node, path: Path, problems: Problems, chance: Chance) -> Sweep | None:
    """The sweep, None after a mistake."""
    mapping = as_mapping(node)
    names = parameter_names(node)
    if mapping is None or not (names or "zip" in mapping.entries):
        problems.add(node, path, _EXPECTED)
        return None
    return _SweepReader(mapping, names, path, problems).read(chance)


class _SweepReader:
    """Reads one sweep. Axes come in the order of the file; what is drawn is one axis, where `random` or `sobol` stands."""

    def __init__(self, mapping: Mapping, names: tuple[str, ...], path: Path, problems: Problems) -> None:
        self._mapping = mapping
        self._names = names
        self._path = path
        self._problems = problems
        self._axes: dict[str, Axis] = {}
        self._drawn: dict[str, Distribution] = {}

    def read(self, chance: Chance) -> Sweep | None:
        """The sweep, None after a mistake."""
        before = self._problems.count
        methods = [self._mapping.entries[name] for name in METHODS if name in self._mapping.entries]
        samplings = [read_sampling(each, (*self._path, each.key.text), self._problems, chance) for each in methods]
        for entry in self._mapping:
            self._entry(entry, methods)
        where = self._where()
        if len(methods) > 1:
            self._report(methods[1], "random and sobol exclude each other")
        elif methods and samplings[0] is not None and self._problems.count == before:
            self._draw(methods[0], samplings[0])
        axes = [self._axes[name] for name in self._mapping.entries if name in self._axes]
        sweep = Sweep(tuple(axes), where)
        self._check(sweep)
        return sweep if self._problems.count == before else None

    def _entry(self, entry: Entry, methods: list[Entry]) -> None:
        name = entry.key.text
        if name == "zip":
            self._zip(entry)
        elif name not in _OWN_KEYS and self._is_parameter(entry, self._path):
            form = self._form(entry)
            if form is None:
                self._listed(entry)
            elif methods:
                found = read_distribution(form, (*self._path, name, form.key.text), self._problems)
                self._drawn |= {} if found is None else {name: found}
            else:
                self._report(entry, "this is drawn: expected random: {samples: 100} or sobol: {samples: 64} beside it")

    def _form(self, entry: Entry) -> Entry | None:
        """What a parameter is drawn from, None if it is not drawn."""
        mapping = entry.value if isinstance(entry.value, Mapping) else None
        forms = [each for each in mapping or () if each.key.text in FORMS[1:]]
        for each in mapping if mapping and forms else ():
            if each is not forms[0]:
                unknown_key(self._problems, each.key, (*self._path, entry.key.text), ())
        return forms[0] if forms else None

    def _listed(self, entry: Entry) -> None:
        name = entry.key.text
        if _slip(entry):
            unknown_key(self._problems, entry.key, self._path, _OWN_KEYS)
            return
        values = parameter_values(entry.value, (*self._path, name), self._problems)
        if values is not None:
            self._axes[name] = Axis((name,), tuple((value,) for value in values))

    def _zip(self, entry: Entry) -> None:
        path = (*self._path, "zip")
        mapping = as_mapping(entry.value)
        if mapping is None or not mapping.entries:
            self._problems.add(entry.value, path, "expected lists of one length: {fast: [5, 10], slow: [50, 100]}")
            return
        read = {
            each.key.text: parameter_values(each.value, (*path, each.key.text), self._problems, repeated=True)
            for each in mapping
            if self._is_parameter(each, path)
        }
        for each in mapping:
            if each.key.text in self._mapping.entries:
                self._problems.at(each.key.at, (*path, each.key.text), None, "this parameter stands in the sweep twice")
        columns = {name: values for name, values in read.items() if values is not None}
        if len(columns) < len(mapping.entries):
            return
        if len({len(values) for values in columns.values()}) > 1:
            lengths = ", ".join(f"{name} has {len(values)}" for name, values in columns.items())
            self._problems.add(entry.value, path, f"expected lists of one length: {lengths}")
            return
        self._axes["zip"] = axis = Axis(tuple(columns), tuple(zip(*columns.values(), strict=True)))
        self._check_distinct(axis, path)

    def _check_distinct(self, axis: Axis, path: Path) -> None:
        """Each point of `zip` makes a container: two that agree in every value would make the same one."""
        seen: dict[tuple[tuple[str, bool], ...], int] = {}
        for index, point in enumerate(axis.points):
            first = seen.setdefault(tuple((value.text, value.quoted) for value in point), index)
            if first != index:
                what = f"these values stand in zip twice: item {index + 1} of each list repeats item {first + 1}"
                self._problems.add(point[0], (*path, axis.names[0], index), what)

    def _draw(self, method: Entry, sampling: Sampling) -> None:
        path = (*self._path, method.key.text)
        if not check_drawn(sampling, self._drawn, method, path, self._problems):
            return
        points = sampling.points(self._drawn)
        if len(points) < sampling.samples:
            what = f"only {len(points):,} different combinations can be drawn: lower samples, or widen the parameters"
            self._problems.add(method.value, path, what)
        self._axes[method.key.text] = Axis(tuple(self._drawn), tuple(points))

    def _is_parameter(self, entry: Entry, path: Path) -> bool:
        name = entry.key.text
        if name not in _RESERVED and _NAME.fullmatch(name):
            return True
        what = f"unknown key: {name} is no parameter" if name in _RESERVED else "a parameter is named like x or fast_2"
        self._problems.at(entry.key.at, (*path, name), None, what)
        return False

    def _where(self) -> Expression | None:
        node = self._mapping.value("where")
        path = (*self._path, "where")
        if node is None:
            return None
        if not isinstance(node, Scalar) or node.is_null:
            self._problems.add(node, path, "expected a condition such as fast < slow")
            return None
        try:
            return Expression(node.text, self._names)
        except ExpressionError as error:
            self._problems.at(place_in(node, error.column), path, shown(node), error.message)
            return None

    def _check(self, sweep: Sweep) -> None:
        if sweep.size > LARGEST:
            what = f"{sweep.size:,} combinations; a sweep has at most {LARGEST:,}"
            self._problems.at(self._mapping.at, self._path, "a mapping", what)
        for name in sweep.where.numbers if sweep.where else ():
            for value in sweep.values(name):
                if not isinstance(plain(value), int | float):
                    self._problems.add(
                        value, (*self._path, name), "expected a number, since `where` compares it as one"
                    )

    def _report(self, entry: Entry, message: str) -> None:
        self._problems.at(entry.key.at, (*self._path, entry.key.text), None, message)


def _slip(entry: Entry) -> bool:
    """Whether what looks like a parameter is probably a key of the sweep, misspelt."""
    odd = isinstance(entry.value, Mapping) and not any(key in FORMS for key in entry.value.entries)
    return odd and bool(nearest(entry.key.text, _OWN_KEYS))
