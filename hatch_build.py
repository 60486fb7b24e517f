"""Compiles the kernel while the package is built: with the machine's C compiler, else that of ziglang, else not at all.

Without a compiler the package is built all the same: the kernel then runs as Python, with the same results. `ADMF_KERNEL=interpreted`
in the environment asks for that.
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))

from engine.kernel.build import NoCompilerError, build, machine_compiler
from engine.kernel.library import LIBRARY, LibraryError
from engine.kernel.translate import UntranslatableError

_FAILURES = (UntranslatableError, NoCompilerError, LibraryError, OSError, subprocess.CalledProcessError)

_ZIG_WHEELS = {"Linux": {"x86_64", "aarch64"}, "Darwin": {"x86_64", "arm64"}, "Windows": {"AMD64", "ARM64"}}
_OFFLINE = ("PIP_NO_INDEX", "UV_OFFLINE", "UV_NO_INDEX")
_NO_TRAFFIC = ("192.0.2.1", 9)  # reserved for documentation: finding a route to it sends nothing


class KernelBuildHook(BuildHookInterface[Any]):
    """Puts the compiled kernel into a wheel, or beside its sources where the installation is editable."""

    _folder = ""

    def dependencies(self) -> list[str]:
        """Asks for a compiler only where there is none, there is a wheel of one, and it may be fetched."""
        there_is = platform.machine() in _ZIG_WHEELS.get(platform.system(), set())
        wanted = _is_wanted() and machine_compiler() is None and there_is and _is_online()
        return ["ziglang>=0.13"] if wanted else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compiles, and says what is in the wheel; says in one line why there is no compiled kernel."""
        if not _is_wanted():
            LIBRARY.unlink(missing_ok=True)
            return
        self._folder = tempfile.mkdtemp()
        library = LIBRARY if version == "editable" else Path(self._folder, LIBRARY.name)
        try:
            build(library)
        except _FAILURES as error:
            why = getattr(error, "stderr", "") or error
            self.app.display_warning(f"the kernel is not compiled, it will run as Python with the same results: {why}")
            return
        if version != "editable":
            build_data["force_include"][str(library)] = f"engine/kernel/{library.name}"
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{_platform_tag()}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Tidies up."""
        if self._folder:
            shutil.rmtree(self._folder)


def _is_wanted() -> bool:
    return os.environ.get("ADMF_KERNEL") != "interpreted"


def _is_online() -> bool:
    """Whether there is any route out of this machine, and nothing in the environment that says not to use it."""
    if any(os.environ.get(name, "0").lower() not in {"", "0", "false"} for name in _OFFLINE):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_NO_TRAFFIC)
        except OSError:
            return False
    return True


def _platform_tag() -> str:
    """The tag of wheels for this machine; the library needs nothing of any Python, nor of a C library."""
    name = sysconfig.get_platform().replace("universal2", platform.machine())
    return name.replace("-", "_").replace(".", "_")
