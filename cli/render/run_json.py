"""What a run came to, as one JSON object."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from cli.render.notices import notices
from engine.orchestration.machine import peak_mib
from engine.orchestration.plan import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from engine.orchestration.prepare import Prepared
    from engine.orchestration.run import Outcome


def print_json(prepared: Prepared, outcome: Outcome, output: Path) -> None:
    """Prints one JSON object on stdout."""
    portfolios = [planned.id for planned in prepared.plan.of_type("portfolio")]
    lane_bars = sum(len(prepared.bars[data]) for id_ in portfolios for data in prepared.plan.data_of[id_])
    write_json(
        {
            "name": prepared.plan.config.name,
            "status": outcome.status,
            "output": str(output),
            "plan_hash": prepared.hash,
            "containers": outcome.containers._asdict(),
            "bars": sum(len(bars) for bars in prepared.bars.values()),
            "events": outcome.events,
            "trades": outcome.metrics[ROOT]["total_trades"],
            "load_s": round(prepared.load_s, 6),
            "sim_s": round(outcome.sim_s, 6),
            "total_s": round(outcome.total_s, 6),
            "bars_per_s": round(lane_bars / max(outcome.sim_s, 1e-9), 1),
            "peak_rss_mb": peak_mib(),
            "warnings": [*map(str, prepared.warnings), *notices(prepared, outcome)],
        }
    )


def write_json(data: object) -> None:
    """Prints one JSON object on stdout, on one line."""
    sys.stdout.write(f"{json.dumps(data, separators=(',', ':'))}\n")  # ASCII, whatever stdout's encoding
    sys.stdout.flush()
