"""Compiles the kernel: `python -m engine.kernel.build`, after an edit of its sources; an installation does it by itself.

The flags are fixed and the environment's are ignored: the same sources give the same results on every machine.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from engine.kernel.canned import LANES_OF_A_BUILD, canned_digest
from engine.kernel.library import INTERPRETED, LIBRARY, LibraryError, check_digest, check_library, fingerprint, sources
from engine.kernel.translate import UntranslatableError, translate

if TYPE_CHECKING:
    from collections.abc import Sequence

FLAGS = (
    *("-std=c99", "-O2", "-g0", "-w", "-shared", "-fPIC", "-fvisibility=hidden"),
    *("-ffp-contract=off", "-fno-fast-math", "-fno-math-errno", "-fwrapv"),
    *("-ffreestanding", "-fno-stack-protector"),
)
"""Same operations, same roundings; whole numbers wrap instead of being undefined; nothing is asked of a C library."""
LINKING = {"Darwin": (), "Windows": ("-nostdlib",)}.get(platform.system(), ("-nostdlib", "-Wl,-z,defs"))
"""No C library either, and an error where one would be needed."""
_KEPT = ("PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LOCALAPPDATA")
"""Variables that a compiler gets to see."""


class NoCompilerError(RuntimeError):
    """There is no C compiler here."""


def machine_compiler() -> list[str] | None:
    """The command of the machine's own C compiler; None where there is none, and on Windows."""
    found = (
        None if platform.system() == "Windows" else next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    )
    return None if found is None else [found]


def compiler() -> list[str]:
    """The command of the C compiler to use: the machine's own, else that of the package `ziglang`.

    Raises:
        NoCompilerError: if there is neither.
    """
    own, ziglang = machine_compiler(), find_spec("ziglang")
    if own is not None:
        return [*own, "-fno-tree-loop-distribute-patterns"]  # or gcc makes calls of memset from loops
    if ziglang is None or ziglang.origin is None:
        raise NoCompilerError("no C compiler: neither cc, gcc or clang on the PATH nor the package ziglang")
    zig = Path(ziglang.origin).with_name("zig.exe" if platform.system() == "Windows" else "zig")
    return [str(zig), "cc", "-mcpu=baseline", "-fno-sanitize=undefined"]


def kernel_source(digest: str) -> str:
    """The kernel as C, with the fingerprint of its sources and the digest that the canned run must give."""
    return (
        translate(sources())
        + f'PUBLIC const char kernel_fingerprint[] = "{fingerprint()}";\n'
        + f'PUBLIC const char kernel_digest[] = "{digest}";\n'
    )


def compile_c(text: str, target: Path, flags: Sequence[str] = FLAGS, linking: Sequence[str] = LINKING) -> None:
    """Makes the library `target` from a C text.

    Raises:
        NoCompilerError: if there is no compiler.
        subprocess.CalledProcessError: if it fails; `stderr` says why.
    """
    with tempfile.TemporaryDirectory() as folder:
        made, source = Path(folder, target.name), Path(folder, "kernel.c")
        source.write_text(text, encoding="utf-8")
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        caches = {"ZIG_GLOBAL_CACHE_DIR": folder, "ZIG_LOCAL_CACHE_DIR": folder}
        subprocess.run(  # noqa: S603 - a compiler found on the PATH, on a text made here
            [*compiler(), *flags, *linking, "-o", str(made), str(source)],
            check=True,
            capture_output=True,
            text=True,
            env={**environment, **caches},
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        staged = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.copyfile(made, staged)
        staged.replace(target)


def build(target: Path = LIBRARY) -> None:
    """Compiles the kernel into the library `target`, and makes sure that it does what the sources say.

    Raises:
        UntranslatableError: if the sources are outside the kernel's language.
        NoCompilerError: if there is no compiler.
        subprocess.CalledProcessError: if it fails.
        LibraryError: if what it made computes anything else; it is gone then.
    """
    compile_c(kernel_source(canned_digest(INTERPRETED)), target)
    try:
        check_digest(check_library(target), canned_digest(INTERPRETED, LANES_OF_A_BUILD), LANES_OF_A_BUILD)
    except LibraryError:
        target.unlink()
        raise


def main() -> int:
    """Builds, and reports the outcome; the exit code is 1 where nothing was built."""
    try:
        build()
    except (UntranslatableError, NoCompilerError, LibraryError, OSError) as error:
        sys.stderr.write(f"kernel: not built: {error}\n")
        return 1
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"kernel: not built: the compiler failed\n{error.stderr}")
        return 1
    sys.stdout.write(f"kernel: built {LIBRARY}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
