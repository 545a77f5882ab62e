"""Build the machine: `cffi_modules` of setup.py names `ffi`.

The extension is optional: without a C compiler there is no virtual board.
"""

from pathlib import Path

from cffi import FFI

FOLDER = Path(__file__).parent
# Build tools want paths below the folder of setup.py.
ROOT = FOLDER.parents[2]
SOURCES = sorted(FOLDER.glob("*.c"), key=lambda path: path.name)
# What cffi itself makes from board.h stands beside them after a build in place.
OURS = [path for path in SOURCES if not path.name.startswith("_")]

ffi = FFI()
ffi.cdef((FOLDER / "board.h").read_text())
ffi.set_source(
    "neurodeploy_virtual.core._board",
    '#include <stdint.h>\n#include "board.h"',
    sources=[str(path.relative_to(ROOT)) for path in OURS],
    include_dirs=[str(FOLDER.relative_to(ROOT))],
    depends=[str(path.relative_to(ROOT)) for path in sorted(FOLDER.glob("*.h"))],
    extra_compile_args=["-O3", "-std=c11", "-pthread", "-fvisibility=hidden"],
    extra_link_args=["-pthread"],
    optional=True,
)
