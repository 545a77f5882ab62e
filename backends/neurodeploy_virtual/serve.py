"""Serve a virtual board over UDP until the process is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType

from neurodeploy_virtual.board import Board, BoardOptions
from neurodeploy_virtual.monitor.monitor import SCP_PORT
from neurodeploy_virtual.transport.udp import UdpServer


def serve(
    options: BoardOptions,
    *,
    port: int = SCP_PORT,
    public: bool = False,
    ready: Callable[[Board], None] | None = None,
) -> None:
    """Make a board and serve it until SIGINT or SIGTERM.

    Parameters
    ----------
    options : BoardOptions
        Which board, at which address, and how fast its time may run.
    port : int
        Command port; a client expects 17893.
    public : bool
        Whether addresses that are not loopback may be used.
    ready : callable or None
        Called with the board once clients can reach it.
    """
    with Board(options) as board, UdpServer(board, port=port, public=public) as server:

        def end(_number: int, _frame: FrameType | None) -> None:
            server.stop()

        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, end)
            signal.signal(signal.SIGTERM, end)
        server.serve(None if ready is None else lambda: ready(board))


__all__ = ["serve"]
