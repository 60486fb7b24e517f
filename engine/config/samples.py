"""The points of a sweep that are drawn: by chance, or by the Sobol sequence (rule C2)."""

import hashlib
import math
from collections.abc import Iterable, Iterator

import msgspec
import numpy as np

from engine.config.distributions import SHARE_BITS, Distribution
from engine.config.errors import Problems
from engine.config.keys import misspelt, unknown_key
from engine.config.node import Entry, Path, Scalar, as_mapping
from engine.config.ranges import LARGEST
from engine.config.readers import INVALID, Bounds, ScalarReader, Walk
from engine.config.scalars import read_int
from engine.config.sobol import BITS, MOST_DIMENSIONS, sobol_points

METHODS = ("random", "sobol")
_KEYS = {"random": ("samples", "seed"), "sobol": ("samples",)}
MOST_SAMPLES = 100_000
_SAMPLES = ScalarReader("a whole number", read_int, Bounds(ge=1, le=MOST_SAMPLES))
_SEED = ScalarReader("a whole number", read_int, Bounds(ge=0))
_MOST_DRAWN = 64
"""Points that are drawn at most for each one that is wanted, since some are drawn again."""


class Chance(msgspec.Struct, frozen=True):
    """Where chance starts: the seed, and the container that is swept, so that two sweeps are not alike."""

    seed: int
    owner: str = ""


class Sampling(msgspec.Struct, frozen=True):
    """How many different points are wanted, and how they are drawn; `chance` is None for the Sobol sequence."""

    samples: int
    chance: Chance | None

    def points(self, drawn: dict[str, Distribution]) -> list[tuple[Scalar, ...]]:
        """The first `samples` points that differ, a value for each parameter; fewer if there are no more."""
        most = math.prod(each.count or LARGEST for each in drawn.values())
        wanted = min(self.samples, most)
        count = wanted
        while True:
            found = _distinct(self._shares(drawn, count), list(drawn.values()), wanted)
            if len(found) == wanted or count >= wanted * _MOST_DRAWN:
                return found
            count *= 2

    def _shares(self, drawn: Iterable[str], count: int) -> Iterator[tuple[int, ...]]:
        """Points in the unit cube in units of 2**-53. More points begin with the same ones."""
        names = list(drawn)
        if self.chance is None:
            points = sobol_points(len(names), count) << np.uint64(SHARE_BITS - BITS)
            return map(tuple, points.tolist())
        return zip(*(_stream(self.chance, name, count) for name in names), strict=True)


def read_sampling(entry: Entry, path: Path, problems: Problems, chance: Chance) -> Sampling | None:
    """What stands under `random` or `sobol`, None after a mistake. A seed of its own counts alone."""
    method = entry.key.text
    mapping = as_mapping(entry.value)
    if mapping is None:
        problems.add(entry.value, path, "expected {samples: 100}")
        return None
    keys = _KEYS[method]
    for each in mapping:
        if each.key.text not in keys:
            unknown_key(problems, each.key, path, keys)
    if "samples" not in mapping.entries:
        if misspelt(mapping, "samples", keys) is None:
            problems.missing(mapping, (*path, "samples"), "expected how many combinations to draw")
        return None
    samples = _SAMPLES.read(mapping.entries["samples"].value, (*path, "samples"), Walk(problems))
    if "seed" in mapping.entries and "seed" in keys:
        seed = _SEED.read(mapping.entries["seed"].value, (*path, "seed"), Walk(problems))
        chance = Chance(0 if seed is INVALID else seed)
    return None if samples is INVALID else Sampling(samples, chance if method == "random" else None)


def check_drawn(
    sampling: Sampling, drawn: dict[str, Distribution], entry: Entry, path: Path, problems: Problems
) -> bool:
    """Whether what is drawn can be; reports it if not."""
    wrong = None
    if not drawn:
        wrong = "there is nothing to draw: expected a parameter such as x: {uniform: {from: 0, to: 1}} beside this"
    elif sampling.chance is None and len(drawn) > MOST_DIMENSIONS:
        wrong = f"{len(drawn)} parameters; sobol draws at most {MOST_DIMENSIONS}: use random"
    if wrong:
        problems.at(entry.key.at, path, None, wrong)
    return wrong is None


def _stream(chance: Chance, name: str, count: int) -> list[int]:
    """Shares of one parameter: those of a parameter do not depend on which others there are."""
    start = hashlib.sha256(f"{chance.seed}\0{chance.owner}\0{name}".encode()).digest()
    raw = np.random.PCG64(int.from_bytes(start)).random_raw(count)
    shares: list[int] = (raw >> np.uint64(64 - SHARE_BITS)).tolist()
    return shares


def _distinct(shares: Iterable[tuple[int, ...]], drawn: list[Distribution], wanted: int) -> list[tuple[Scalar, ...]]:
    found: dict[tuple[str, ...], tuple[Scalar, ...]] = {}
    for point in shares:
        values = tuple(each.value(share) for each, share in zip(drawn, point, strict=True))
        found.setdefault(tuple(value.text for value in values), values)
        if len(found) == wanted:
            break
    return list(found.values())
