"""What holds for every test: none fails because the machine is busy, and none pays for those that ran before it."""

import os
import sys

import pytest
from hypothesis import settings

from engine.market import column_file

# Many tests start Python: each would compile the whole product anew where the environment forbids to keep bytecode.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def columns_of_this_test_alone():
    """A run releases the pages of every column that its process has mapped: here, of none of a test that is over."""
    yield
    column_file._MAPPED.clear()


def pytest_generate_tests(metafunc):
    """A property that is marked `examples(few, many)` is tried with few by default, and with many as a slow test."""
    for marker in metafunc.definition.iter_markers("examples"):
        few, many = marker.args
        numbers = [few, pytest.param(many, marks=pytest.mark.slow)]
        metafunc.parametrize("number_of_examples", numbers, indirect=True, ids="{} examples".format)


@pytest.fixture(autouse=True)
def number_of_examples(request):
    """The property is tried with so many examples, where it is marked with numbers of them."""
    if not hasattr(request, "param"):
        yield
        return
    tried = request.function
    before = tried._hypothesis_internal_use_settings
    tried._hypothesis_internal_use_settings = settings(before, max_examples=request.param)
    yield
    tried._hypothesis_internal_use_settings = before
