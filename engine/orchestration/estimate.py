"""What a run will need of the machine, told from its plan before anything is read (rule R4).

The constants were measured on CPython 3.11 to 3.13 on Linux; each stands where it is used with what it stands for. The
estimate is meant to lie between what a run takes and twice that. docs/cli.md says where that cannot be promised.
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from engine.bus import SHARED
from engine.config.schema import DataContainer
from engine.market.sources import FileSource
from engine.orchestration.lane_paths import MOST_LANES
from engine.orchestration.row_counts import expected_bars, expected_days
from engine.orchestration.traffic import Traffic
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
_READER_BAR = 240
"""DuckDB reads in a process of its own, which ends before the simulation begins."""
_FILE_BAR, _MADE_BAR = 48, 120
_VALUE = 8
_PLANNED, _LANE, _OTHER_CONTAINER, _FILL = 7680, 24 * 1024, 12 * 1024, 30
"""`_PLANNED`: a portfolio's config, plan and report, for the whole run; `_LANE`: what simulates it, in its turn."""
_WAITING = 1.2
"""Lines that wait in chunks, to their bytes."""
_CLOSING = 3
"""Members in the making: joined, packed and on their way, one stream at a time."""
_EVENT = 500
_MEMORY_MARGIN = 1.35

_FILES_OF_A_RUN, _FILES_OF_THE_READER = 10, 16
"""Held open at once, by the process that holds most: their number does not grow with the containers (rule S3)."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """`memory_mb`: MiB of the largest process; `disk_mb`: MB (1,000,000 bytes) of results; `open_files` at once."""

    memory_mb: float
    disk_mb: float
    open_files: int


def estimate(plan: Plan, traces: Mapping[str, TraceSettings]) -> Estimate:
    """The needs of a run. A data file that is not there counts as empty."""
    needs = _Needs(plan, traces)
    return Estimate(
        memory_mb=round(needs.memory() / MIB, 1),
        disk_mb=round(needs.disk() / _MB, 6),
        open_files=_FILES_OF_THE_READER if needs.reads_files else _FILES_OF_A_RUN,
    )


class _Needs:
    def __init__(self, plan: Plan, traces: Mapping[str, TraceSettings]) -> None:
        self._plan = plan
        self._traces = traces
        self._sources = {
            planned.id: planned.config.source
            for planned in plan.of_type("data")
            if isinstance(planned.config, DataContainer)
        }
        self._bars = {id_: expected_bars(source, plan.folder) or 0 for id_, source in self._sources.items()}
        self._days = {id_: expected_days(source, self._bars[id_]) for id_, source in self._sources.items()}
        self._traffic = Traffic(plan, self._bars)
        self._member = member_bytes(sum(settings.may_stream for settings in traces.values()))
        self.reads_files = any(isinstance(source, FileSource) for source in self._sources.values())

    def disk(self) -> float:
        """Bytes of all files of the results."""
        config = msgspec.json.format(msgspec.json.encode(self._plan.config), indent=2)
        described = sum(
            _PORTFOLIO_FILE + self._symbols(p.id) if p.type == "portfolio" else _OTHER_FILE
            for p in self._plan.containers.values()
        )
        streamed = sum(self._packed(id_, settings) for id_, settings in self._traces.items() if settings.may_stream)
        files = _RUN_FILE + len(config) + described
        return files * _FILES_MARGIN + (streamed + self._extracts()) * _EVENTS_MARGIN

    def _symbols(self, id_: str) -> int:
        several = len(self._plan.data_of[id_])
        return several * _SYMBOL if several > 1 else 0

    def memory(self) -> float:
        """Bytes of the largest process."""
        reader = _READER + _READER_BAR * sum(self._bars[id_] for id_, s in self._sources.items() if _is_file(s))
        own = _PROCESS + self._columns() + self._containers()
        return max(own, reader if self.reads_files else 0.0) * _MEMORY_MARGIN

    def _columns(self) -> float:
        """Bars, and each distinct feature over each data once."""
        bars = sum(n * (_FILE_BAR if _is_file(self._sources[id_]) else _MADE_BAR) for id_, n in self._bars.items())
        distinct = {
            (data, spec)
            for id_ in self._plan.containers
            for spec in self._plan.features(id_).values()
            for data in self._plan.data_of[id_]
        }
        return bars + sum(_VALUE * self._bars[data] for data, _ in distinct)

    def _containers(self) -> float:
        """What all have planned, the shared containers, and as many lanes as are simulated at once, the largest."""
        lanes: Counter[int] = Counter()
        for id_, planned in self._plan.containers.items():
            lanes[planned.lane] += self._books(id_) if planned.type == "portfolio" else _OTHER_CONTAINER
            if self._traces[id_].may_trace:
                lanes[planned.lane] += self._kept_by(id_, self._traces[id_])
        shared = lanes.pop(SHARED)
        at_once = heapq.nlargest(MOST_LANES, lanes.values())
        return _PLANNED * len(self._traffic.trades) + shared + sum(at_once) + _CLOSING * self._member

    def _books(self, id_: str) -> int:
        """The containers of a portfolio's lane, one value a day, and the fills of a block."""
        days = max((self._days[data] for data in self._plan.data_of[id_]), default=0)
        return round(_LANE + days * _VALUE + self._fills_of_a_block(id_) * _FILL)

    def _fills_of_a_block(self, id_: str) -> float:
        bars = self._traffic.bars_of(id_)
        share = min(1.0, self._plan.config.block_size / bars) if bars else 0.0
        return 2 * self._traffic.trades[id_] * share

    def _kept_by(self, id_: str, settings: TraceSettings) -> int:
        """Events kept in memory, and what waits in memory to be written."""
        lines = dict(self._events(id_, settings))
        waiting = sum(count * _LINE.get(name, _OTHER_LINE) for name, count in lines.items())
        buffered = round(_WAITING * min(self._member, waiting)) if settings.may_stream else 0
        policies = {settings.retention_policy, *(rule.action.retention_policy for rule in settings.dynamic_rules)}
        if not policies & {"all", "sliding_window"}:
            return buffered
        most = sum(lines.values())
        limited = settings.max_events is not None and not settings.dynamic_rules
        return buffered + _EVENT * (min(most, settings.max_events or 0) if limited else most)

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

    def _extracts(self) -> float:
        wanted = self._plan.config.results
        trades = sum(self._traffic.trades.values()) * _TRADE if wanted.trades else 0.0
        marks = sum(map(self._traffic.bars_of, self._traffic.trades)) * _MARK if wanted.equity else 0.0
        return trades + marks

    def _events(self, id_: str, settings: TraceSettings) -> Iterator[tuple[str, int]]:
        """The events that a container's tracer takes, by type: under rules as if each had come true at the start."""
        wanted = settings.types_once_taken
        return ((name, n) for name, n in self._traffic.heard(id_).items() if wanted is None or name in wanted)


def _is_file(source: object) -> bool:
    return isinstance(source, FileSource)
