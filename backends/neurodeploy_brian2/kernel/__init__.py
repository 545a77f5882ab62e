"""The C kernel: static networks of integrate-and-fire neurons, event by event.

It gives the same integers as the Brian2 engine and runs the samples of a batch in threads.
"""

from neurodeploy_brian2.kernel.run import accepts, available, execute, forget, packed_bytes

__all__ = ["accepts", "available", "execute", "forget", "packed_bytes"]
