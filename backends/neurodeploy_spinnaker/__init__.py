"""SpiNNaker machines through sPyNNaker: boards by address, spalloc, EBRAINS.

Importing this package imports nothing of sPyNNaker; `vendor.py` and `vendor_spalloc.py`
do, when a session opens.
"""

from neurodeploy_spinnaker.backend import SpiNNakerBackend

BACKEND = SpiNNakerBackend()

__all__ = ["BACKEND", "SpiNNakerBackend"]
