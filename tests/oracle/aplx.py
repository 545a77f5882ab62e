"""Find and load the program files of the sPyNNaker wheel."""

import hashlib
import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path

COPY, FILL, RUN = 2, 3, 4
ENTRY = struct.Struct("<4I")


@dataclass(frozen=True)
class Program:
    """One application image: what to write where before the core leaves reset.

    Attributes
    ----------
    name : str
        File name without its ending.
    blocks : tuple of (int, bytes)
        Start address and content.
    """

    name: str
    blocks: tuple[tuple[int, bytes], ...]

    @property
    def code(self) -> bytes:
        """Content of the instruction memory."""
        return dict(self.blocks)[0]

    @property
    def magic(self) -> int:
        """The number the program wants to see at the start of its system region."""
        return int(hashlib.md5(self.name.encode(), usedforsecurity=False).hexdigest()[:8], 16)


def find_folders() -> tuple[Path, ...]:
    """Find the folders with program files, without importing the package."""
    places = (
        ("spynnaker", "pyNN/model_binaries"),
        ("spinn_front_end_common", "common_model_binaries"),
    )
    folders = []
    for package, inside in places:
        spec = importlib.util.find_spec(package)
        for root in spec.submodule_search_locations or () if spec else ():
            folders.append(Path(root) / inside)
    return tuple(f for f in folders if f.is_dir())


def find_program(name: str) -> Path:
    """Path of the program file called `name` (no ending)."""
    for folder in find_folders():
        path = folder / f"{name}.aplx"
        if path.is_file():
            return path
    raise FileNotFoundError(f"{name}.aplx is in none of {[str(f) for f in find_folders()]}")


def load_program(name: str) -> Program:
    """Read one program file.

    The file starts with a table of 16-byte entries (command, target, source, length); sources
    count from the entry itself.
    """
    data = find_program(name).read_bytes()
    blocks = []
    at = 0
    while True:
        command, target, source, length = ENTRY.unpack_from(data, at)
        if command == COPY:
            start = at + source
            blocks.append((target, data[start : start + length]))
        elif command == FILL:
            blocks.append((target, struct.pack("<I", length) * ((source + 3) // 4)))
        elif command == RUN:
            return Program(name, tuple(blocks))
        else:
            raise ValueError(f"{name}: unknown command {command} at {at:#x} of the load table")
        at += ENTRY.size
