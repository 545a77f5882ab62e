"""The passes in order; each returns a new network and leaves one note."""

from collections.abc import Callable

from neurodeploy.ir.network import Network
from neurodeploy.passes.align_delays import align_delays
from neurodeploy.passes.bias_source import bias_source
from neurodeploy.passes.choose_cells import choose_cells
from neurodeploy.passes.correct_time_constants import correct_time_constants
from neurodeploy.passes.fold_affine import fold_affine
from neurodeploy.passes.quantise import quantise
from neurodeploy.passes.scale_weights import scale_weights
from neurodeploy.passes.settings import Settings, WeightScale
from neurodeploy.passes.split_signs import split_signs

Pass = Callable[[Network, Settings], Network]

PIPELINE: tuple[Pass, ...] = (
    fold_affine,
    correct_time_constants,
    bias_source,
    align_delays,
    choose_cells,
    split_signs,
    scale_weights,
    quantise,
)

__all__ = ["PIPELINE", "Pass", "Settings", "WeightScale"]
