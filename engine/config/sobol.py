"""The Sobol sequence: points that fill a space more evenly than chance does.

The first points are those of scipy.stats.qmc.Sobol(scramble=False): the origin first, then in the order of the Gray code
(I. A. Antonov and V. M. Saleev, USSR Computational Mathematics and Mathematical Physics 19, 1979).

The direction numbers are the first of new-joe-kuo-6.21201 by Frances Y. Kuo and Stephen Joe (copyright 2008, BSD
licence): S. Joe and F. Y. Kuo, Constructing Sobol sequences with better two-dimensional projections, SIAM Journal on
Scientific Computing 30, 2008, 2635-2654.
"""

import numpy as np
import numpy.typing as npt

BITS = 32
_JOE_KUO: tuple[tuple[int, int, tuple[int, ...]], ...] = (
    (1, 0, (1,)),
    (2, 1, (1, 3)),
    (3, 1, (1, 3, 1)),
    (3, 2, (1, 1, 1)),
    (4, 1, (1, 1, 3, 3)),
    (4, 4, (1, 3, 5, 13)),
    (5, 2, (1, 1, 5, 5, 17)),
    (5, 4, (1, 1, 5, 5, 5)),
    (5, 7, (1, 1, 7, 11, 19)),
    (5, 11, (1, 1, 5, 1, 1)),
    (5, 13, (1, 1, 1, 3, 11)),
    (5, 14, (1, 3, 5, 5, 31)),
    (6, 1, (1, 3, 3, 9, 7, 49)),
    (6, 13, (1, 1, 1, 15, 21, 21)),
    (6, 16, (1, 3, 1, 13, 27, 49)),
    (6, 19, (1, 1, 1, 15, 7, 5)),
    (6, 22, (1, 3, 1, 15, 13, 25)),
    (6, 25, (1, 1, 5, 5, 19, 61)),
    (7, 1, (1, 3, 7, 11, 23, 15, 103)),
    (7, 4, (1, 3, 7, 13, 13, 15, 69)),
)
"""For each dimension after the first: degree s of its primitive polynomial, its inner coefficients a, numbers m."""

MOST_DIMENSIONS = len(_JOE_KUO) + 1


def sobol_points(dimensions: int, count: int) -> npt.NDArray[np.uint64]:
    """The first `count` points: uint64, shape (count, dimensions), in units of 2**-32.

    Args:
        dimensions: 1 to MOST_DIMENSIONS.
        count: at most 2**32.
    """
    index = np.arange(count, dtype=np.uint64)
    gray = index ^ (index >> np.uint64(1))
    points = np.zeros((count, dimensions), np.uint64)
    for dimension in range(dimensions):
        for bit, direction in enumerate(_directions(dimension)):
            chosen = (gray >> np.uint64(bit)) & np.uint64(1)
            points[:, dimension] ^= chosen * np.uint64(direction)
    return points


def _directions(dimension: int) -> list[int]:
    """The direction numbers of a dimension, the highest bit first; equations (2) and (3) of the paper."""
    if dimension == 0:
        return [1 << (BITS - 1 - bit) for bit in range(BITS)]
    degree, inner, odd = _JOE_KUO[dimension - 1]
    directions = [number << (BITS - 1 - bit) for bit, number in enumerate(odd)]
    for bit in range(degree, BITS):
        number = directions[bit - degree] ^ (directions[bit - degree] >> degree)
        for k in range(1, degree):
            if inner >> (degree - 1 - k) & 1:
                number ^= directions[bit - k]
        directions.append(number)
    return directions
