"""The JSON Schema of a config file, made from the very readers that read one (rule C6)."""

from __future__ import annotations

from collections import defaultdict
from functools import partial, singledispatchmethod
from typing import TYPE_CHECKING, Any

from engine.config.components import FeatureReader, OwnModelReader, UserComponentReader
from engine.config.containers import ContainersReader
from engine.config.fields import EXTENDS, RUN_CONFIG, SETTINGS
from engine.config.forms import ListReader, TableReader, UnionReader
from engine.config.readers import Bounds, ChoiceReader, EitherReader, ScalarReader, TextReader
from engine.config.reference import summary_of
from engine.config.scalars import read_bool, read_float, read_int, read_number
from engine.config.structs import StructReader, TaggedReader
from engine.config.sweep_schema import SWEEP
from engine.features.indicators import check_indicator, indicator_names
from engine.own_events import OWN_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.config.readers import Reader

Schema = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"
"""The draft that editors know best."""

_VARIABLE = r"\$\{[A-Za-z_]\w*(:-[^}]*)?\}"
_PLACE = r"\{[A-Za-z_]\w*\}"
_NUMBER_AS_TEXT = r"^[+-]?(\d{1,3}(_\d{3})+(\.\d+)?|\d+(\.\d*)?[eE][+-]?\d+|\.\d+([eE][+-]?\d+)?)$"
"""Numbers to us that some YAML readers take for text."""
_SWITCH_AS_TEXT = r"^([Yy][Ee][Ss]|[Nn][Oo]|[Oo][Nn]|[Oo][Ff][Ff]|[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"
_LIMITS = {"gt": "exclusiveMinimum", "ge": "minimum", "lt": "exclusiveMaximum", "le": "maximum"}
_PLAIN = ["string", "number", "boolean"]


def config_schema() -> Schema:
    """The schema of a whole config file."""
    maker = _Maker()
    schema = maker.struct(RUN_CONFIG)
    block = maker.schema(SETTINGS)
    for name in RUN_CONFIG.extra_keys:
        schema["properties"][name] = maker.schema(EXTENDS) if name == "extends" else block
    known = sorted(schema["properties"])
    schema["required"] = []
    elsewhere = ("containers", "environment", *RUN_CONFIG.extra_keys)
    return {
        "$schema": DRAFT,
        "title": "admf config",
        **schema,
        "additionalProperties": block,
        "anyOf": [{"required": [name]} for name in elsewhere],
        "if": {"not": {"required": ["environments"]}},
        "then": {"propertyNames": {"enum": known}},
        "definitions": maker.definitions,
    }


