"""The emulator: SpiNNaker's fixed-point arithmetic on Brian2.

Importing this package imports no simulator; Brian2 is imported when a network runs. A
script written for sPyNNaker runs with `import neurodeploy_brian2.pynn as sim`.
"""

from neurodeploy_brian2.backend import BrianBackend

BACKEND = BrianBackend()

__all__ = ["BACKEND", "BrianBackend"]
