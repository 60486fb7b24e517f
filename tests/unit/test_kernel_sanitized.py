"""The compiled kernel under the compiler's sanitizers: no index outside an array, no overflow, nothing undefined."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.kernel.build import FLAGS, compile_c, kernel_source
from engine.kernel.canned import canned_digest
from engine.kernel.library import INTERPRETED
from engine.kernel.translate import translate
from tests.kernel_modules import needs_compiler

pytestmark = [
    pytest.mark.slow,
    needs_compiler,
    pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc"),
]

CHECKED = [
    *(flag for flag in FLAGS if flag not in {"-fwrapv", "-ffreestanding"}),
    *("-fsanitize=undefined,bounds-strict,float-cast-overflow", "-fsanitize-undefined-trap-on-error"),
]
"""Traps where anything is undefined; indices of arrays inside structs are checked."""
ADDRESSES = [*FLAGS, "-fsanitize=address"]

MODULE = '''
from typing import Annotated

from engine.kernel.language import F64, entry, struct


@struct
class Lane:
    """A struct."""

    before: Annotated[list[int], 4]
    after: int
    prices: F64


@entry
def inside(lane: Lane, at: int) -> int:
    return lane.before[at]


@entry
def outside(lane: Lane, at: int) -> float:
    return lane.prices[at]


@entry
def twice(lane: Lane, number: int) -> int:
    return number + number
'''

RUN_MODULE = """
import importlib.util, sys
from pathlib import Path
from engine.kernel.library import Compiled
spec = importlib.util.spec_from_file_location("module", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
compiled = Compiled(Path(sys.argv[2]))
lane = compiled.struct(module.Lane)
lane.prices = compiled.floats([1.0] * 1000)
print(compiled.function(getattr(module, sys.argv[3]))(lane, int(sys.argv[4])))
"""


def python(*arguments, addresses=False, kernel=None):
    environment = {"PATH": "/usr/bin:/bin", "PYTHONMALLOC": "malloc"}
    if kernel is not None:
        environment["ADMF_TEST_KERNEL"] = str(kernel)
    if addresses:
        found = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
        environment |= {"LD_PRELOAD": found.stdout.strip(), "ASAN_OPTIONS": "detect_leaks=0"}
    command = [sys.executable, *map(str, arguments)]
    folder = Path(__file__).parents[2]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    folder = tmp_path_factory.mktemp("module")
    (folder / "module.py").write_text(MODULE)
    text = translate({"module.py": MODULE})
    compile_c(text, folder / "checked", CHECKED)
    compile_c(text, folder / "addresses", ADDRESSES, ["-nostdlib"])
    return folder


PROPERTIES = [
    *("-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider"),
    *(f"tests/property/test_kernel_{name}.py" for name in ("lanes", "symbols", "named_orders", "voices", "extremes")),
]


@pytest.fixture(scope="module")
def builds(tmp_path_factory):
    """The kernel in a checked build, and in one with checked addresses."""
    folder = tmp_path_factory.mktemp("builds")
    source = kernel_source(canned_digest(INTERPRETED))
    compile_c(source, folder / "checked.so", CHECKED)
    compile_c(source, folder / "addresses.so", ADDRESSES, ["-nostdlib"])
    return folder


def test_lanes_are_defined_in_every_operation(builds):
    done = python(*PROPERTIES, kernel=builds / "checked.so")
    assert done.returncode == 0, done.stdout


def test_lanes_touch_no_memory_that_is_not_their_own(builds):
    done = python(*PROPERTIES, addresses=True, kernel=builds / "addresses.so")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("name", "number", "traps"), [("inside", 3, False), ("inside", 4, True), ("inside", -1, True)])
def test_a_checked_build_stops_at_an_index_outside(module, name, number, traps):
    done = python("-c", RUN_MODULE, module / "module.py", module / "checked", name, number)
    assert (done.returncode < 0) is traps, done.stderr


@pytest.mark.parametrize(("number", "traps"), [(2**62 - 1, False), (2**62, True)])
def test_a_checked_build_stops_at_an_overflow(module, number, traps):
    done = python("-c", RUN_MODULE, module / "module.py", module / "checked", "twice", number)
    assert (done.returncode < 0) is traps, done.stderr


@pytest.mark.parametrize(("number", "found"), [(999, False), (1000, True)])
def test_a_build_with_checked_addresses_stops_at_memory_of_others(module, number, found):
    done = python("-c", RUN_MODULE, module / "module.py", module / "addresses", "outside", number, addresses=True)
    assert ("heap-buffer-overflow" in done.stderr) is found, done.stderr
