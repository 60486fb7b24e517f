"""Small modules in the kernel's language, in both forms, for tests of the language."""

import atexit
import importlib.util
import os
import shutil
import struct
import tempfile
from functools import cache
from math import isnan
from pathlib import Path

import pytest

from engine.kernel.build import FLAGS, NoCompilerError, build, compile_c, compiler
from engine.kernel.library import INTERPRETED, Compiled, check_library
from engine.kernel.translate import translate


def has_compiler():
    try:
        compiler()
    except NoCompilerError:
        return False
    return True


needs_compiler = pytest.mark.skipif(not has_compiler(), reason="there is no C compiler here")


class BothForms:
    """A module as Python and compiled; `call(name, ...)` gives the answers of both."""

    def __init__(self, folder, text, *, flags=FLAGS):
        path = folder / "module_in_both_forms.py"
        path.write_text(text)
        spec = importlib.util.spec_from_file_location(path.stem, path)
        self.python = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.python)
        library = folder / f"module{abs(hash((text, flags)))}.so"
        compile_c(translate({path.name: text}), library, flags)
        self.compiled = Compiled(library)
        self._forms = {}

    def call(self, name, *arguments):
        if name not in self._forms:
            function = getattr(self.python, name)
            self._forms[name] = function, self.compiled.function(function)
        python, compiled = self._forms[name]
        return python(*arguments), compiled(*arguments)

    def same(self, name, *arguments):
        """Asserts that both give the same, to the bit, and returns it."""
        python, compiled = self.call(name, *arguments)
        assert type(python) is type(compiled)
        assert bits(python) == bits(compiled), (name, arguments, python, compiled)
        return python


def bits(value):
    """A value to the bit; all NaN are one."""
    if isinstance(value, float):
        return "nan" if isnan(value) else struct.pack("<d", value)
    return value


@cache
def kernels():
    """Every form of the kernel that these sources have here; the compiled one may be another build of them."""
    if "ADMF_TEST_KERNEL" in os.environ:
        return INTERPRETED, check_library(Path(os.environ["ADMF_TEST_KERNEL"]))
    if not has_compiler():
        return (INTERPRETED,)
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    build(folder / "kernel.so")
    return INTERPRETED, check_library(folder / "kernel.so")
