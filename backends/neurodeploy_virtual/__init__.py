"""The virtual board: SpiNNaker's cores, router and monitor in software.

It runs the ARM binaries of the installed sPyNNaker. Importing this package imports no
vendor software; that happens when a board is made.
"""

from neurodeploy_virtual.backend import VirtualBackend

BACKEND = VirtualBackend()

__all__ = ["BACKEND", "VirtualBackend"]