class _Maker:
    """Makes the schema of one reader after another; structs become definitions, each once.

    Inside a container a value may be a sweep's `"{parameter}"` instead.
    """

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}
        self._swept = False

    @singledispatchmethod
    def schema(self, reader: Reader) -> Schema:
        """The schema of what a reader takes."""
        raise TypeError(f"no schema is known for what {type(reader).__name__} reads")

    @schema.register
    def _(self, reader: StructReader) -> Schema:
        return self._defined(reader.cls.__name__, partial(self.struct, reader))

    @schema.register
    def _(self, reader: TaggedReader) -> Schema:
        options = list(reader.options.values())
        options += [other for other in (reader.untagged, reader.own) if other is not None]
        return _any_of(self.schema(option) for option in options)

    @schema.register
    def _(self, reader: UnionReader) -> Schema:
        forms = [self.schema(form) for form in (reader.scalar, reader.sequence, reader.mapping) if form is not None]
        return _any_of([*forms, {"type": "null"}] if reader.nullable else forms)

    @schema.register
    def _(self, reader: ListReader) -> Schema:
        return {
            "type": "array",
            "items": self.schema(reader.item),
            **({"minItems": reader.least} if reader.least else {}),
        }

    @schema.register
    def _(self, reader: TableReader) -> Schema:
        return {"type": ["object", "null"], "additionalProperties": self.schema(reader.value)}

    @schema.register
    def _(self, reader: ContainersReader) -> Schema:
        self._swept = True
        item = self.schema(reader.container)
        self._swept = False
        return {"type": "array", "items": item, "minItems": 1}

    @schema.register
    def _(self, reader: EitherReader) -> Schema:
        return _any_of([self.schema(reader.choice), self.schema(reader.other)])

    @schema.register
    def _(self, reader: ChoiceReader) -> Schema:
        listed = self._or_filled_in({"enum": list(reader.choices)})
        return listed if reader.own is None else _any_of([listed, {"type": "string", "pattern": OWN_TYPE}])

    @schema.register
    def _(self, _: TextReader) -> Schema:
        return {"type": _PLAIN}

    @schema.register
    def _(self, reader: ScalarReader) -> Schema:
        if reader.read_text is read_bool:
            return self._or_filled_in({"type": "boolean"}, {"type": "string", "pattern": _SWITCH_AS_TEXT})
        if reader.read_text not in (read_int, read_float, read_number):
            return {"type": [*_PLAIN, "null"]}
        number = {"type": "integer" if reader.read_text is read_int else "number", **_limits(reader.bounds)}
        return self._or_filled_in(number, {"type": "string", "pattern": _NUMBER_AS_TEXT})

    @schema.register
    def _(self, reader: UserComponentReader) -> Schema:
        return self._defined("own", partial(self._own, reader))

    @schema.register
    def _(self, reader: OwnModelReader) -> Schema:
        return self._defined("own_model", partial(self._own, reader))

    @schema.register
    def _(self, _: FeatureReader) -> Schema:
        return self._defined("feature", self._feature)

    def _defined(self, name: str, make: Callable[[], Schema]) -> Schema:
        name = f"container.{name}" if self._swept else name
        if name not in self.definitions:
            self.definitions[name] = {}  # a struct that holds itself must find its name taken
            self.definitions[name] = make()
        return {"$ref": f"#/definitions/{name}"}

    def _own(self, reader: OwnModelReader) -> Schema:
        registered = list(reader.names())
        name = _any_of([{"type": "string", "pattern": r"\."}, *([{"enum": registered}] if registered else [])])
        parameter = {"type": [*_PLAIN, "null"]}
        return {
            "type": "object",
            "properties": {"name": name},
            "required": ["name"],
            "additionalProperties": parameter,
        }

    def _feature(self) -> Schema:
        names = self._or_filled_in({"enum": list(indicator_names())})
        text = {"type": _PLAIN}
        columns = _any_of([text, {"type": "array", "items": text}, {"type": "null"}])
        return {
            "type": "object",
            "properties": {"indicator": names, "input": columns},
            "required": ["indicator"],
            "allOf": [self._parameters(names, parameters) for parameters, names in _by_parameters().items()],
        }

    def struct(self, reader: StructReader) -> Schema:
        """The schema of a struct's mapping, with what is written beside its fields."""
        tag = {} if reader.tag is None else {str(reader.tag_field): {"const": reader.tag}}
        fields = {name: _described(self.schema(f.reader), f.description) for name, f in reader.fields.items()}
        required = [*tag, *reader.required]
        sweep = {"sweep": SWEEP} if "sweep" in reader.extra_keys else {}
        return {
            "description": summary_of(reader.cls),
            "type": "object" if required else ["object", "null"],
            "properties": tag | fields | sweep,
            "required": required,
            "additionalProperties": False,
        }

    def _parameters(self, indicators: list[str], parameters: tuple[tuple[str, type], ...]) -> Schema:
        """What stands beside the names of indicators that all take the same parameters."""
        kinds = {name: self.schema(ScalarReader("", read_float if t is float else read_int)) for name, t in parameters}
        return {
            "if": {"properties": {"indicator": {"enum": indicators}}, "required": ["indicator"]},
            "then": {"properties": kinds, "propertyNames": {"enum": ["indicator", "input", *kinds]}},
        }

    def _or_filled_in(self, *schemas: Schema) -> Schema:
        """Or a text that is filled in before it is read: by the environment, and in a container by its sweep."""
        pattern = f"{_VARIABLE}|{_PLACE}" if self._swept else _VARIABLE
        return _any_of([*schemas, {"type": "string", "pattern": pattern}])


def _by_parameters() -> dict[tuple[tuple[str, type], ...], list[str]]:
    groups: dict[tuple[tuple[str, type], ...], list[str]] = defaultdict(list)
    for name in indicator_names():
        parameters = check_indicator(name).parameters
        groups[tuple((key, type(value)) for key, value in parameters.items())].append(name)
    return groups


def _limits(bounds: Bounds | None) -> Schema:
    return {} if bounds is None else {_LIMITS[name]: limit for name, limit in bounds.limits.items()}


def _any_of(schemas: Iterable[Schema]) -> Schema:
    """One of several; the only one stands alone."""
    several = list(schemas)
    return several[0] if len(several) == 1 else {"anyOf": several}


def _described(schema: Schema, description: str) -> Schema:
    """In draft 7 nothing may stand beside a $ref."""
    if not description:
        return schema
    return {"description": description, **({"allOf": [schema]} if "$ref" in schema else schema)}
