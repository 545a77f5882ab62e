"""Build the kernel: `cffi_modules` of setup.py names `ffi`.

The extension is optional: without a C compiler the emulator runs on Brian2 alone.
"""

from pathlib import Path

from cffi import FFI

FOLDER = Path(__file__).parent
# Build tools want paths below the folder of setup.py.
ROOT = FOLDER.parents[2]

ffi = FFI()
ffi.cdef((FOLDER / "kernel.h").read_text())
ffi.set_source(
    "neurodeploy_brian2.kernel._kernel",
    '#include <stdint.h>\n#include "kernel.h"',
    sources=[str((FOLDER / "kernel.c").relative_to(ROOT))],
    include_dirs=[str(FOLDER.relative_to(ROOT))],
    depends=[str((FOLDER / "kernel.h").relative_to(ROOT))],
    extra_compile_args=["-O3", "-std=c11"],
    optional=True,
)
