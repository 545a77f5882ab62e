"""The C sources under sanitizers, with programs and a monitor that do anything at all."""

import shutil
import subprocess
from pathlib import Path

import pytest

import neurodeploy_virtual.core

SOURCES = Path(neurodeploy_virtual.core.__file__).parent
HERE = Path(__file__).parent
COMPILER = shutil.which("gcc") or shutil.which("clang")
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
FLAGS = ["-std=c11", "-O1", "-g", "-pthread", *WARNINGS]


def build(folder, sanitizers):
    """Compile everything with sanitizers; returns the program."""
    if COMPILER is None:
        pytest.skip("not run: there is no C compiler")
    program = folder / "hostile"
    files = [str(p) for p in sorted(SOURCES.glob("*.c")) if not p.name.startswith("_")]
    how = [f"-fsanitize={sanitizers}", "-fno-sanitize-recover=all", f"-I{SOURCES}"]
    parts = [COMPILER, *FLAGS, *how, *files, str(HERE / "hostile.c")]
    built = subprocess.run([*parts, "-o", str(program)], capture_output=True, text=True)
    if "cannot find" in built.stderr:
        pytest.skip("not run: the compiler has no sanitizers")
    assert built.returncode == 0, built.stderr
    return program


def run(program, *arguments):
    ended = subprocess.run([str(program), *map(str, arguments)], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-4000:]
    return ended.stdout


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    return build(tmp_path_factory.mktemp("memory"), "address,undefined")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_nothing_reaches_outside_emulated_memory(hostile, seed):
    told = run(hostile, seed, 40)
    assert run(hostile, seed, 40, 3) == told
    instructions, packets, _us = map(int, told.split())
    assert instructions > 100_000
    assert packets > 10


@pytest.mark.slow
def test_threads_touch_nothing_of_each_other(tmp_path):
    hostile = build(tmp_path, "thread")
    assert run(hostile, 1, 20, 1) == run(hostile, 1, 20, 3)
