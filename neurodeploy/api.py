"""What a backend may import: errors, the seam and the target's rules."""

from __future__ import annotations

from neurodeploy.errors import (
    BackendFailure,
    BackendUnavailable,
    InputError,
    LoweringError,
    ModelError,
    NeurodeployError,
    TargetError,
    VerifyError,
)
from neurodeploy.records import Finding
from neurodeploy.runtime.backend import Backend, MachineOptions, SessionOptions
from neurodeploy.runtime.live import Heard, LiveBackend, LiveSession
from neurodeploy.target.spec import TargetSpec
from neurodeploy.target.weight_scale import (
    DEFAULT_RATE_HZ,
    DEFAULT_SIGMA,
    WEIGHT_MAX,
    IncomingProjection,
    choose_shift,
    count_wrapped,
    expected_summed_weight,
    quantise_weights,
    ring_buffer_shift,
    stored_weight_nA,
    summarise_connections,
    weight_scale,
)

__all__ = [
    "DEFAULT_RATE_HZ",
    "DEFAULT_SIGMA",
    "WEIGHT_MAX",
    "Backend",
    "BackendFailure",
    "BackendUnavailable",
    "Finding",
    "Heard",
    "IncomingProjection",
    "InputError",
    "LiveBackend",
    "LiveSession",
    "LoweringError",
    "MachineOptions",
    "ModelError",
    "NeurodeployError",
    "SessionOptions",
    "TargetError",
    "TargetSpec",
    "VerifyError",
    "choose_shift",
    "count_wrapped",
    "expected_summed_weight",
    "quantise_weights",
    "ring_buffer_shift",
    "stored_weight_nA",
    "summarise_connections",
    "weight_scale",
]
