"""What a run will need of the machine, told from its plan before anything is read (rule R4).

The constants were measured on CPython 3.11 to 3.13 on Linux; each stands where it is used with what it stands for. The
estimate is meant to lie between what a run takes and twice that. docs/cli.md says where that cannot be promised.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from engine.bus import SHARED
from engine.config.schema import DataContainer
from engine.features.columns import BUDGET as COMPUTED_AT_ONCE
from engine.market.column_file import GRAIN, stretches
from engine.market.file_kind import is_quick
from engine.market.sources import FileSource
from engine.market.synthetic import BLOCK as MADE_AT_ONCE
from engine.orchestration.lane_paths import most_in_a_shard, shown_lanes
from engine.orchestration.row_counts import expected_bars, expected_days, expected_rows, is_counted_whole
from engine.orchestration.traffic import Traffic
from engine.orchestration.worth import worthwhile_workers
from tracing.counted import can_be_counted
from tracing.settings import DEFAULT_WINDOW
from tracing.storage.limits import member_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.orchestration.plan import Plan
    from tracing.settings import TraceSettings

MIB = 1 << 20
_MB = 1_000_000

# Disk, in bytes. Lines of event files as they are, and compressed with gzip: measured on trades of crossovers.
_LINE = {"FEATURES": 240, "BAR": 255, "SIGNAL": 300, "PORTFOLIO_UPDATE": 335, "ORDER_REQUEST": 350}
_OTHER_LINE = 440
_PACKED = {"SIGNAL": 22, "FEATURES": 25, "ORDER_REQUEST": 28, "ORDER": 34, "BAR": 38, "POSITION_CLOSE": 76}
_OTHER_PACKED = 48
_MORE_PER_FEATURE = 9
_ZSTD_TO_GZIP = 0.7
_COLD_START = 4096
"""A member of n bytes packs worse by this over n than an endless one."""
_TRADE, _MARK = 58, 14
_RUN_FILE, _PORTFOLIO_FILE, _OTHER_FILE, _SYMBOL = 1600, 4000, 1000, 800
"""`_SYMBOL`: what each symbol of several adds to the file of its portfolio."""
_FILES_MARGIN, _EVENTS_MARGIN = 1.15, 1.25

# Memory, in bytes.
_PROCESS, _READER = 56 * MIB, 84 * MIB
_READER_BAR, _ROW = 240, 200
"""DuckDB reads in a process of its own, which ends before the simulation begins; small texts are read row by row, here."""
_BAR, _MADE_BAR = 48, 72
_VALUE = 8
_PLANNED, _LANE, _KERNEL_LANE, _OTHER_CONTAINER, _FILL = 7680, 24 * 1024, 9 * 1024, 12 * 1024, 30
_LANE_SYMBOL = 6 * 1024
"""`_PLANNED`: a portfolio's config, plan and report, for the whole run; `_LANE`: what simulates it, in its turn; `_KERNEL_LANE`: on the
kernel, with `_LANE_SYMBOL` for each symbol beyond the first."""
_DECODED = 1.4
"""Events that another process brought, to such as are made here, which have their texts in common."""
_WAITING = 1.2
"""Lines that wait in chunks, to their bytes."""
_CLOSING = 3
"""Members in the making: joined, packed and on their way, one stream at a time."""
_DENSE = ("BAR", "FEATURES", "PORTFOLIO_UPDATE")
_EVENT = {"BAR": 400, "FEATURES": 520, "PORTFOLIO_UPDATE": 380}
_OTHER_EVENT, _SLOT = 560, 20
"""`_SLOT`: of an event that others keep as well."""
_MOST, _LEAST = 1.35, 0.75
"""What is told of memory, to what is counted here."""

_FILES_OF_A_RUN, _FILES_OF_THE_READER, _FILES_OF_A_WORKER, _FILES_OF_WORKERS = 10, 16, 4, 8
"""Held open at once, by the process that holds most: their number does not grow with the containers (rule S3). Pipes lead to workers."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """`memory_mb`: MiB of the largest process; `disk_mb`: MB (1,000,000 bytes) of results; `open_files` at once.

    `least_memory_mb`: MiB that it needs even if no strategy trades and no dynamic rule comes true. `disk_without_rules_mb`: MB if
    none does; whether and when one does, only its trades will show. `counted_whole`: data containers of files of which `start`,
    `end` or `timeframe` may leave out a part; how much, only the data shows.
    """

    memory_mb: float
    least_memory_mb: float
    disk_mb: float
    disk_without_rules_mb: float
    open_files: int
    counted_whole: tuple[str, ...]


def estimate(
    plan: Plan, traces: Mapping[str, TraceSettings], on_kernel: frozenset[str], workers: int | None = None
) -> Estimate:
    """The needs of a run that simulates the portfolios in `on_kernel` by the kernel, in so many `workers` or as many as it is worth.

    A data file that is not there counts as empty.
    """
    needs = _Needs(plan, traces, on_kernel, workers)
    return Estimate(
        memory_mb=round(needs.memory() * _MOST / MIB, 1),
        least_memory_mb=round(needs.memory(certain=True) * _LEAST / MIB, 1),
        disk_mb=round(needs.disk() / _MB, 6),
        disk_without_rules_mb=round(needs.disk(ruled=False) / _MB, 6),
        open_files=needs.open_files(),
        counted_whole=tuple(id_ for id_, source in needs.sources.items() if is_counted_whole(source)),
    )


class _Needs:
    def __init__(
        self, plan: Plan, traces: Mapping[str, TraceSettings], on_kernel: frozenset[str], workers: int | None
    ) -> None:
        self._plan = plan
        self._traces = traces
        self._on_kernel = on_kernel
        self._shown = shown_lanes(plan, traces, on_kernel)
        self.sources = {
            planned.id: planned.config.source
            for planned in plan.of_type("data")
            if isinstance(planned.config, DataContainer)
        }
        self._rows = {id_: expected_rows(source, plan.folder) or 0 for id_, source in self.sources.items()}
        self._bars = {id_: expected_bars(source, plan.folder) or 0 for id_, source in self.sources.items()}
        self._days = {id_: expected_days(source, self._bars[id_]) for id_, source in self.sources.items()}
        self._traffic = Traffic(plan, self._bars)
        self._member = member_bytes(sum(settings.may_stream for settings in traces.values()))
        self._workers = workers or worthwhile_workers(plan, traces, on_kernel, self._bars)
        files = {id_: plan.folder / s.path for id_, s in self.sources.items() if isinstance(s, FileSource)}
        self._read_here = [id_ for id_, path in files.items() if is_quick(path)]
        self._read_apart = [id_ for id_ in files if id_ not in self._read_here]

    def open_files(self) -> int:
        """Files of the process that has most of them open, one for each stretch of the columns."""
        columns = sum(_BAR * max(bars, GRAIN // _VALUE) for bars in self._bars.values())
        own = _FILES_OF_A_RUN + stretches(columns)
        own += _FILES_OF_WORKERS + _FILES_OF_A_WORKER * self._workers if self._workers > 1 else 0
        return max(own, _FILES_OF_THE_READER) if self._read_apart else own

    def disk(self, *, ruled: bool = True) -> float:
        """Bytes of all files of the results, as if the dynamic rules had come true at the start or never do."""
        config = msgspec.json.format(msgspec.json.encode(self._plan.config), indent=2)
        described = sum(
            _PORTFOLIO_FILE + self._symbols(p.id) + self._rules(p.id) if p.type == "portfolio" else _OTHER_FILE
            for p in self._plan.containers.values()
        )
        traces = ((id_, each if ruled else _without_rules(each)) for id_, each in self._traces.items())
        streamed = sum(
            self._packed(id_, settings) if settings.may_stream else self._window(id_, settings)
            for id_, settings in traces
        )
        files = _RUN_FILE + len(config) + described
        return files * _FILES_MARGIN + (streamed + self._extracts()) * _EVENTS_MARGIN

    def _rules(self, id_: str) -> int:
        """Bytes of the dynamic rules in the file of a portfolio, where they stand two levels deep."""
        rules = self._traces[id_].dynamic_rules
        return len(msgspec.json.format(msgspec.json.encode([[rules]]), indent=2)) if rules else 0

    def _symbols(self, id_: str) -> int:
        several = len(self._plan.data_of[id_])
        return several * _SYMBOL if several > 1 else 0

    def memory(self, *, certain: bool = False) -> float:
        """Bytes of the largest process, or what is `certain` of them: dense events that are kept whatever is traded."""
        reader = _READER + _READER_BAR * sum(self._rows[id_] for id_ in self._read_apart) if self._read_apart else 0.0
        reading = _PROCESS + _ROW * max((self._rows[id_] for id_ in self._read_here), default=0)
        simulating = _PROCESS + self._columns() + self._containers(certain=certain)
        return simulating if certain else max(reader, reading, simulating)

    def _columns(self) -> float:
        """What is made or computed at a time, and a block of all columns: they stand in files, of which the rest is not held."""
        made = [n for id_, n in self._bars.items() if not _is_file(self.sources[id_])]
        distinct = {
            (data, spec)
            for id_ in self._plan.containers
            for spec in self._plan.features(id_).values()
            for data in self._plan.data_of[id_]
        }
        at_a_time = max(
            _MADE_BAR * min(max(made, default=0), MADE_AT_ONCE),
            *(min(2 * _VALUE * self._bars[data], 2 * COMPUTED_AT_ONCE) for data, _ in distinct),
            0,
        )
        block = self._plan.config.block_size
        held = sum(_BAR * min(n, block) for n in self._bars.values())
        return at_a_time + held + sum(_VALUE * min(self._bars[data], block) for data, _ in distinct)

    def _containers(self, *, certain: bool) -> float:
        """What all have planned, the shared containers, and the lanes of the largest shard.

        Where there are several shards, the tracers of the shared containers come after them, in a simulation of their own.
        """
        lanes: defaultdict[int, float] = defaultdict(float)
        shared_tracers = 0.0
        for id_, planned in self._plan.containers.items():
            kept = self._kept_by(id_, certain=certain)
            if planned.lane == SHARED:
                shared_tracers += kept
                lanes[SHARED] += _OTHER_CONTAINER
            else:
                lanes[planned.lane] += kept + (self._books(id_) if planned.type == "portfolio" else _OTHER_CONTAINER)
        shared, count = lanes.pop(SHARED), len(self._traffic.trades)
        unobserved = len(self._on_kernel - self._shown) == count
        at_once = heapq.nlargest(most_in_a_shard(count, self._workers, unobserved=unobserved), lanes.values())
        alone = len(at_once) == len(lanes)
        own = sum(at_once)
        simulated = own + shared_tracers if alone else max(own, _DECODED * shared_tracers)
        return _PLANNED * count + shared + simulated + _CLOSING * self._member

    def _books(self, id_: str) -> float:
        """The containers of a portfolio's lane, one value a day, and the fills of a block."""
        days = max((self._days[data] for data in self._plan.data_of[id_]), default=0)
        lane = _KERNEL_LANE if id_ in self._on_kernel - self._shown else _LANE
        if id_ in self._on_kernel:
            lane += _LANE_SYMBOL * (len(self._plan.data_of[id_]) - 1)
        return lane + days * _VALUE + self._fills_of_a_block(id_) * _FILL

    def _fills_of_a_block(self, id_: str) -> float:
        bars = self._traffic.bars_of(id_)
        share = min(1.0, self._plan.config.block_size / bars) if bars else 0.0
        return 2 * self._traffic.trades[id_] * share

    def _kept_by(self, id_: str, *, certain: bool) -> float:
        """Events kept in memory, and what waits in memory to be written."""
        settings = self._traces[id_]
        if certain:
            settings = _without_rules(settings)
        if not settings.may_trace or (id_ in self._on_kernel and can_be_counted(settings)):
            return 0.0
        coming = {name: n for name, n in self._events(id_, settings) if not certain or name in _DENSE}
        waiting = sum(count * _LINE.get(name, _OTHER_LINE) for name, count in coming.items())
        buffered = _WAITING * min(self._member, waiting) if settings.may_stream else 0.0
        most = sum(coming.values())
        if not most:
            return buffered
        size = sum(count * self._event(id_, name) for name, count in coming.items()) / most
        return buffered + size * min(most, _most_kept(settings))

    def _event(self, id_: str, name: str) -> float:
        """Bytes of an event that is kept; one that several lanes are shown in turn is there once."""
        is_shown = name == "BAR" and id_ not in self._on_kernel and self._plan.containers[id_].type != "data"
        return _SLOT if is_shown else _EVENT.get(name, _OTHER_EVENT)

    def _packed(self, id_: str, settings: TraceSettings) -> float:
        """Bytes of a container's event files."""
        codec = settings.storage_config.compression
        more = max(0, len(self._plan.readable_features(id_)) - 1)
        sizes, other = (_PACKED, _OTHER_PACKED) if codec else (_LINE, _OTHER_LINE)
        total = 0.0
        for name, count in self._events(id_, settings):
            total += count * (sizes.get(name, other) + (more * _MORE_PER_FEATURE if name == "FEATURES" else 0))
        if not codec:
            return total
        return total * (1 + _COLD_START / self._member) * (_ZSTD_TO_GZIP if codec == "zstd" else 1.0)

    def _window(self, id_: str, settings: TraceSettings) -> float:
        """Bytes of what is kept in memory and written at the end: the last of the events, or the first under `all`."""
        events = sum(count for _, count in self._events(id_, settings))
        if not settings.enabled or settings.storage_config.write_at_end is not True or not events:
            return 0.0
        most = settings.max_events
        if settings.retention_policy == "sliding_window" and most is None:
            most = DEFAULT_WINDOW
        kept = {"sliding_window": events, "all": events}.get(settings.retention_policy, 0)
        return self._packed(id_, settings) * (kept if most is None else min(kept, most)) / events

    def _extracts(self) -> float:
        wanted = self._plan.config.results
        trades = sum(self._traffic.trades.values()) * _TRADE if wanted.trades else 0.0
        marks = sum(map(self._traffic.bars_of, self._traffic.trades)) * _MARK if wanted.equity else 0.0
        return trades + marks

    def _events(self, id_: str, settings: TraceSettings) -> Iterator[tuple[str, int]]:
        """The events that a container's tracer takes, by type: under rules as if each had come true at the start."""
        wanted = settings.types_once_taken
        return ((name, n) for name, n in self._traffic.heard(id_).items() if wanted is None or name in wanted)


def _without_rules(settings: TraceSettings) -> TraceSettings:
    return msgspec.structs.replace(settings, dynamic_rules=())


def _most_kept(settings: TraceSettings) -> float:
    """The most events that a tracer keeps in memory under its settings, and under those that its rules may bring."""
    actions = [rule.action for rule in settings.dynamic_rules]
    policies = {settings.retention_policy, *(action.retention_policy for action in actions)}
    bounds = [settings.max_events, *(action.max_events for action in actions if action.max_events is not UNSET)]
    most = 0.0
    if "sliding_window" in policies:
        most = max(DEFAULT_WINDOW if bound is None else bound for bound in bounds)
    if "all" in policies:
        most = max(most, *(math.inf if bound is None else bound for bound in bounds))
    return most


def _is_file(source: object) -> bool:
    return isinstance(source, FileSource)
