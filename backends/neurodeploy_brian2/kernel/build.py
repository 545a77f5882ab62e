"""Build the kernel: `cffi_modules` of setup.py names `ffi`.

The extension is optional: without a C compiler the emulator runs on Brian2 alone.
"""

from pathlib import Path

from cffi import FFI

FOLDER = Path(__file__).parent
# Build tools want paths below the folder of setup.py.
ROOT = FOLDER.parents[2]
NAMES = ("net", "stages", "pack", "rows", "run", "ticks")
SOURCES = tuple(FOLDER / f"{name}.c" for name in NAMES)

ffi = FFI()
ffi.cdef((FOLDER / "kernel.h").read_text())
ffi.set_source(
    "neurodeploy_brian2.kernel._kernel",
    '#include <stdint.h>\n#include "kernel.h"',
    sources=[str(path.relative_to(ROOT)) for path in SOURCES],
    include_dirs=[str(FOLDER.relative_to(ROOT))],
    depends=[str(path.relative_to(ROOT)) for path in sorted(FOLDER.glob("*.h"))],
    extra_compile_args=["-O3", "-std=c11"],
    optional=True,
)
