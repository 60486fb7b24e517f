"""The JSON Schema of what stands under `sweep:`, which is read before any struct is (rule C2)."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_SCALARS: Schema = {"type": "array", "minItems": 1, "items": {"type": ["string", "number", "boolean", "null"]}}
_NUMBER: Schema = {"type": ["number", "string"]}
_COUNT: Schema = {"type": "integer", "minimum": 1}


def _mapping(required: tuple[str, ...], **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


_ENDS = _mapping(("from", "to"), **{"from": _NUMBER, "to": _NUMBER})
_RANGE = _mapping(("range",), range=_mapping(("from", "to"), **{"from": _NUMBER, "to": _NUMBER, "step": _NUMBER}))
_LISTED: Schema = {"anyOf": [_SCALARS, _RANGE]}
_DRAWN = [
    *(_mapping((kind,), **{kind: _ENDS}) for kind in ("uniform", "loguniform", "integers")),
    _mapping(("choice",), choice=_LISTED),
]

SWEEP: Schema = {
    "description": "parameters with their values; makes a container of every combination",
    "type": "object",
    "minProperties": 1,
    "properties": {
        "where": {"type": "string", "description": "a condition that a combination must meet: fast < slow"},
        "zip": {
            "description": "parameters whose values belong together, one by one",
            "type": "object",
            "minProperties": 1,
            "additionalProperties": _LISTED,
        },
        "random": {
            "description": "draws so many combinations of the parameters that are drawn",
            **_mapping(("samples",), samples=_COUNT, seed={"type": "integer", "minimum": 0}),
        },
        "sobol": {
            "description": "spreads so many combinations evenly over the parameters that are drawn",
            **_mapping(("samples",), samples=_COUNT),
        },
    },
    "additionalProperties": {"anyOf": [_SCALARS, _RANGE, *_DRAWN]},
}
"""A parameter is a list, a range, or a distribution to draw from."""
