"""Give the vendor's host software a configuration of its own that names the board.

The user's own file in the home directory is neither read nor written; a file in the
working directory is read as usual, except for what says which machine to use.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_HOLDER = "spinn_utilities.config_holder"
#: Settings that would lead to another machine.
_NO_OTHER_MACHINE = {
    "spalloc_server": "None",
    "remote_spinnaker_url": "None",
    "virtual_board": "False",
    "json_path": "None",
    "bmp_names": "None",
    "auto_detect_bmp": "False",
    "width": "None",
    "height": "None",
    "versions": "None",
    "reset_machine_on_startup": "False",
    "turn_off_machine": "False",
}


def settings(version: int, address: str) -> str:
    """Return the configuration file for a board at an address."""
    return (
        "[Machine]\n"
        f"machine_name = {address}\n"
        f"version = {version}\n"
        "[Reports]\n"
        "write_network_graph = False\n"
    )


@contextlib.contextmanager
def configured(version: int, address: str) -> Iterator[None]:
    """Let the host software load the board's configuration, until the end."""
    holder: Any = import_module(_HOLDER)
    loader, find = holder.conf_loader, holder._user_cfg

    def load(*args: Any) -> Any:
        parser = loader.load_config(*args)
        forced = {"machine_name": address, "version": str(version), **_NO_OTHER_MACHINE}
        for option, value in forced.items():
            parser.set("Machine", option, value)
        return parser

    with tempfile.TemporaryDirectory(prefix="board-") as folder:
        file = Path(folder) / "spynnaker.cfg"
        file.write_text(settings(version, address), encoding="utf-8")
        holder._user_cfg = lambda: str(file)
        holder.conf_loader = SimpleNamespace(load_config=load, load_defaults=loader.load_defaults)
        try:
            yield
        finally:
            holder.conf_loader, holder._user_cfg = loader, find


__all__ = ["configured", "settings"]
