"""Figures as Markdown: a table of each job, of admf's growth, and of what is aimed at."""

from __future__ import annotations

import os
import platform
import re
import statistics
from pathlib import Path

from engines import OWN
from work import GRIDS

HEAD = (
    "| engine | simulation s | portfolio-bars/s | admf faster by | whole process s | admf faster by | CPU s | peak MB | "
    "of admf |\n|---|---|---|---|---|---|---|---|---|"
)


def machine():
    """The machine and how busy it was, in a line."""
    cpus = Path("/proc/cpuinfo")
    models = re.findall(r"model name\s*: (.*)", cpus.read_text()) if cpus.exists() else []
    model = models[0].strip() if models else platform.processor() or "processor unknown"
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} x {model}, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f}"
    )


def median(turns, key):
    """The median of a figure over an engine's turns."""
    return statistics.median(turn[key] for turn in turns)


def ratio(turns, own, key):
    """The median of an engine's figure over admf's, each within one turn."""
    return statistics.median(theirs[key] / ours[key] for theirs, ours in zip(turns, own, strict=False))


def job_table(job, found):
    """One job as Markdown; `found` are the turns of each engine by name, or a text that says why there are none."""
    yield HEAD
    own, cells = found[OWN], len(GRIDS[job.grid].sets) * job.bars
    for name, turns in found.items():
        if isinstance(turns, str):
            yield f"| {name} | {turns} | | | | | | | |"
            continue
        run_s = median(turns, "run_s")

        def beside(key, turns=turns):
            return f"{ratio(turns, own, key):.2f}" if not isinstance(own, str) else ""

        yield (
            f"| {name} | {run_s:.3f} | {cells / run_s / 1e6:.2f}M | {beside('run_s')} | {median(turns, 'process_s'):.2f} | "
            f"{beside('process_s')} | {median(turns, 'cpu_s'):.2f} | {median(turns, 'peak_mb'):.0f} | {beside('peak_mb')} |"
        )


def growth_table(grown):
    """How admf's time and memory grow, as Markdown; `grown` is a list of (what, grid, bars, turns or why there are none)."""
    yield "| | portfolios | bars | trades | simulation s | ns per portfolio-bar | whole process s | CPU s | peak MB |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for what, grid, bars, turns in grown:
        portfolios = len(GRIDS[grid].sets)
        start = f"| {what} | {portfolios:,} | {bars:,} |"
        if isinstance(turns, str):
            yield f"{start} {turns} | | | | | |"
            continue
        run_s, process_s, cpu_s, peak = (median(turns, key) for key in ("run_s", "process_s", "cpu_s", "peak_mb"))
        yield (
            f"{start} {turns[0]['trades']:,} | {run_s:.3f} | {run_s / portfolios / bars * 1e9:.0f} | {process_s:.2f} | "
            f"{cpu_s:.2f} | {peak:.0f} |"
        )


def replace_sections(text, sections):
    """The text with each section between its markers replaced.

    Raises:
        ValueError: if a section's markers are not in it.
    """
    for name, lines in sections.items():
        pattern = rf"(<!-- measured: {re.escape(name)} -->\n).*?(<!-- end -->)"
        body = "\n".join(lines) + "\n"
        text, times = re.subn(pattern, lambda found, body=body: found[1] + body + found[2], text, flags=re.DOTALL)
        if times != 1:
            raise ValueError(f"{name}: expected once between markers, found {times} times")
    return text
