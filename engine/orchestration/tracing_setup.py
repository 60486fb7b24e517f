"""Tracing, attached from outside: which tracer each container of a plan gets (rules R1, S2)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from engine.config.schema import CONTAINER_TYPES
from engine.containers.portfolio import PortfolioContainer
from engine.events import EVENT_TYPES
from engine.lanes.portfolio import LanePortfolio
from engine.orchestration.dynamic_tracing import RuleWatch
from tracing.counted import can_be_counted
from tracing.open import open_tracer, retrace
from tracing.resolve import TraceResolver
from tracing.rules import unfired
from tracing.settings import DEFAULT_FILE_SIZE_MB
from tracing.storage.compression import codec_of
from tracing.storage.disk import LineStream
from tracing.storage.limits import member_bytes
from tracing.storage.members import MemberFile
from tracing.tracer import UNTRACED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from engine.config.locations import Locations
    from engine.config.node import Mark
    from engine.containers.base import Container
    from engine.orchestration.plan import Plan
    from tracing.counted import CountedTracer
    from tracing.resolve import ResolvedTrace
    from tracing.settings import TraceSettings
    from tracing.tracer import EventTracer


def resolve_traces(plan: Plan, locations: Locations) -> dict[str, TraceSettings]:
    """The canonical trace settings of every container of the plan, by id."""
    return {id_: resolved.settings for id_, resolved in resolve_with_origins(plan, locations).items()}


def resolve_with_origins(plan: Plan, locations: Locations) -> dict[str, ResolvedTrace]:
    """The same with the layer that decided each field; containers that share every layer share one object."""
    config = plan.config
    by_type = {kind: config.type_settings(kind) for kind in (*CONTAINER_TYPES, "root")}
    resolver = TraceResolver(
        config.trace_settings, by_type, EVENT_TYPES, lambda path: _line(locations.of(path)), locations.order_of
    )
    paths = {container.id: f"containers.{number}.event_tracing" for number, container in enumerate(config.containers)}
    traces: dict[str, ResolvedTrace] = {}
    for planned in plan.containers.values():
        own = planned.config.event_tracing if planned.config else None
        traces[planned.id] = resolver.resolve(planned.id, planned.type, own, paths.get(planned.id, ""))
    return traces


def _line(at: Mark) -> int | None:
    return None if at.is_option else at.line


def attach_tracers(
    plan: Plan,
    containers: Mapping[str, Container],
    traces: Mapping[str, TraceSettings],
    root: Path,
    warn: Callable[[str], None],
    *,
    streams: int,
    among: Mapping[str, Container] | None = None,
    also_countable: bool = False,
) -> dict[str, EventTracer]:
    """Gives those that trace, or that a rule may have trace, their tracers; event files go to folders in `root`.

    They are some of a run in which so many containers may stream. `among`: all that are simulated with them, if there are
    more: what a portfolio hears begins to be published once one of its rules asks for it. Where what a tracer would keep can be
    counted, a portfolio on the kernel has none unless those are `also_countable`.
    """
    present = containers if among is None else among
    limit = member_bytes(streams)
    durable = plan.config.results.durable
    tracers: dict[str, EventTracer] = {}
    for id_, container in containers.items():
        settings = traces[id_]
        if isinstance(container, LanePortfolio) and can_be_counted(settings) and not also_countable:
            continue
        if settings.enabled or settings.dynamic_rules:
            folder = root / (settings.storage_path or id_)
            tracer = tracers[id_] = open_tracer(id_, settings, folder, limit, warn, durable=durable)
            container.attach(tracer)
            if settings.dynamic_rules and isinstance(container, PortfolioContainer):
                heard = [present[source] for source in plan.heard_by(id_)]
                change = partial(retrace, tracer, folder=folder, member_bytes=limit, durable=durable)
                RuleWatch(container, heard, settings, tracer, change)
    return tracers


def accounting(tracer: EventTracer | CountedTracer | None, settings: TraceSettings) -> dict[str, Any]:
    """What became of the events of a container that may have no tracer, and of the rules in its `settings`.

    `started_at` is None unless a rule latched.
    """
    counts: dict[str, Any] = UNTRACED if tracer is None else tracer.accounting()
    counts = {**counts, "started_at": None if tracer is None else tracer.started_at}
    if settings.dynamic_rules:
        rules = None if tracer is None else tracer.rules
        counts["rules"] = unfired(settings.dynamic_rules) if rules is None else rules.records
    return counts


def open_stream(folder: Path, stem: str, streams: int, *, durable: bool) -> LineStream:
    """Lines on their way to `<folder>/<stem>.jsonl.gz`, one of so many streams of its kind."""
    file = MemberFile(folder, stem, codec_of(compression=True), DEFAULT_FILE_SIZE_MB, durable=durable)
    return LineStream(file, member_bytes(streams))
