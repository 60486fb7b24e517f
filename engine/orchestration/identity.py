"""What a run is, as a hash: the resolved config and the data, and nothing of where or how fast it runs."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.market.bars import Bars
    from engine.orchestration.plan import Plan
    from tracing.settings import TraceSettings

_HOW_NOT_WHAT = ("block_size", "memory_mb", "timeout_s", "environment", "environments")
_TRACING = ("trace_settings", "results")
_ID_DIGITS = 16


def plan_hash(plan: Plan, traces: Mapping[str, TraceSettings], bars: Mapping[str, Bars]) -> str:
    """SHA-256 (hex) over the resolved config, each container's trace settings and the data's fingerprints."""
    resolved = {id_: msgspec.to_builtins(settings) for id_, settings in traces.items()}
    return _digest({**_what_runs(plan, bars), "traces": resolved, "results": msgspec.to_builtins(plan.config.results)})


def run_correlation_id(plan: Plan, bars: Mapping[str, Bars]) -> str:
    """The id that all results of a run share: the same whatever is traced or written beside the metrics."""
    return f"run-{_digest(_what_runs(plan, bars))[:_ID_DIGITS]}"


def _what_runs(plan: Plan, bars: Mapping[str, Bars]) -> dict[str, Any]:
    config: dict[str, Any] = msgspec.to_builtins(plan.config)
    for key in (*_HOW_NOT_WHAT, *_TRACING, *(key for key in config if key.endswith("_settings"))):
        config.pop(key, None)
    for container in config["containers"]:
        container.pop("event_tracing", None)
        if container["type"] == "data":
            container["source"].pop("path", None)
            container["fingerprint"] = bars[container["id"]].fingerprint
    return config


def _digest(data: object) -> str:
    return hashlib.sha256(msgspec.json.encode(data, order="deterministic")).hexdigest()
