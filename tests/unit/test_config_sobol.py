"""The Sobol sequence against scipy's, and what makes it one."""

import warnings

import numpy as np
import pytest
from scipy.stats import qmc

from engine.config.sobol import BITS, MOST_DIMENSIONS, sobol_points


@pytest.mark.parametrize("count", [1, 2, 64, 1000, 4096])
def test_the_points_are_those_of_scipy(count):
    points = sobol_points(MOST_DIMENSIONS, count).astype(np.float64) / 2**BITS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # scipy wants powers of two
        expected = qmc.Sobol(MOST_DIMENSIONS, scramble=False).random(count)
    np.testing.assert_array_equal(points, expected)


def test_there_are_some_twenty_dimensions():
    assert MOST_DIMENSIONS == 21


@pytest.mark.parametrize("dimension", range(MOST_DIMENSIONS))
def test_each_dimension_meets_every_interval_once(dimension):
    column = sobol_points(MOST_DIMENSIONS, 256)[:, dimension] >> np.uint64(BITS - 8)
    assert sorted(column.tolist()) == list(range(256))


def test_more_points_begin_with_the_same():
    np.testing.assert_array_equal(sobol_points(3, 100)[:40], sobol_points(3, 40))
