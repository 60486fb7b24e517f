"""Building and loading the kernel: nothing is trusted that was not seen to compute what the sources say."""

import shutil
import subprocess
from importlib.machinery import ModuleSpec

import numpy as np
import pytest

from engine.kernel import build, library
from engine.kernel.build import FLAGS, NoCompilerError, compile_c, kernel_source
from engine.kernel.canned import canned_digest
from engine.kernel.lane.books import Books, start_books
from engine.kernel.library import INTERPRETED, Interpreted, LibraryError, check_library, fingerprint, load_kernel
from tests.kernel_modules import needs_compiler

QUICK = ["-O0" if flag == "-O2" else flag for flag in FLAGS]
HOW = "build it with `python -m engine.kernel.build`"


@pytest.fixture(scope="module")
def source():
    return kernel_source(canned_digest(INTERPRETED))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A library of these sources, which was seen to compute what they say."""
    target = tmp_path_factory.mktemp("kernel") / "kernel.so"
    build.build(target)
    return target


@pytest.fixture(scope="module")
def compiled(built):
    return check_library(built)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "kernel.so"


@pytest.fixture
def loaded(target, monkeypatch):
    """What `load_kernel` makes of the library at `target`."""
    monkeypatch.setattr(library, "LIBRARY", target)
    load_kernel.cache_clear()
    yield load_kernel
    load_kernel.cache_clear()


@needs_compiler
def test_a_library_of_these_sources_is_used(built, target, loaded):
    shutil.copy(built, target)
    assert (loaded().form, loaded().reason) == ("compiled", "")


def test_without_a_library_the_kernel_runs_as_python_and_says_how_to_build_it(loaded):
    assert (loaded().form, loaded().reason) == ("interpreted", f"it is not compiled: {HOW}")


def test_a_file_that_is_no_library_is_not_used(target, loaded):
    target.write_bytes(b"no library")
    assert loaded().form == "interpreted"
    assert loaded().reason.startswith("its library does not load: ")


@needs_compiler
def test_a_library_of_other_sources_is_not_used(target, loaded, source):
    compile_c(source.replace(fingerprint(), "0" * 64), target, QUICK)
    assert loaded().reason == f"its library was built from other sources: {HOW}"


@needs_compiler
def test_a_library_that_computes_something_else_is_not_used(target, loaded, source):
    wrong = source.replace("position_->commission_ + commission_", "position_->commission_ + 2 * commission_")
    assert wrong != source
    compile_c(wrong, target, QUICK)
    assert loaded().reason == f"its library computes something else than its sources: {HOW}"


@needs_compiler
def test_a_library_with_another_layout_is_not_used(target, loaded, source):
    wrong = source.replace("bool is_finite_;", "int64_t is_finite_;", 1)
    assert wrong != source
    compile_c(wrong, target, QUICK)
    assert loaded().reason == f"EquityCurve is laid out otherwise in it: {HOW}"


@needs_compiler
def test_a_library_of_something_else_is_not_used(target, loaded):
    compile_c("int admf;\n", target)
    assert loaded().reason == f"it has no kernel_fingerprint: {HOW}"


@needs_compiler
def test_a_library_that_fails_its_check_is_not_left_behind(target, monkeypatch):
    monkeypatch.setattr(build, "canned_digest", lambda _: "0" * 64)
    with pytest.raises(LibraryError, match="computes something else"):
        build.build(target)
    assert not target.exists()


def test_every_file_that_makes_the_library_changes_its_fingerprint(monkeypatch, tmp_path):
    for path in library.FOLDER.rglob("*"):
        if path.suffix in {".py", ".h"}:
            copy = tmp_path / path.relative_to(library.FOLDER)
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(path.read_bytes())
    before = fingerprint()
    monkeypatch.setattr(library, "FOLDER", tmp_path)
    assert fingerprint() == before
    for name in ("lane/books.py", "language.py", "prelude.h", "translate.py", "build.py", "canned.py"):
        path = tmp_path / name
        text = path.read_text()
        path.write_text(text + "\n")
        assert fingerprint() != before, name
        path.write_text(text)


def test_without_a_compiler_nothing_is_built(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(build, "find_spec", lambda _: None)
    with pytest.raises(NoCompilerError):
        build.compiler()
    assert build.main() == 1
    assert capsys.readouterr().err == (
        "kernel: not built: no C compiler: neither cc, gcc or clang on the PATH nor the package ziglang\n"
    )


def test_without_a_compiler_of_its_own_a_machine_uses_that_of_ziglang(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    package = ModuleSpec("ziglang", None, origin=str(tmp_path / "ziglang" / "__init__.py"))
    monkeypatch.setattr(build, "find_spec", {"ziglang": package}.get)
    assert build.compiler()[:2] == [str(tmp_path / "ziglang" / "zig"), "cc"]


@needs_compiler
def test_a_compiler_that_fails_says_why(monkeypatch, capsys):
    monkeypatch.setattr(build, "kernel_source", lambda _: "no C\n")
    assert build.main() == 1
    said = capsys.readouterr().err
    assert said.startswith("kernel: not built: the compiler failed\n")
    assert "error" in said


@needs_compiler
def test_flags_of_the_environment_change_nothing(target, monkeypatch, source):
    for name in ("CFLAGS", "CPPFLAGS", "LDFLAGS", "CC", "CPATH", "COMPILER_PATH"):
        monkeypatch.setenv(name, "-ffast-math")
    compile_c(source, target)
    check_library(target)


@needs_compiler
def test_fast_math_is_refused(target, source):
    with pytest.raises(subprocess.CalledProcessError) as raised:
        compile_c(source, target, [*FLAGS, "-ffast-math"])
    assert "it changes results" in raised.value.stderr


@needs_compiler
@pytest.mark.parametrize(
    "level", ["-O0", *(pytest.param(level, marks=pytest.mark.slow) for level in ("-O1", "-O3", "-Os"))]
)
def test_every_level_of_optimisation_computes_the_same(target, source, level):
    compile_c(source, target, [level if flag == "-O2" else flag for flag in FLAGS])
    check_library(target)


@needs_compiler
def test_the_c_text_has_no_warnings_that_matter(target, source):
    strict = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-Wno-unused-variable"]
    compile_c(source, target, [*(flag for flag in FLAGS if flag != "-w"), *strict])


@needs_compiler
def test_arrays_of_numpy_are_used_where_they_stand_and_kept(compiled):
    books = compiled.struct(Books)
    closes = np.linspace(1.0, 2.0, 1000)
    books.close = compiled.floats(closes)
    closes[500] = 7.0
    del closes
    assert books.close[500] == 7.0
    assert compiled.floats(np.arange(6.0)[::2])[:3] == [0.0, 2.0, 4.0]
    assert compiled.ints(np.arange(3))[:3] == [0, 1, 2]
    assert Interpreted("").floats(np.arange(3.0)) == [0.0, 1.0, 2.0]


@needs_compiler
def test_what_is_read_only_is_read_where_it_stands(compiled, tmp_path):
    np.save(tmp_path / "closes.npy", np.arange(5.0))
    closes = np.load(tmp_path / "closes.npy", mmap_mode="r")
    assert compiled.floats(closes)[:5] == [0.0, 1.0, 2.0, 3.0, 4.0]


@needs_compiler
def test_an_entry_refuses_arguments_of_other_kinds(compiled):
    start = compiled.function(start_books)
    with pytest.raises(Exception, match="wrong type"):
        start(compiled.struct(Books), "much")
